"""Tells what the experiment on time per face found; used by `latency`."""

from typing import Any

from matplotlib.figure import Figure

from moodline.experiments.experiment import Claim, Picture, Result, Story, Table

TITLES = {
    "served": "the shipped net, as served",
    "bare": "the shipped net, bare",
    "nearest": "nearest neighbour on pixels",
    "svm": "RBF SVM on HOG",
    "plain": "the thesis's net",
    "resnet18-48": "ResNet-18 at 48 px",
    "resnet18-224": "ResNet-18 at 224 px",
    "vgg16-48": "VGG16 at 48 px",
    "vgg16-224": "VGG16 at 224 px",
}
CLAIMED_MS = (15.0, 102.0)
QUIET = 0.9
"""Share of a core below which a process did not have it to itself."""
COLOURS = ("#1f5fa8", "#9dbfe3", "#c8553d", "#e9a03b", "#2a7d4f", "#8cc9a1")


def tell(found: Result) -> Story:
    """Tell the result."""
    return Story(
        _answer(found),
        [
            _introduction(found),
            *(_table(name, place) for name, place in found["places"].items()),
            Picture("latency-faces", _caption(), lambda figure: _draw(figure, found)),
            _sizes_table(found),
            _quiet(found),
        ],
        _claims(found),
    )


def _first(found: Result) -> tuple[str, dict[str, Any]]:
    name, place = next(iter(found["places"].items()))
    return name, place


def _counts(place: dict[str, Any]) -> list[str]:
    """Faces at once, rising."""
    return sorted(next(iter(place["subjects"].values()))["batches"], key=int)


