"""Results in files, one for each experiment: written after a run, read by the page; used by the command and the page.

A result carries what it depends on: the version and the settings of its experiment. One of another version or of other
settings is stale: the page says so and tells nothing of it.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.training.saving import make_folder, write
from common.errors import DataError
from moodline.experiments.experiment import Experiment, Result

FORMAT = 1


@dataclass(frozen=True)
class Measured:
    """What one run of an experiment measured.

    Attributes:
        found: what it gave, plain values.
        made_by: `command`, `machine` (see `record.environment`), `data` (hash), `weights` (hash of the net
            that is served, where that is measured), `seconds` of all its parts, `finished`.
    """

    found: Result
    made_by: dict[str, Any]


def write_result(experiment: Experiment, measured: Measured, folder: Path, *, tiny: bool) -> Path:
    """Write the result of an experiment; returns its path.

    Raises:
        OutputError: it cannot be written.
    """
    path = folder / f"{experiment.name}.json"
    content = {
        "format": FORMAT,
        "experiment": experiment.name,
        "version": experiment.version,
        "tiny": tiny,
        "settings": experiment.described(tiny=tiny),
        "made_by": measured.made_by,
        "found": measured.found,
    }
    make_folder(folder)
    write((json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n").encode(), path)
    return path


def digest_of(path: Path) -> str:
    """Hash a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_result(experiment: Experiment, folder: Path, served: str) -> Measured | str:
    """Read the result of a full run.

    Args:
        experiment: whose.
        folder: of the result files.
        served: hash of the net that is served.

    Returns:
        What was measured; or, in words, why there is nothing to tell.

    Raises:
        DataError: the file is damaged.
    """
    path = folder / f"{experiment.name}.json"
    if not path.is_file():
        return "not run yet"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        measured = Measured(content["found"], content["made_by"])
        made_of = (content["format"], content["version"], content["settings"], content["tiny"])
    except (ValueError, LookupError, TypeError) as error:
        raise DataError(f"'{path}' is damaged; run the experiment '{experiment.name}' again") from error
    if made_of[3]:
        return "only run in its tiny form"
    if made_of[:3] != (FORMAT, experiment.version, _plain(experiment.described(tiny=False))):
        return "stale: run by another version of this experiment"
    if experiment.reads_served == "all" and measured.made_by["weights"] != served:
        return "stale: it measured another net"
    return measured


def _plain(value: Any) -> Any:
    """Give a value as it comes back from JSON."""
    return json.loads(json.dumps(value))
