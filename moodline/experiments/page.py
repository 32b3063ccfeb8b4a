"""The pages in `docs/experiments`, made of result files alone: a list of all, and a page for each experiment."""

import hashlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from classifier.training.saving import make_folder, write
from moodline.experiments.experiment import Claim, Experiment, Picture, Story, Table
from moodline.experiments.literature import literature_page
from moodline.experiments.questions import questions_page
from moodline.experiments.results import Measured, read_result

FIGURES = "figures"
"""Folder of the figures beside the pages."""

STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "moodline",
    "font.size": 9,
    "axes.grid": True,
    "grid.color": "#d8d8d8",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
SIZE = (7.0, 3.6)
"""Of a figure, inches, unless its drawing sets another."""

INTRODUCTION = """\
# The thesis's experiments, done again

Moodline began as a master's thesis: a plain convolutional net that is said to read 92 % of the faces of FER2013 and CK+
rightly, where nearest neighbours read 76 % and a support vector machine 81 %. Each experiment here asks one question of
that thesis and answers it with a run that anybody can repeat:

```
pip install -c constraints.txt -e ".[experiments]"
moodline experiments list
moodline experiments run NAME --data DATA       # DATA holds fer2013/, CK+48/ and portraits/
moodline experiments page                       # writes these pages from the results
```

A run that was stopped goes on where it was. The same command in several terminals shares the work: most nets learn on
one core each. With `--device cuda` they learn on a GPU. Several terminals pay there, too, since one such small net does
not fill it: on an H100, 14 at once were 1.9 times as fast as one after the other, and 5.8 times with NVIDIA's MPS. What
is finished lies in the folder of `--out`, and another machine goes on with it.

Accuracy is the share of faces read rightly. Brackets behind a share are its 95 % interval (Wilson): if the test were
repeated with other faces of the same kind, an interval made this way would hold the true share about 95 times in 100.
A few figures have other brackets; where they stand, it is said what they are.

## Words used on these pages

- **FER2013**: a set of 35,887 gray faces of 48 × 48 pixels found by image search, each with one of seven labels; it
  comes as Training, PublicTest and PrivateTest.
- **official split**: learned from Training, chosen on PublicTest, measured on PrivateTest, the latter two of 3,589
  faces each.
- **FER+**: the same faces, each judged again by ten people, with contempt as an eighth class.
- **majority**: the label that has more than half of these votes, a vote that nobody shares left out; faces without one
  do not count.
- **CK+**: a set of short sequences of posed faces, from a laboratory.
- **twins, duplicates**: the same picture twice in FER2013; if one of them was learned from, the other is no unseen
  face.
- **kNN, 1-NN**: nearest neighbours: a face gets the label of the most similar learned faces; 1-NN: of the most similar
  one.
- **SVM**: support vector machine: it draws borders between classes, straight (linear) or curved (RBF).
- **HOG, LBP**: two ways to describe a picture: by the directions of its edges, and by small patterns of light and dark.
- **PCA, LDA**: two ways to bring a description down to fewer numbers; LDA looks at the labels for it.
- **recall**: of the faces of a class, the share that was read as this class.
- **precision**: of the faces that were read as a class, the share that are of it.
- **F1**: the harmonic mean of precision and recall.
- **served net**: the net that Moodline ships and reads faces with; on some pages "shipped net".
- **whole path**: a picture as it is: the face is searched, cut out and then read.
- **seed**: the number that fixes every random choice of a run; runs with other seeds show how much is chance.
- **McNemar's test**: looks at the faces that only one of two nets reads rightly, and asks how likely so uneven a share
  would be if both were equally good.
- **random views**: each time a face is learned from, it is moved, turned, mirrored, covered or lit a little
  differently.
- **epoch**: one pass over all faces that are learned from. **Rate**: how far one step changes the weights; **weight
  decay** pulls them towards zero meanwhile, **momentum** keeps a step going in the direction of those before.
- **batch normalisation**: between layers, numbers are brought to the same mean and spread.
- **label smoothing**: a tenth of what a label counts for is shared out among all. **Mixup**: two faces are blended,
  and their labels with them.
- **standardised**: a face is brought to mean 0 and spread 1.
- **by heart**: of faces learned from, a net reads far more rightly than of others.
- **points**: differences of percentages: from 70 % to 75 % are 5 points.

More words: [the glossary](../glossary.md).
"""

NOTHING = hashlib.sha256().hexdigest()
"""Hash of no data at all."""


