"""Tells what `transfer` measured."""

from statistics import mean
from typing import Any

from matplotlib.figure import Figure

from classifier.training.scores import wilson
from moodline.experiments.experiment import Claim, Picture, Result, Story, Table
from moodline.experiments.measured import COLUMNS, EXPLAINED, compare, minutes_of, over_seeds, row, told
from moodline.experiments.score import percent

WAYS = {
    "scratch": "the same net, nothing learned before",
    "frozen": "served net's body as it is, fresh last layer",
    "fine": "served net's body, all of it learning on",
}
TITLES = {"resnet18": "ResNet-18", "vgg16": "VGG16"}

Runs = list[dict[str, Any]]


def tell(found: Result) -> Story:
    """Tell what beginning with learned weights adds on CK+, and on FER2013 where a file was given."""
    ways = found["ckplus"]
    gained = {name: compare(ways["scratch"], ways[name]) for name in ("frozen", "fine")}
    answer = (
        f"On CK+, whole sequences held out, a net that learns from CK+ alone reads {_reads(ways['scratch'])} of the "
        f"sequences rightly. Begun with the body of the served net it reads {_reads(ways['frozen'])} with that body "
        f"frozen ({gained['frozen']['verdict']}) and {_reads(ways['fine'])} with all of it learning on "
        f"({gained['fine']['verdict']}). " + " ".join(_of_net(name, one) for name, one in found["torchvision"].items())
    )
    blocks: list[str | Table | Picture] = [_ways(found), _recalls(found), _picture(found), HOW, *_known(found)]
    return Story(answer, blocks, _claims(found))


HOW = (
    "Nets of torchvision are meant for colours: gray faces are given to all three channels, at 48×48 pixels. Their "
    "weights are not downloaded. Who has the files gives them with `--init-from resnet18=FILE --init-from "
    "vgg16=FILE` (the `.pth` files that torchvision publishes, learned from ImageNet's photographs of a thousand kinds "
    "of things)."
)


def _of_net(name: str, one: dict[str, Any]) -> str:
    title = TITLES[name]
    if one["begun"] is None:
        alone = f"; from nothing it reads {_reads(one['alone'])} of PrivateTest" if one["alone"] else ""
        return f"For {title} no file of learned weights was given{alone}."
    reads = f"{title} begun with the file that was given reads {_reads(one['begun'])} of PrivateTest"
    if one["alone"] is None:
        return f"{reads}."
    return f"{reads}, without it {_reads(one['alone'])} ({compare(one['alone'], one['begun'])['verdict']})."


def _ways(found: Result) -> Table:
    ways, rows = found["ckplus"], []
    for name, title in WAYS.items():
        group = ways[name]
        reads = mean(one["accuracy"] for one in group)
        images = group[0]["images"]
        verdict = ("", "", "") if name == "scratch" else told(compare(ways["scratch"], group))
        frames = percent(mean(one["frames"]["accuracy"] for one in group))
        interval = percent(reads, wilson(reads * images, images))
        rows.append((title, _reads(group), interval, frames, *verdict, minutes_of(group)))
    images, served = ways["scratch"][0]["images"], found["served"][:12]
    caption = (
        f"CK+ ({images} posed sequences, seven labels with contempt, no neutral), dealt into {found['folds']} parts; "
        "each part is read by a net that learned from the others, so no sequence stands on both sides; a "
        "person may, since who is seen is not known. A sequence is read by the mean of its frames; frames: the share "
        "of single pictures. Body: all of a net but its last layer. With interval: of one measurement on so many "
        "sequences. Minutes: of learning all nets of a seed, one for each part. Gain, chance "
        "(McNemar's test, median over the seeds) and verdict are against the first row; a verdict needs chance below "
        "0.05 and every seed of the one above every seed of the other. Epochs were fixed beforehand. The served net is "
        f"`{served}`."
    )
    head = ("", "sequences read rightly", "with interval", "frames", "gain", "chance", "verdict", "minutes")
    return Table(caption, head, rows)


