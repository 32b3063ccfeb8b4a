"""The convolutional net of the thesis, as far as it is described; used by the experiments that learn with it.

The thesis says: several convolutions with ReLU, each followed by max pooling, dropout, fully connected layers and a
softmax, on gray faces of 48×48 pixels from 0 to 1. It gives no number of layers and no size, so the usual reading is
taken: three 3×3 convolutions, a pooling after each, and one hidden fully connected layer.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from classifier.labels import FER2013_LABELS


@dataclass(frozen=True)
class PlainShape:
    """The shape of the net.

    Attributes:
        widths: channels of each convolution; a pooling after each halves the picture.
        hidden: width of the hidden fully connected layer.
        drop_maps: share of values dropped after each pooling while training.
        drop_hidden: share of the hidden layer dropped while training.
        side: of the square picture, pixels.
    """

    widths: tuple[int, ...] = (32, 64, 128)
    hidden: int = 256
    drop_maps: float = 0.25
    drop_hidden: float = 0.5
    side: int = 48


class PlainNet(nn.Module):
    """Gray faces (N, 1, side, side), from 0 to 1, to logits (N, 7) in the order of `FER2013_LABELS`."""

    def __init__(self, shape: PlainShape) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs, side = 1, shape.side
        for width in shape.widths:
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(shape.drop_maps)]
            inputs, side = width, side // 2
        self.body = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(inputs * side * side, shape.hidden),
            nn.ReLU(),
            nn.Dropout(shape.drop_hidden),
            nn.Linear(shape.hidden, len(FER2013_LABELS)),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        logits: Tensor = self.head(self.body(x))
        return logits
