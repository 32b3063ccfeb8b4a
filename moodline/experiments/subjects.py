"""What is timed on a face: from its crop, 48×48 gray, to its class; used by the experiment on time per face.

Time depends on shapes, not on what was learned: everything but the served net has random numbers in the place of
learned ones. Each stands as it would be used: prepared once, then called.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.svm import SVC
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import resnet18, vgg16

from classifier.labels import FER2013_LABELS
from classifier.predictor import Predictor, Serving, build, read_weights
from classifier.preprocess import standardise
from moodline.experiments.features import Faces, hog, pixels
from moodline.experiments.neighbours import Neighbours
from moodline.experiments.plain_net import PlainNet, PlainShape
from moodline.experiments.sight import Classes

CLASSES = len(FER2013_LABELS)
SIDE = 48
SHAPES = {"cpu": 16, "cuda": 64}
"""Faces in one pass of the served net, by device."""
MEAN, SPREAD = 0.45, 0.22
"""Of what torchvision's nets are given."""


@dataclass(frozen=True)
class Sizes:
    """How large the classical models are.

    Attributes:
        known: faces that the nearest neighbour is sought among.
        supports: faces that the support vector machine compares with.
        components: numbers that it sees of a face.
        cell: of its histograms of gradients, pixels.
    """

    known: int
    supports: int
    components: int
    cell: int


@dataclass(frozen=True)
class Place:
    """Where something is timed.

    Attributes:
        weights: of the served net.
        device: `cpu` or `cuda`.
        threads: cores at once.
    """

    weights: Path
    device: str
    threads: int


@dataclass(frozen=True)
class Subject:
    """Something that is timed.

    Attributes:
        say: gives the classes of (N, 48, 48) faces.
        numbers: that it keeps.
        multiply_adds: of one face; those of the histograms of gradients are not counted.
        threads: what torch's thread count must be when it is called.
    """

    say: Callable[[Faces], Classes]
    numbers: int
    multiply_adds: int
    threads: int = 1


def nearest(where: Place, sizes: Sizes) -> Subject:
    """Exact nearest neighbour on pixels."""
    chance = np.random.default_rng(0)
    known = pixels(chance.integers(0, 256, (sizes.known, SIDE, SIDE), np.uint8))
    model = Neighbours.learn(known, np.arange(sizes.known) % CLASSES, "cosine")
    return Subject(lambda faces: model.nearest(pixels(faces), 1)[:, 0], known.size, known.size, where.threads)


def svm(where: Place, sizes: Sizes) -> Subject:
    """Support vector machine with a radial kernel on principal components of histograms of gradients."""
    chance = np.random.default_rng(0)
    features = hog(np.zeros((1, SIDE, SIDE), np.uint8), sizes.cell).shape[1]
    map_ = chance.normal(0, 1, (features, sizes.components)).astype(np.float32)
    rows = chance.normal(0, 1, (sizes.supports, sizes.components))
    # Labels without sense, and a low cost: every row becomes one that is compared with.
    machine = SVC(C=1e-3, gamma=1 / sizes.components).fit(rows, np.arange(sizes.supports) % CLASSES)
    kept = int(machine.n_support_.sum()) * sizes.components
    return Subject(
        lambda faces: np.asarray(machine.predict(hog(faces, sizes.cell) @ map_), np.int64),
        kept + map_.size,
        kept + map_.size,
        where.threads,
    )


def plain(where: Place, _: Sizes) -> Subject:
    """Time the thesis's net."""
    return _net(PlainNet(PlainShape()), where, lambda faces: _floats(faces) / 255)


def served(where: Place, _: Sizes) -> Subject:
    """Time the served net as it is served to live cameras: packed, in the arithmetic of the device."""
    bare_net = build(read_weights(where.weights), where.weights).fuse()
    predictor = Predictor(where.weights, Serving(where.device, "auto", SHAPES[where.device], where.threads))
    predictor.warm_up()
    numbers, multiply_adds = _counted(bare_net, torch.zeros(1, 1, SIDE, SIDE))
    return Subject(lambda faces: predictor.look(faces, live=True).ferplus[0].argmax(1), numbers, multiply_adds)


def bare(where: Place, _: Sizes) -> Subject:
    """Time the served net without packing, in float32 like the others."""
    net = build(read_weights(where.weights), where.weights).fuse()
    return _net(net, where, lambda faces: torch.from_numpy(standardise(faces)))


def vgg(side: int) -> Callable[[Place, Sizes], Subject]:
    """Give torchvision's VGG16 on faces brought to a side, pixels."""
    return lambda where, _: _net(vgg16(weights=None, num_classes=CLASSES), where, lambda faces: _colour(faces, side))


def resnet(side: int) -> Callable[[Place, Sizes], Subject]:
    """Give torchvision's ResNet-18 on faces brought to a side, pixels."""
    return lambda where, _: _net(resnet18(weights=None, num_classes=CLASSES), where, lambda faces: _colour(faces, side))


MAKERS: dict[str, Callable[[Place, Sizes], Subject]] = {
    "served": served,
    "bare": bare,
    "nearest": nearest,
    "svm": svm,
    "plain": plain,
    "resnet18-48": resnet(48),
    "resnet18-224": resnet(224),
    "vgg16-48": vgg(48),
    "vgg16-224": vgg(224),
}
CLASSICAL = ("nearest", "svm")
"""What runs on a processor alone."""


def _floats(faces: Faces) -> Tensor:
    return torch.from_numpy(faces)[:, None].float()


def _colour(faces: Faces, side: int) -> Tensor:
    """Give gray faces in three equal channels, as nets for photographs take them."""
    shown = (_floats(faces) / 255 - MEAN) / SPREAD
    if side != SIDE:
        shown = functional.interpolate(shown, size=(side, side), mode="bilinear", align_corners=False)
    return shown.expand(-1, 3, -1, -1)


def _net(net: nn.Module, where: Place, prepare: Callable[[Faces], Tensor]) -> Subject:
    """Time a net in float32, in the order of numbers in which convolutions are quickest."""
    net.eval()
    numbers, multiply_adds = _counted(net, prepare(np.zeros((1, SIDE, SIDE), np.uint8)))
    device = torch.device(where.device)
    net = net.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs

    @torch.inference_mode()
    def say(faces: Faces) -> Classes:
        found = net(prepare(faces).to(device).contiguous(memory_format=torch.channels_last))
        # Bringing the classes back waits until the device is done.
        return np.asarray((found[0] if isinstance(found, tuple) else found).argmax(1).cpu().numpy(), np.int64)

    return Subject(say, numbers, multiply_adds, where.threads)


@torch.inference_mode()
def _counted(net: nn.Module, face: Tensor) -> tuple[int, int]:
    """Count a net's numbers, and its multiplications with an addition for one face."""
    with FlopCounterMode(display=False) as counter:
        net(face)
    return sum(one.numel() for one in net.parameters()), int(counter.get_total_flops()) // 2
