"""The embedded live run as a program of its own, whose processes can be told apart; started by `embedded`.

    python -m moodline.bench.cameras.program HOME SLOW_MS

It watches the cameras that are registered in the embedded Redis in `HOME` until it gets SIGTERM, and prints its result
as JSON.
"""

import json
import sys
from pathlib import Path


def main() -> None:
    """Run until told to stop."""
    from moodline.bench.cameras.slowed import run  # noqa: PLC0415  # readers load this file, too, and need no torch

    home, slow_ms = sys.argv[1:]
    print(json.dumps(run(Path(home), float(slow_ms) / 1000)))  # noqa: T201  # to the process that started it


if __name__ == "__main__":
    main()
