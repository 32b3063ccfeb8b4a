"""`python -m ingest`: the same as `moodline worker ingest`."""

import sys

from moodline.cli import invoke

sys.exit(invoke(["worker", "ingest", *sys.argv[1:]]))
