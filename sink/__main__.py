"""`python -m sink`: the same as `moodline worker sink`."""

import sys

from moodline.cli import invoke

sys.exit(invoke(["worker", "sink", *sys.argv[1:]]))
