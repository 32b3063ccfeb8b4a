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
CLAIMED = (
    (15.0, "average inference time on a GPU (conclusion; printed in “m/s”)"),
    (102.0, "mean time “even with a GPU” (abstract; of what, it does not say)"),
)
"""Milliseconds that the thesis gives, and what it calls them."""
QUIET = 0.9
"""Share of a core below which a process did not have it to itself."""
SLOWED = 1.1
"""From so many times its own time on, the served net is called slowed by what ran before it."""
COLUMNS = (
    "The first number is the middle of all turns, the brackets hold the middle half of them (a quarter was shorter, a "
    "quarter longer); few turns make rough brackets. Times: as a multiple of the shipped net as served, in turn with "
    "itself. Last: what the shipped net took in turn with this model."
)
COLOURS = ("#1f5fa8", "#9dbfe3", "#c8553d", "#e9a03b", "#2a7d4f", "#8cc9a1")


def tell(found: Result) -> Story:
    """Tell the result."""
    columns = [(where, place, count) for where, place in found["places"].items() for count in _counts(place)]
    tables = [_table(*one, explained=number == 0) for number, one in enumerate(columns)]
    return Story(
        _answer(found),
        [
            _introduction(found),
            _slowed(found),
            *tables,
            Picture("latency-faces", _caption(found), lambda figure: _draw(figure, found)),
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


def _at(place: dict[str, Any], count: str) -> dict[str, dict[str, Any]]:
    """Give the numbers of each subject for so many faces at once."""
    return {name: one["batches"][count] for name, one in _subjects(place).items()}


def _subjects(place: dict[str, Any]) -> dict[str, Any]:
    """Give what was timed in the order of `TITLES`: a result file sorts it by name."""
    return {name: place["subjects"][name] for name in TITLES if name in place["subjects"]}


def _alone(place: dict[str, Any], count: str) -> float:
    """Time of the served net a face, ms, in turn with itself; where that was not timed, beside what slowed it least."""
    found = _at(place, count)
    if "served" in found:
        return float(found["served"]["ms"]["middle"])
    return float(min(one["served_ms"]["middle"] for one in found.values()))


def _as_fast(one: dict[str, Any], alone: float) -> bool:
    """Say whether the order turns round with what it is compared to: the served net alone, or that of the same turn."""
    return bool((one["ms"]["middle"] > alone) != (one["times"]["middle"] > 1))


def _answer(found: Result) -> str:
    name, place = _first(found)
    count = _counts(place)[0]
    alone = _alone(place, count)
    told = ", ".join(
        f"{TITLES[key]} {_times(one['ms']['middle'] / alone)}{' (about as long)' if _as_fast(one, alone) else ''}"
        for key, one in _at(place, count).items()
        if key not in ("served", "bare")
    )
    gpu = "No GPU was at hand."
    if place := found["places"].get("GPU"):
        rates = " and ".join(f"{_ms(_alone(place, count))} ms ({_at_once(count)})" for count in _counts(place))
        gpu = f"On a GPU ({place['device']}) a face takes it {rates}."
    return (
        f"One face, alone, takes the shipped net {_ms(alone)} ms on {name}. As many times as long take: {told}. Time "
        f"depends on the shape of a net and not on its weights, so this holds for every release of this shape. {gpu}"
    )


def _introduction(found: Result) -> str:
    sizes = found["sizes"]
    return (
        "Every row goes the whole way from a gray crop of 48 × 48 pixels to a class; finding the face is not part of "
        "it. Time depends on shapes and not on what was learned, so everything but the shipped net has random numbers "
        f"in place of learned ones: the nearest neighbour is sought among {sizes['known']:,} faces (as many as "
        f"FER2013's Training has in a full run), the SVM compares {sizes['components']} principal components of a "
        f"face's histogram of gradients with {sizes['supports']:,} generated faces that stand for those it would keep. "
        "Nets compute with 32 bits, their numbers in the order in which convolutions are quickest; the shipped net "
        "stands there twice, bare like the others, and as it is served (weights laid out beforehand as the device "
        "wants them, and with 16 bits where the device has units for that). VGG16 and ResNet-18 are torchvision's, at "
        "the 224 pixels that they are made for and at 48. Everything takes turns with the shipped net as served: one "
        "call to warm up and one that is timed, of each. On one core, time is that of the processor, so that what "
        "others do meanwhile is not counted; elsewhere it is that of the clock."
        + (
            " On the GPU the shipped net is started as one recorded list of calls (a CUDA graph), and every row holds "
            "the copies to the GPU and back and what the processor of its machine does to the crops; that machine may "
            "be another than that of the other tables. One face does not fill a GPU: how many calls a net makes counts "
            "there more than what they compute. Neighbours and SVM run on processors alone."
            if "GPU" in found["places"]
            else ""
        )
    )


def _slowed(found: Result) -> str:
    """Say what the served net takes beside others: the reason why ratios are not those of the same turn."""
    where, place = _first(found)
    count = _counts(place)[0]
    alone, beside = _alone(place, count), _at(place, count)
    name = max(beside, key=lambda key: float(beside[key]["served_ms"]["middle"]))
    most = beside[name]["served_ms"]["middle"]
    rule = "All ratios here are: time of the model, divided by the time of the shipped net in turn with itself."
    if most < SLOWED * alone:
        return f"{rule} The shipped net takes about as long beside every other model."
    equal = [TITLES[key] for key, one in beside.items() if key not in ("served", "bare") and _as_fast(one, alone)]
    unsure = (
        f" Measured against the shipped net of the same turn, the order turns round there for {' and '.join(equal)}: "
        "all that can be said is that it takes about as long."
        if equal
        else ""
    )
    return (
        f"{rule} In turn with another model the shipped net itself is often slower: {_at_once(count)} on {where}, "
        f"its {_ms(alone)} ms become {_ms(most)} ms beside {TITLES[name]} (last column of the tables). Most likely the "
        "processor's caches then hold the numbers of the other model, and one call to warm up does not undo all of "
        f"that. A ratio to this slowed time would flatter the other model.{unsure}"
    )


def _table(where: str, place: dict[str, Any], count: str, *, explained: bool) -> Table:
    head = ("what", "ms a face", "turns", "times the shipped net", "shipped net beside it, ms")
    alone = _alone(place, count)
    rows = [
        (
            TITLES[name],
            f"{_ms(one['ms']['middle'])} [{_ms(one['ms']['low'])}, {_ms(one['ms']['high'])}]",
            f"{one['turns']:,}",
            _times(one["ms"]["middle"] / alone),
            _ms(one["served_ms"]["middle"]),
        )
        for name, one in _at(place, count).items()
    ]
    device = "" if place["device"] == "processor" else f" ({place['device']})"
    caption = f"On {where}{device}, {_at_once(count)}: {_clock(place)} for a face."
    return Table(f"{caption} {COLUMNS}" if explained else caption, head, rows)


def _at_once(count: str) -> str:
    return "one face at a time" if count == "1" else f"{count} faces handed over at once"


def _clock(place: dict[str, Any]) -> str:
    return "milliseconds of processor time" if place["by_processor"] else "milliseconds of clock time"


def _ms(value: float) -> str:
    digits = 3 if value < 0.1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f}"


def _times(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _caption(found: Result) -> str:
    places = found["places"]
    clocks = ", ".join(
        f"on {where} {_clock(place).removeprefix('milliseconds of ')}" for where, place in places.items()
    )
    counts = " and ".join(_at_once(count) for count in _counts(_first(found)[1]))
    return (
        f"Milliseconds for a face, {counts} ({clocks}). The axis is logarithmic: each grid line stands for ten times "
        "the time of the one to its left. Dashed: the two times that the thesis gives, both on a GPU."
    )


def _draw(figure: Figure, found: Result) -> None:
    figure.set_size_inches(8, 4.8)
    axes = figure.subplots()
    series = [
        (f"{where}, {count} at once", _at(place, count))
        for where, place in found["places"].items()
        for count in _counts(place)
    ]
    names = list(_subjects(_first(found)[1]))
    for number, (label, points) in enumerate(series):
        off = (number - (len(series) - 1) / 2) * 0.8 / len(series)
        places = [names.index(name) + off for name in points]
        middle = [point["ms"]["middle"] for point in points.values()]
        axes.plot(middle, places, "o", markersize=5, color=COLOURS[number % len(COLOURS)], label=label)
    for claim, _ in CLAIMED:
        axes.axvline(claim, color="#707070", linestyle="--", linewidth=1)
        label = f"thesis: {claim:.0f} ms"
        axes.annotate(label, (claim, 1), xycoords=("data", "axes fraction"), ha="center", va="bottom", fontsize=8)
    axes.set_yticks(range(len(names)), [TITLES[name] for name in names])
    axes.invert_yaxis()
    axes.set(xscale="log", xlabel="ms a face (logarithmic)")
    axes.xaxis.set_major_formatter("{x:g}")
    figure.legend(fontsize=8, loc="outside upper center", ncols=3)


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


def _one_at_a_time(name: str, place: dict[str, Any]) -> str:
    count = _counts(place)[0]
    plain = _at(place, count).get("plain")
    also = f", the thesis's net {_ms(plain['ms']['middle'])} ms" if plain else ""
    return f"on {name} the shipped net {_ms(_alone(place, count))} ms{also}"


def _claims(found: Result) -> list[Claim]:
    places = dict([_first(found)]) | {name: place for name, place in found["places"].items() if name == "GPU"}
    text = "; ".join(_one_at_a_time(name, place) for name, place in places.items())
    ours = max(_alone(place, _counts(place)[0]) for place in places.values())
    faster = (
        f"on a GPU there, on a processor {'and a newer GPU ' if 'GPU' in places else ''}here; a net of this size "
        "computes for far less time than that, so most of it must be something else, such as a larger picture, the "
        "call or the face search, which the thesis does not say"
    )
    return [
        Claim(what, f"about {claim:.0f} ms", text, "slower here" if ours > claim else faster) for claim, what in CLAIMED
    ]
