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
    answer = f"A nearest neighbour on pixels reads {near}, an SVM {machine}: {_meaning(models)}."
    blocks: list[str | Table | Picture] = [
        _method(found),
        Table(BOTH, ("model", "by frame", "lowest and highest draw", "by sequence"), _both(models)),
        Picture("frames-sides", SIDES_CAPTION, lambda figure: _draw(figure, found)),
        _constant(found),
        Table(CLASSES, ("expression", "frames in CK+", *HEADS), _classes(found)),
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
    "The same models. Red: frames dealt out at random. Blue: whole sequences held out. The thin lines are 95 % "
    "intervals, the gray dots left of the red bars single draws. Dashed: the thesis's 92 %. Dotted: always "
    "saying the commonest class."
)
CLASSES = (
    "Share of the frames of each apparent expression that is read rightly (recall). By sequence, every frame of CK+ is "
    "read once; by frame, those that the draws brought, some of them several times."
)
CLOSE = 0.05
"""Up to this part of the score by frame, what is gone by sequence is called little."""


def _meaning(models: Result) -> str:
    """Say how much of the score by frame is gone by sequence, and what that means for each model."""
    near, machine = (
        max(0.0, 1 - one["by_sequence"]["accuracy"] / max(one["by_frame"]["accuracy"], 1e-9))
        for one in (models["neighbours"], models["machine"])
    )
    first, second = _word(near), _word(machine)
    how = first if first == second else f"{first} (nearest neighbour) or {second} (SVM)"
    return (
        f"{100 * near:.0f} % and {100 * machine:.0f} % of the score by frame is gone. What is measured by frame is "
        f"{how} whether a model knows its own sequence again"
    )


def _word(gone: float) -> str:
    return "mostly" if gone > 0.5 else "partly" if gone > CLOSE else "hardly"


def _commonest(found: Result) -> tuple[str, float]:
    """Give the commonest class of all frames, and the accuracy of always saying it."""
    name, frames = max(found["classes"].items(), key=lambda one: int(one[1]))
    return name, frames / found["frames"]


def _constant(found: Result) -> str:
    name, share = _commonest(found)
    told = []
    for model_name, title in (("neighbours", "the nearest neighbour"), ("machine", "the SVM")):
        low, high = found["models"][model_name]["by_sequence"]["interval"]
        verdict = "better than" if low > share else "worse than" if high < share else "not clearly better than"
        told.append(f"{title} is {verdict} that")
    return (
        f"**Without looking.** Always saying “{name}”, the commonest class, is right for {found['classes'][name]} of "
        f"{found['frames']} frames ({percent(share)}). By sequence, {' and '.join(told)}."
    )


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
        "92 % (on “FER-2013 or CK+”, split 70/20/10)",
        f"by frame {by_frame}; by sequence {by_sequence} (1-NN, SVM)",
        "the thesis does not say how frames were dealt out, nor gives a figure for CK+ alone",
    )


def _draw(figure: Figure, found: dict[str, Any]) -> None:
    figure.set_size_inches(7.0, 3.4)
    axes = figure.subplots()
    for place, one in enumerate(found["models"][name] for name in MODELS):
        for step, (side, (label, color)) in enumerate(SIDES.items()):
            at = place + 0.36 * (step - 0.5)
            axes.bar(at, 100 * one[side]["accuracy"], 0.33, color=color, label=label if place == 0 else None)
            axes.plot([at, at], [100 * end for end in one[side]["interval"]], color="black", linewidth=0.9)
            draws = one[side].get("draws", [])
            beside = [at - 0.18 - 0.1 * number / len(draws) for number in range(len(draws))]
            axes.plot(beside, [100 * share for share in draws], ".", color="#909090", markersize=3)
    axes.axhline(92, color="#b03030", linestyle="--", linewidth=1, label="thesis: 92 %")
    name, share = _commonest(found)
    axes.axhline(100 * share, color="black", linestyle=":", linewidth=1, label=f"always “{name}”: {100 * share:.0f} %")
    axes.set_xticks(range(len(MODELS)), [NAMES[name] for name in MODELS])
    axes.grid(visible=False, axis="x")
    axes.set_ylim(0, 105)
    axes.set_ylabel("accuracy, %")
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=8)
