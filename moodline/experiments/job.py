"""Runs experiments one after another: finds what they need, goes on where a run was stopped, writes results.

Used by `moodline experiments run` and by its tests.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import torch

from classifier.training.record import environment
from classifier.training.saving import make_folder
from common.errors import DataError
from moodline.experiments.datasets import FOLDERS, Datasets
from moodline.experiments.experiment import Bench, Experiment
from moodline.experiments.parts import Parts
from moodline.experiments.results import Measured, digest_of, write_result


class Job:
    """Experiments with the same data.

    Args:
        data: folder with the folders of `datasets.FOLDERS`.
        out: folder for the parts that are finished, and for the parsed copy of FER2013.
        results: folder of the result files.
        weights: weights file of the net that is served.
        say: told what goes on, a sentence at a time.

    Attributes:
        starts: files of weights that the user supplies, see `Bench`.
        device: where nets learn, see `Bench`.
    """

    def __init__(self, data: Path, out: Path, results: Path, weights: Path, say: Callable[[str], None]) -> None:
        self.starts: dict[str, Path] = {}
        self.device = "cpu"
        self._data, self._out, self._results, self._weights, self._say = data, out, results, weights, say
        self._sets = Datasets(data, out / "cache")

    def run(self, experiment: Experiment, *, tiny: bool) -> Path | None:
        """Run one experiment, or the rest of it.

        Returns:
            The path of its result; None if a data set that it needs is not there, which is said.

        Raises:
            DataError: a data set is not as documented.
            OutputError: something cannot be written.
        """
        missing = self._sets.missing(experiment.needs)
        if missing:
            folders = ", ".join(f"'{self._data / FOLDERS[name]}'" for name in missing)
            self._say(f"{experiment.name}: left out, since it needs {folders}")
            return None
        served = digest_of(self._weights)
        made_of = {
            "data": self._sets.digest(experiment.needs),
            "weights": served if experiment.reads_served == "all" else None,
        }
        folder = self._out / experiment.name / self._key(experiment, made_of, tiny=tiny)
        parts = Parts(folder / "parts", lambda part: self._say(f"{experiment.name}: {part}"))
        make_folder(folder)
        settings = experiment.tiny if tiny else experiment.settings
        bench = Bench(settings, self._sets, parts, folder, self._weights, self.starts, self.device)
        found = experiment.run(bench)
        made_by = {
            **made_of,
            "weights": None if experiment.reads_served == "none" else served,
            "command": f"moodline experiments run {experiment.name} --data DATA{self._on()}",
            "machine": environment(self.device, torch.get_num_threads()),
            "seconds": parts.seconds,
            "finished": datetime.now(UTC).isoformat(timespec="minutes"),
        }
        path = write_result(experiment, Measured(found, made_by), self._results, tiny=tiny)
        self._say(f"{experiment.name}: written to {path}")
        return path

    def _on(self) -> str:
        return "" if self.device == "cpu" else f" --device {self.device}"

    def nothing(self) -> int:
        """Refuse a run of which nothing could be done.

        Raises:
            DataError: always.
        """
        raise DataError(f"'{self._data}' holds none of the sets that are needed; give --data a folder with {_sets()}")

    def _key(self, experiment: Experiment, made_of: dict[str, str | None], *, tiny: bool) -> str:
        """Name what is kept of a run by everything that it depends on."""
        whole = json.dumps([experiment.version, experiment.described(tiny=tiny), made_of], sort_keys=True)
        return hashlib.sha256(whole.encode()).hexdigest()[:12]


def _sets() -> str:
    return ", ".join(FOLDERS.values())