def _recalls(found: Result) -> Table:
    ways, rows = found["ckplus"], []
    for label, first in ways["scratch"][0]["recall"].items():
        if not first["of"]:
            continue
        cells = []
        for name in WAYS:
            right = mean(one["recall"][label]["right"] for one in ways[name])
            cells.append(percent(right / first["of"], wilson(right, first["of"])))
        rows.append((label, str(first["of"]), *cells))
    caption = (
        "Recall over sequences, by the label that was posed: mean of the seeds, with the interval of one measurement."
    )
    return Table(caption, ("label", "number of sequences", *WAYS.values()), rows)


def _picture(found: Result) -> Picture:
    def draw(figure: Figure) -> None:
        figure.set_size_inches(7.0, 2.2)
        axes = figure.subplots()
        for place, name in enumerate(WAYS):
            reads = [100 * one["accuracy"] for one in found["ckplus"][name]]
            count = found["ckplus"][name][0]["images"]
            low, high = wilson(mean(reads) / 100 * count, count) or (0, 1)
            axes.plot([100 * low, 100 * high], [place, place], color="#999999")
            axes.plot(reads, [place] * len(reads), "o", color="#2f6fc0", markersize=4)
        axes.set_yticks(range(len(WAYS)), list(WAYS.values()))
        axes.set_ylim(len(WAYS) - 0.5, -0.5)
        axes.set_xlabel("sequences of CK+ read rightly, %")

    caption = (
        "Sequences of CK+ that were held out: a dot for each seed, a line for the interval of one measurement at their "
        "mean."
    )
    return Picture("transfer-ckplus", caption, draw)


def _known(found: Result) -> list[str | Table | Picture]:
    rows, costs = [], []
    for name, one in found["torchvision"].items():
        if one["alone"] is not None:
            rows.append(row(f"{TITLES[name]}, nothing learned before", one["alone"], None))
        if one["begun"] is not None:
            file = f"`{one['file']['name']}` (`{one['file']['sha256'][:12]}`)"
            rows.append(row(f"{TITLES[name]}, begun with {file}", one["begun"], one["alone"]))
        if one["cost"] is not None:
            hours, epoch = one["cost"]["hours"], one["cost"]["epoch"]
            costs.append(
                f"{TITLES[name]} ({one['cost']['parameters']:,} parameters) takes {epoch:.0f} s an "
                f"epoch on one core, so {hours['alone']:.1f} hours for {3600 * hours['alone'] / epoch:.0f} epochs: it "
                f"is not learned from nothing here. Begun with a file it would take {hours['begun']:.1f} hours."
            )
    caption = "Nets of torchvision on the official split of FER2013"
    if any(one["begun"] for one in found["torchvision"].values()):
        table = Table(f"{caption}. {EXPLAINED}", ("", *COLUMNS), rows)
    else:
        # Nothing is compared.
        caption += (
            ": accuracy on PrivateTest, and without faces that stand among those learned from; minutes a seed, in "
            "brackets on a GPU."
        )
        table = Table(caption, ("", *COLUMNS[:2], COLUMNS[-1]), [(*one[:3], one[-1]) for one in rows])
    return [*([table] if rows else []), *costs]


def _claims(found: Result) -> list[Claim]:
    ways = found["ckplus"]
    gained = compare(ways["scratch"], ways["fine"])
    return [
        Claim(
            "transfer learning",
            "named as fruitful, without a figure",
            f"CK+ by sequence: {_reads(ways['scratch'])} from nothing, {_reads(ways['fine'])} begun with a net that "
            f"learned from FER2013 ({gained['verdict']})",
            "the same shape on both sides; sequences, not frames, are held out",
        )
    ]


def _reads(group: Runs) -> str:
    return over_seeds([one["accuracy"] for one in group])
