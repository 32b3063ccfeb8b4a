"""Tells what the experiment `frames` measured."""

from typing import Any

from matplotlib.figure import Figure

from moodline.experiments.experiment import Claim, Picture, Result, Story, Table
from moodline.experiments.naming import model
from moodline.experiments.recipes import MODELS
from moodline.experiments.score import percent

NAMES = {name: model(vars(recipe)) for name, recipe in MODELS.items()}
SIDES = {"by_frame": ("by frame", "#b03030"), "by_sequence": ("by sequence", "#1f5f8b")}


def tell(found: Result) -> Story:
    """Tell of both models, both ways."""
    models = {name: found["models"][name] for name in MODELS}
    near, machine = (
        f"{percent(models[name]['by_frame']['accuracy'])} by frame and "
        f"{percent(models[name]['by_sequence']['accuracy'])} by sequence"
        for name in ("neighbours", "machine")
    )
    fall = min(one["by_frame"]["accuracy"] - one["by_sequence"]["accuracy"] for one in models.values())
    meaning = (
        "what is measured by frame is mostly whether a model knows its own sequence again"
        if fall > 0.1
        else "here the two differ little for at least one of the models"
    )
    answer = f"A nearest neighbour on pixels reads {near}, an SVM {machine}: {meaning}."
    blocks: list[str | Table | Picture] = [
        _method(found),
        Table(BOTH, ("model", "by frame", "lowest and highest draw", "by sequence"), _both(models)),
        Picture("frames-sides", SIDES_CAPTION, lambda figure: _draw(figure, found)),
        Table(CLASSES, ("expression", "frames", *HEADS), _classes(found)),
        PEOPLE,
    ]
    return Story(answer, blocks, [_claim(models)])


HEADS = tuple(f"{NAMES[name]}, {label}" for name in MODELS for label, _ in SIDES.values())
PEOPLE = (
    "**What even this does not show.** People are not known in this copy of CK+: its names hold the number of a "
    "sequence but not who is seen. Most people gave several sequences, one for each expression, so that a face that is "
    "measured by sequence may still be known from others of its owner. For a nearest neighbour that may do harm (the "
    "most similar picture is the same person with another expression), for other models it may help. CK+ is also posed "
    "in a laboratory, and its last frames show expressions at their strongest."
)
BOTH = (
    "Accuracy with 95 % intervals. By frame: mean over the random draws; the interval is that of a single draw. By "
    "sequence: each frame is read once, by a model that learned from none of its sequence; the interval comes from "
    "drawing whole sequences, since frames of a sequence are no independent tests."
)
SIDES_CAPTION = (
    "The same models and the same frames. Red: frames dealt out at random. Blue: whole sequences held out. The thin "
    "lines are 95 % intervals, dots are single draws; the dashed line is the thesis's 92 %."
)
CLASSES = "Share of the frames of each apparent expression that is read rightly (recall)."


def _method(found: Result) -> str:
    one = found["models"]["neighbours"]["by_frame"]
    return (
        f"CK+ holds {found['sequences']} short recordings of posed expressions; of each, its last frames are used, "
        f"{found['frames']} in all. They are a fraction of a second apart and nearly the same picture. By frame: in "
        f"{len(one['draws'])} draws, {one['tested']} frames drawn at random are measured and the others learned from; "
        f"of the frames measured, {percent(one['known'])} had others of their own sequence among those learned "
        "from. By sequence: sequences are dealt out as a whole. The models and their settings are the same."
    )


def _both(models: Result) -> list[tuple[str, ...]]:
    return [
        (
            NAMES[name],
            percent(one["by_frame"]["accuracy"], one["by_frame"]["interval"]),
            f"{percent(min(one['by_frame']['draws']))} – {percent(max(one['by_frame']['draws']))}",
            percent(one["by_sequence"]["accuracy"], one["by_sequence"]["interval"]),
        )
        for name, one in models.items()
    ]


def _classes(found: Result) -> list[tuple[str, ...]]:
    models = [found["models"][name] for name in MODELS]
    rows = []
    for label, frames in found["classes"].items():
        recalls = [_recall(one[side], label) for one in models for side in SIDES]
        rows.append((label, str(frames), *recalls))
    return rows


def _recall(scores: Result, label: str) -> str:
    row = scores["per_class"].get(label)
    return "not drawn" if row is None else percent(row["recall"])


def _claim(models: Result) -> Claim:
    by_frame, by_sequence = (
        ", ".join(percent(one[side]["accuracy"]) for one in models.values()) for side in ("by_frame", "by_sequence")
    )
    return Claim(
        "accuracy with CK+",
        "92 % on FER2013 and CK+ together, 70/20/10",
        f"by frame {by_frame}; by sequence {by_sequence} (1-NN, SVM)",
        "the thesis does not say how frames were dealt out, nor gives a figure for CK+ alone",
    )


def _draw(figure: Figure, found: dict[str, Any]) -> None:
    figure.set_size_inches(6.0, 3.2)
    axes = figure.subplots()
    for place, one in enumerate(found["models"][name] for name in MODELS):
        for step, (side, (label, color)) in enumerate(SIDES.items()):
            at = place + 0.36 * (step - 0.5)
            axes.bar(at, 100 * one[side]["accuracy"], 0.33, color=color, label=label if place == 0 else None)
            axes.plot([at, at], [100 * end for end in one[side]["interval"]], color="black", linewidth=0.9)
            draws = one[side].get("draws", [])
            axes.plot([at + 0.1] * len(draws), [100 * share for share in draws], ".", color="black", markersize=3)
    axes.axhline(92, color="#b03030", linestyle="--", linewidth=1)
    axes.set_xticks(range(len(MODELS)), [NAMES[name] for name in MODELS])
    axes.grid(visible=False, axis="x")
    axes.set_ylim(0, 105)
    axes.set_ylabel("accuracy, %")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