def _one_by_one(place: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give the numbers of each subject for the fewest faces at once."""
    return {name: one["batches"][min(one["batches"], key=int)] for name, one in _subjects(place).items()}


def _subjects(place: dict[str, Any]) -> dict[str, Any]:
    """Give what was timed in the order of `TITLES`: a result file sorts it by name."""
    return {name: place["subjects"][name] for name in TITLES if name in place["subjects"]}


def _served_ms(place: dict[str, Any]) -> float:
    """Time of the served net for the fewest faces at once, the best of its middles: what else ran only adds."""
    return float(min(one["served_ms"]["middle"] for one in _one_by_one(place).values()))


def _answer(found: Result) -> str:
    name, place = _first(found)
    single = _one_by_one(place)
    others = {key: one for key, one in single.items() if key not in ("served", "bare")}
    told = ", ".join(f"{TITLES[key]} {_times(one['times']['middle'])}" for key, one in others.items())
    gpu = "" if "GPU" in found["places"] else " No GPU was at hand."
    return (
        f"One face, alone, takes the shipped net {_ms(_served_ms(place))} ms on {name}. As many times as long take: "
        f"{told}.{gpu}"
    )


def _introduction(found: Result) -> str:
    sizes = found["sizes"]
    return (
        "Every row goes the whole way from a gray crop of 48 × 48 pixels to a class; finding the face is not part of "
        "it. Time depends on shapes and not on what was learned, so everything but the shipped net has random numbers "
        f"in place of learned ones: the nearest neighbour is sought among {sizes['known']:,} faces (as many as "
        f"FER2013's Training has in a full run), the SVM compares {sizes['components']} principal components of a "
        f"face's histogram of gradients with {sizes['supports']:,} generated support vectors. Nets are in float32 and "
        "channels-last; the shipped net stands there twice, bare like the others, and as it is served (packed, in the "
        "shortest arithmetic that the device has units for). VGG16 and ResNet-18 are torchvision's, at the 224 pixels "
        "that they are made for and at 48. Everything takes turns with the shipped net as served, so that what else "
        "the machine does slows both: the ratio is the figure to go by. On one core, time is that of the processor, so "
        "that what others do meanwhile is not counted."
    )


def _table(where: str, place: dict[str, Any]) -> Table:
    counts = _counts(place)
    head = ["what", *(text for count in counts for text in (f"ms a face, {count} at once", "times the shipped net"))]
    rows = []
    for name, subject in _subjects(place).items():
        cells = [TITLES[name]]
        for count in counts:
            one = subject["batches"][count]
            ms, times = one["ms"], one["times"]
            cells += [
                f"{_ms(ms['middle'])} [{_ms(ms['low'])}, {_ms(ms['high'])}]",
                f"{_times(times['middle'])} [{_times(times['low'])}, {_times(times['high'])}]",
            ]
        rows.append(cells)
    clock = "of the processor" if place["by_processor"] else "of the clock"
    device = "" if place["device"] == "processor" else f" ({place['device']})"
    caption = (
        f"On {where}{device}: milliseconds {clock} for a face, when so many are handed over at once; in brackets the "
        "middle half of all turns. Times: as a multiple of the shipped net as served, called in the same turn."
    )
    return Table(caption, head, rows)


def _ms(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _times(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _caption() -> str:
    return (
        "Milliseconds for a face on each place, one at a time and many at once; each step to the right is ten times as "
        "long. Dashed: the 15 ms and 102 ms of the thesis."
    )


def _draw(figure: Figure, found: Result) -> None:
    figure.set_size_inches(8, 4.6)
    axes = figure.subplots()
    series = [
        (f"{where}, {count} at once", {name: one["batches"][count] for name, one in _subjects(place).items()})
        for where, place in found["places"].items()
        for count in _counts(place)
    ]
    names = list(_subjects(_first(found)[1]))
    for number, (label, points) in enumerate(series):
        off = (number - (len(series) - 1) / 2) * 0.8 / len(series)
        places = [names.index(name) + off for name in points]
        middle = [point["ms"]["middle"] for point in points.values()]
        axes.plot(middle, places, "o", markersize=5, color=COLOURS[number % len(COLOURS)], label=label)
    for claim in CLAIMED_MS:
        axes.axvline(claim, color="#707070", linestyle="--", linewidth=1)
    axes.set_yticks(range(len(names)), [TITLES[name] for name in names])
    axes.invert_yaxis()
    axes.set(xscale="log", xlabel="ms a face")
    axes.xaxis.set_major_formatter("{x:g}")
    figure.legend(fontsize=8, loc="outside upper center", ncols=len(series))


def _sizes_table(found: Result) -> Table:
    rows = [
        (TITLES[name], f"{subject['numbers'] / 1e6:.2f}", f"{subject['multiply_adds'] / 1e6:.1f}")
        for name, subject in _subjects(_first(found)[1]).items()
    ]
    caption = (
        "What each keeps (millions of numbers), and computes for a face (millions of multiplications with an addition; "
        "those of the histograms of gradients are not counted). Time does not follow from either alone."
    )
    return Table(caption, ("what", "million numbers", "million multiply-adds"), rows)


def _quiet(found: Result) -> str:
    name, place = _first(found)
    busy = min(one["busy"] for subject in place["subjects"].values() for one in subject["batches"].values())
    if busy >= QUIET:
        return f"On {name}, the process had its processor to itself ({100 * busy:.0f} % of a core or more)."
    return (
        f"On {name}, the process did not have its processor to itself: it got {100 * busy:.0f} % of a core at the "
        "least. Time of the processor suffers little from that; milliseconds of the clock are longer than on a quiet "
        "machine, and their ratios are rough."
    )


def _claims(found: Result) -> list[Claim]:
    name, place = _first(found)
    ours, plain = _served_ms(place), _one_by_one(place).get("plain")
    also = f"; the thesis's net {_ms(plain['ms']['middle'])} ms" if plain else ""
    claims = []
    for claim in CLAIMED_MS:
        why = (
            "slower here"
            if ours > claim
            else (
                "on a GPU there, on a processor here; a net of this size computes for far less time than that, so the "
                "rest must be the call, the face search or both, which the thesis does not say"
            )
        )
        text = f"the shipped net {_ms(ours)} ms on {name}{also}"
        claims.append(Claim("time per face", f"{claim:.0f} ms (GPU)", text, why))
    return claims
