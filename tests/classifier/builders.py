"""Builders of nets with random weights, of weights files, and of small data sets in the public form."""

import csv
import gzip
from pathlib import Path

import numpy as np
import torch

from classifier.labels import FER2013_LABELS
from classifier.model import ExpressionNet, ModelSettings

SMALL = ModelSettings(widths=(8, 12), depths=(2, 2), size=48)


def random_net(settings: ModelSettings = SMALL, seed: int = 1) -> ExpressionNet:
    """A net as if trained: its norms have seen something, and its answers differ from picture to picture."""
    chance = torch.Generator().manual_seed(seed)
    net = ExpressionNet(settings)
    with torch.no_grad():
        for name, value in net.state_dict().items():
            if not value.dtype.is_floating_point:
                continue
            drawn = torch.randn(value.shape, generator=chance)
            if name.endswith("running_var"):
                value.copy_(drawn.abs() + 0.2)
            elif "norm.weight" in name:
                value.copy_(1 + 0.4 * drawn)
            elif value.ndim > 1:
                value.copy_(drawn / value[0].numel() ** 0.5)
            else:
                value.copy_(0.3 * drawn)
    return net.eval()


def state_of(net: ExpressionNet, **changed) -> dict:
    """What a weights file holds."""
    return {
        "format": 1,
        "model": net.settings.as_dict(),
        "weights": net.state_dict(),
        "training": {},
        "scores": {"epoch": 0},
        "torch": str(torch.__version__),
    } | changed


def noise(count: int, seed: int = 0, side: int = 48) -> np.ndarray:
    """Gray pictures (count, side, side)."""
    return np.random.default_rng(seed).integers(0, 256, (count, side, side), np.uint8)


def write_fer(folder: Path, *, training: int = 64, public: int = 16, private: int = 4, packed=False, seed=0) -> Path:
    """Write generated faces as FER2013 and FER+ tables: seven kinds of stripes, each of one label."""
    rng = np.random.default_rng(seed)
    rows, votes = [], []
    for usage, count in (("Training", training), ("PublicTest", public), ("PrivateTest", private)):
        for index in range(count):
            emotion = index % len(FER2013_LABELS)
            stripes = 120 + 80 * np.sin(np.arange(48) * (emotion + 1) / 3)
            picture = np.clip(stripes[None] + rng.normal(0, 20, (48, 48)), 0, 255).astype(np.uint8)
            rows.append({"emotion": emotion, "pixels": " ".join(map(str, picture.ravel())), "Usage": usage})
            counts = [0] * 10
            counts[(emotion + 1) % 8] = 8
            counts[0] += 2
            votes.append([usage, f"fer{len(votes):07}.png", *counts])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ("fer2013.csv.gz" if packed else "fer2013.csv")
    with gzip.open(path, "wt") if packed else path.open("w") as file:
        table = csv.DictWriter(file, ("emotion", "pixels", "Usage"))
        table.writeheader()
        table.writerows(rows)
    with (folder / "fer2013new.csv").open("w") as file:
        labels = csv.writer(file)
        names = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF"]
        labels.writerow(["Usage", "Image name", *names])
        labels.writerows(votes)
    return folder
