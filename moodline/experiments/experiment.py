"""What an experiment is, and what it is run with; used by every experiment, by the command and by the page.

An experiment is one file of this folder: its question, its settings in full and in a tiny form (seconds, for tests),
the data sets that it needs, the hours that it takes, how it is run, and how its result is told. Running gives plain
values; telling makes a page of them alone, so that a result is never told differently than it was measured.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from matplotlib.figure import Figure
from torch import nn

from moodline.experiments.datasets import Datasets
from moodline.experiments.parts import Parts

Result = dict[str, Any]
"""Plain values as JSON holds them."""


@dataclass(frozen=True)
class Claim:
    """One figure of the thesis beside ours.

    Attributes:
        what: what was measured.
        thesis: what the thesis says.
        ours: what came out here.
        why: where they differ, why.
    """

    what: str
    thesis: str
    ours: str
    why: str


@dataclass(frozen=True)
class Table:
    """Rows under a head, with a caption that explains every column."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Picture:
    """A drawn figure.

    Attributes:
        name: of its file, without folder and ending.
        caption: what it shows, and how to read it.
        draw: draws it onto an empty figure.
    """

    name: str
    caption: str
    draw: Callable[[Figure], None]


@dataclass(frozen=True)
class Story:
    """A result, told.

    Attributes:
        answer: the answer to the question, in a few sentences.
        blocks: paragraphs, tables and pictures, in order.
        claims: the thesis's figures that this answers.
    """

    answer: str
    blocks: Sequence[str | Table | Picture] = ()
    claims: Sequence[Claim] = field(default=())


@dataclass(frozen=True)
class Bench:
    """What an experiment is run with.

    Attributes:
        settings: its settings, full or tiny.
        data: the data sets.
        parts: keeps what is finished, so that a run that was stopped goes on.
        folder: for what a part itself keeps while it runs, such as a net that learns.
        weights: weights file of the net that is served.
        starts: files of weights that the user supplies, by the name of the net that begins with them.
        device: where nets learn: `cpu` (one core each), or a CUDA device.
    """

    settings: Any
    data: Datasets
    parts: Parts
    folder: Path
    weights: Path
    starts: Mapping[str, Path] = field(default_factory=dict)
    device: str = "cpu"

    def placed(self, make: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
        """Give what makes a net on the device where nets learn."""
        return lambda: make().to(self.device)


@dataclass(frozen=True)
class Experiment:
    """One experiment.

    Attributes:
        name: on the command line and of its files.
        title: of its page.
        question: what it answers.
        needs: data sets by the names of `Datasets`.
        hours: of a full run on one processor core.
        version: raised with every change of what a run measures; results of another version are stale.
        settings: of a full run, a frozen dataclass.
        tiny: of a run of seconds, likewise.
        run: measures.
        tell: tells what was measured.
        reads_served: how much of it measures the net that is served: `none`; `some`, in parts named by the hash of
            that net, so that another one leaves the rest as it is; or `all`: another one makes its result stale.
    """

    name: str
    title: str
    question: str
    needs: Sequence[str]
    hours: float
    version: int
    settings: Any
    tiny: Any
    run: Callable[[Bench], Result]
    tell: Callable[[Result], Story]
    reads_served: Literal["none", "some", "all"] = "none"

    def described(self, *, tiny: bool) -> dict[str, Any]:
        """Give the settings as plain values."""
        return asdict(self.tiny if tiny else self.settings)
