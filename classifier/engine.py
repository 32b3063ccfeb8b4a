"""Forward passes of the net on one device: packed on a processor, as graphs on a CUDA device; used by the predictor."""

import threading
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from classifier.looks import Scores
from classifier.model import ExpressionNet, place
from classifier.packed import can_pack, pack
from common.errors import ModelError

KINDS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

_WARM_UP = 3
"""Passes before a CUDA graph is captured, as torch's documentation does."""

_ALONE = threading.Lock()
"""Held by who is at work on a CUDA device: a pass in another thread would spoil a graph that is being captured."""


class Pass(Protocol):
    """One forward pass."""

    def __call__(self, faces: npt.NDArray[np.float32]) -> list[Scores]:
        """Take standardised faces (N, 1, H, W) to both heads' logits and the features, see `classifier.looks`.

        Raises:
            torch.OutOfMemoryError: the device has no room for so many.
        """


class ProcessorPass:
    """A `Pass` on the processor; several threads may be in it at once.

    Args:
        net: a fused net.
        kind: its arithmetic.
        faces: how many one pass usually has.
    """

    def __init__(self, net: ExpressionNet, kind: torch.dtype, faces: int) -> None:
        self._net = place(net, torch.device("cpu"), kind)
        self._kind = kind
        if can_pack(kind):
            pack(self._net, faces)

    @torch.inference_mode()
    def __call__(self, faces: npt.NDArray[np.float32]) -> list[Scores]:
        """See `Pass`."""
        return [found.float().numpy() for found in self._net.look(torch.from_numpy(faces).to(self._kind))]


class _Graph(NamedTuple):
    """One captured shape: where its input is written, what is run, and where its outputs then are."""

    host: Tensor
    device: Tensor
    graph: torch.cuda.CUDAGraph
    outputs: list[Tensor]


class CudaPass:
    """A `Pass` on a CUDA device, one at a time in a process: each shape is captured as a graph when it first comes.

    Args:
        net: a fused net.
        kind: its arithmetic.
        device: the device.
    """

    def __init__(self, net: ExpressionNet, kind: torch.dtype, device: torch.device) -> None:
        self._net = place(net, device, kind)
        self._kind, self._device = kind, device
        self._graphs: dict[tuple[int, ...], _Graph] = {}

    @torch.inference_mode()
    def __call__(self, faces: npt.NDArray[np.float32]) -> list[Scores]:
        """See `Pass`."""
        with _ALONE, torch.cuda.device(self._device):
            if faces.shape not in self._graphs:
                self._graphs[faces.shape] = self._capture(faces.shape)
            host, device, graph, outputs = self._graphs[faces.shape]
            host.copy_(torch.from_numpy(faces))
            device.copy_(host, non_blocking=True)
            graph.replay()
            # Waits until all of it is done, so that the next pass may write to the same memory.
            return [output.cpu().numpy() for output in outputs]

    def _capture(self, shape: tuple[int, ...]) -> _Graph:
        host = torch.zeros(shape, pin_memory=True)
        device = torch.zeros(shape, device=self._device)
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(_WARM_UP):
                self._look(device)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        # Other threads may use the device for something else, such as decoding video.
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            outputs = self._look(device)
        return _Graph(host, device, graph, outputs)

    def _look(self, faces: Tensor) -> list[Tensor]:
        inputs = faces.to(self._kind, memory_format=torch.channels_last)
        return [found.float() for found in self._net.look(inputs)]


def make_pass(net: ExpressionNet, device: torch.device, precision: str, faces: int) -> Pass:
    """Make the pass of a device.

    Args:
        net: a fused net; it is changed.
        device: where it is to run.
        precision: one of `KINDS`.
        faces: how many one pass usually has.
    """
    if device.type == "cuda":
        return CudaPass(net, KINDS[precision], device)
    return ProcessorPass(net, KINDS[precision], faces)


def precision_of(name: str, device: torch.device) -> str:
    """Choose the arithmetic: that which was asked for, or for auto the quickest that the device has units for.

    Raises:
        ModelError: float16 was asked for on a processor.
    """
    if name == "float16" and device.type == "cpu":
        raise ModelError("a processor does not compute in float16; set MOODLINE_CLASSIFIER_PRECISION to auto")
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    fast = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()  # noqa: SLF001  # no public name
    return "bfloat16" if fast else "float32"