def write_pages(experiments: Sequence[Experiment], results: Path, folder: Path, served: str) -> list[Path]:
    """Write all pages and figures.

    Args:
        experiments: in the order of the list.
        results: folder of the result files.
        folder: of the pages.
        served: hash of the net that is served.

    Returns:
        What was written.

    Raises:
        DataError: a result is damaged.
        OutputError: a page cannot be written.
    """
    found = [(one, read_result(one, results, served)) for one in experiments]
    told = [(one, kept, one.tell(kept.found) if isinstance(kept, Measured) else None) for one, kept in found]
    make_folder(folder)
    written = []
    for experiment, kept, story in told:
        path = folder / f"{experiment.name}.md"
        if isinstance(kept, Measured) and story is not None:
            written.append(_write(path, page_of(experiment, kept, story, served)))
            written += [_draw(one, folder / FIGURES) for one in story.blocks if isinstance(one, Picture)]
        elif path.is_file():
            # Somebody may have the address of a page that was true once.
            written.append(_write(path, f"# {experiment.title}\n\n{experiment.question}\n\n*{kept}.*\n"))
    answers = {one.name: story.answer for one, _, story in told if story is not None}
    rows = [(one, kept if isinstance(kept, str) else None, story) for one, kept, story in told]
    return [
        *written,
        _write(folder / "literature.md", literature_page(answers)),
        _write(folder / "questions.md", questions_page(answers, {one.name: one.title for one in experiments})),
        _write(folder / "README.md", index_of(rows)),
    ]


def index_of(rows: Sequence[tuple[Experiment, str | None, Story | None]]) -> str:
    """Give the list of all experiments: why there is nothing to tell, or the answer; then every claim."""
    parts = [INTRODUCTION, "## The experiments\n"]
    for experiment, lacking, story in rows:
        title = f"[{experiment.title}]({experiment.name}.md)" if story else experiment.title
        parts.append(f"**{title}.** {experiment.question} *{story.answer if story else (lacking or '') + '.'}*\n")
    claims = [claim for _, _, story in rows if story for claim in story.claims]
    if claims:
        parts += ["## What the thesis says, and what came out\n", _claims(claims)]
    parts.append(
        "What the six studies say that the thesis compares itself with: [earlier work](literature.md). What it asks, "
        "and what we answer: [the six questions](questions.md).\n"
    )
    return "\n".join(parts)


def page_of(experiment: Experiment, measured: Measured, story: Story, served: str) -> str:
    """Give the page of one experiment; it says so if what it says of the served net is of an earlier one."""
    parts = [f"# {experiment.title}\n", f"{experiment.question}\n", f"**{story.answer}**\n"]
    if experiment.reads_served == "some" and measured.made_by["weights"] != served:
        parts.append(
            f"**What is said here of the served net is of an earlier one, `{measured.made_by['weights'][:12]}`.** "
            f"`moodline experiments run {experiment.name}` measures the one that ships now, and keeps the parts that "
            "do not depend on it.\n"
        )
    if story.claims:
        parts += ["## What the thesis says, and what came out\n", _claims(story.claims)]
    parts.append("## What was measured\n")
    parts += [f"{block}\n" if isinstance(block, str) else _block(block) for block in story.blocks]
    return "\n".join([*parts, "## How it was run\n", _made_by(experiment, measured)])


def _block(block: Table | Picture) -> str:
    if isinstance(block, Picture):
        return f"![{block.caption}]({FIGURES}/{block.name}.svg)\n\n*{block.caption}*\n"
    return f"*{block.caption}*\n\n{_rows(block.head, block.rows)}"


def _claims(claims: Sequence[Claim]) -> str:
    return _rows(("", "thesis", "here", "why"), [(one.what, one.thesis, one.ours, one.why) for one in claims])


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


def _made_by(experiment: Experiment, measured: Measured) -> str:
    made, machine = measured.made_by, measured.made_by["machine"]
    settings = ", ".join(f"`{name}` {value}" for name, value in experiment.described(tiny=False).items())
    data = "No data needed" if made["data"] == NOTHING else f"Hash of the data: `{made['data'][:12]}`"
    threads = f"{machine['threads']} {'thread' if machine['threads'] == 1 else 'threads'}"
    return (
        f"`{made['command']}`, {_lasted(made['seconds'])} of all parts, finished {made['finished']}, on "
        f"{machine['processor']}, {threads}, Python {machine['python']}, torch {machine['torch']}. Settings, as they "
        f"are named and explained in [the code](../../moodline/experiments): {settings}. {data}.\n"
    )


def _lasted(seconds: float) -> str:
    """Write a time in the unit that suits it."""
    if seconds < 100:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 3600 else f"{seconds / 3600:.1f} hours"


def _draw(picture: Picture, folder: Path) -> Path:
    make_folder(folder)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=SIZE, layout="constrained")
        FigureCanvasSVG(figure)
        picture.draw(figure)
        target = BytesIO()
        figure.savefig(target, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    path = folder / f"{picture.name}.svg"
    write(target.getvalue(), path)
    return path


def _write(path: Path, text: str) -> Path:
    write(text.encode(), path)
    return path
