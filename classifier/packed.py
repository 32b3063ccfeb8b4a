"""The net as oneDNN runs it fastest on a processor; used by the predictor.

A convolution of torch brings its weights into oneDNN's order at every call, and leaves ReLU to another pass over its
output. Here the weights are brought into that order once, and ReLU is part of the convolution: 16 faces take two thirds
of the time, one face a third, with the same result to the last bit. These are the operators that torch's own compiler
uses; they need no compiler.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from classifier.model import ExpressionNet


class PackedBlock(nn.Module):
    """One fused block: a 3×3 convolution with bias and ReLU; (N, inputs, H, W) to (N, outputs, H / stride, W / stride).

    Args:
        convolution: what it computes; on a processor, in the arithmetic of the net.
        shape: of its usual input.
    """

    def __init__(self, convolution: nn.Conv2d, shape: torch.Size) -> None:
        super().__init__()
        self._stride, self._padding = list(convolution.stride), [int(side) for side in convolution.padding]
        self._bias = convolution.bias
        self._weight: Tensor = torch.ops.mkldnn._reorder_convolution_weight(  # noqa: SLF001  # torch has no public name
            convolution.weight.data, self._padding, self._stride, [1, 1], 1, list(shape)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Convolve, then ReLU."""
        y: Tensor = torch.ops.mkldnn._convolution_pointwise(  # noqa: SLF001  # torch has no public name
            x, self._weight, self._bias, self._padding, self._stride, [1, 1], 1, "relu", [], ""
        )
        return y


def can_pack(kind: torch.dtype) -> bool:
    """Whether this torch and this processor have what packing needs."""
    mkldnn = torch.ops.mkldnn
    there = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    if not there or not hasattr(mkldnn, "_convolution_pointwise"):
        return False
    return kind == torch.float32 or bool(mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001  # torch has no public name


@torch.inference_mode()
def pack(net: ExpressionNet, faces: int) -> ExpressionNet:
    """Pack every block of a fused net, in place.

    Args:
        net: on a processor, in channels-last order.
        faces: how many one pass usually has; others are computed too.
    """
    size, kind = net.settings.size, net.ferplus.weight.dtype
    x = torch.zeros((faces, 1, size, size), dtype=kind).to(memory_format=torch.channels_last)
    blocks = list(net.blocks)
    common, x = _pack(blocks[: net.shared], x)
    last, _ = _pack(blocks[net.shared :], x)
    net.own, _ = _pack(net.own, x)
    net.blocks = nn.Sequential(*common, *last)
    return net


def _pack(blocks: Iterable[nn.Module], x: Tensor) -> tuple[nn.Sequential, Tensor]:
    """Pack the blocks of a sequence; gives them and their output."""
    packed = []
    for block in blocks:
        assert isinstance(block, nn.Sequential)  # noqa: S101  # the net is fused
        convolution = block[0]
        assert isinstance(convolution, nn.Conv2d)  # noqa: S101  # the same
        packed.append(PackedBlock(convolution, x.shape))
        x = packed[-1](x)
    return nn.Sequential(*packed), x
