"""`python -m detector`: the same as `moodline worker detector`."""

import sys

from moodline.cli import invoke

sys.exit(invoke(["worker", "detector", *sys.argv[1:]]))
