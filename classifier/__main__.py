"""`python -m classifier`: the same as `moodline worker classifier`."""

import sys

from moodline.cli import invoke

sys.exit(invoke(["worker", "classifier", *sys.argv[1:]]))
