"""Checks of exercise 01: what a layer costs, from its shapes alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...cost import formulas
from ..agree import Case, Suspect, case, same_values
from ..engine import Assignment
from ..work import Work

assignment = Assignment("01_flops_math")

CONVOLUTIONS = (
    case(3, 32, 224, 3, stride=2, padding=1),
    case(32, 64, 112, 1),
    case(32, 32, 112, 3, padding=1, groups=32),
    case(16, 24, 15, 5, stride=2, padding=2, groups=8),
    case(8, 8, 7, 3, stride=2),
)


def _size(size: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    return formulas.conv_out_size(size, kernel_size, stride, padding)


@assignment.check(
    "Output size of a convolution",
    "every other count multiplies by it: one pixel too many here is a wrong number everywhere after",
)
def output_size(
    output_size: Work,
    cases: Sequence[Case] = (case(224, 3, 2, 1), case(225, 3, 2, 1), case(7, 3), case(15, 5, 2, 2), case(14, 1, 2)),
) -> None:
    same_values(
        output_size,
        _size,
        cases,
        [
            Suspect(
                lambda n, k, stride=1, padding=0: -(-(n + 2 * padding - k) // stride) + 1,
                "You rounded up: a kernel that would hang over the edge is not placed, so the division rounds down.",
            ),
            Suspect(
                lambda n, k, stride=1, padding=0: (n + padding - k) // stride + 1,
                "You padded one side only: padding is added on both, so the length grows by 2 × padding.",
            ),
            Suspect(
                lambda n, k, stride=1, padding=0: (n + 2 * padding - k) // stride,
                "You counted steps, not places: with n steps the kernel stands in n + 1 places.",
            ),
            Suspect(
                lambda n, k, stride=1, padding=0: n // stride,
                "You divided by the stride alone, which is right only for an even size with 'same' padding.",
            ),
            Suspect(
                lambda n, k, stride=1, padding=0: (n + 2 * padding - k) / stride + 1,
                "You have a fraction of a pixel: use the division that rounds down, //.",
            ),
        ],
    )


def _macs(
    in_channels: int, out_channels: int, size: int, kernel_size: int, stride: int = 1, padding: int = 0, groups: int = 1
) -> int:
    return formulas.conv_macs(in_channels, out_channels, size, kernel_size, stride, padding, groups=groups)


def _macs_with(change: Callable[[dict[str, Any]], float]) -> Callable[..., float]:
    """A wrong count of MACs: ``change`` gets the right factors by name, and the right count as ``macs``."""

    def wrong(c_in: int, c_out: int, n: int, k: int, stride: int = 1, padding: int = 0, groups: int = 1) -> float:
        out = _size(n, k, stride, padding)
        macs = _macs(c_in, c_out, n, k, stride, padding, groups)
        return change({"c_in": c_in, "c_out": c_out, "n": n, "k": k, "groups": groups, "out": out, "macs": macs})

    return wrong


@assignment.check(
    "MACs of any convolution",
    "this one product is the whole story of efficient networks: every block in the course makes one factor small",
)
def conv_macs(conv_macs: Work, cases: Sequence[Case] = CONVOLUTIONS) -> None:
    same_values(
        conv_macs,
        _macs,
        cases,
        [
            Suspect(
                _macs_with(lambda f: f["macs"] * f["groups"]),
                "You left out groups: each filter sees in_channels / groups channels, not all of them.",
            ),
            Suspect(
                _macs_with(lambda f: 2 * f["macs"]),
                "You counted FLOPs, a multiplication and an addition: a multiply-accumulate is one MAC.",
            ),
            Suspect(
                _macs_with(lambda f: f["macs"] + f["c_out"] * f["out"] ** 2),
                "You counted the bias: by the papers' convention only the products are counted.",
            ),
            Suspect(
                _macs_with(lambda f: f["macs"] / f["out"] ** 2 * f["n"] ** 2),
                "You multiplied by the input's pixels: the kernel is applied once for each pixel of the output.",
            ),
            Suspect(
                _macs_with(lambda f: f["macs"] / f["out"]),
                "You multiplied by one side only: the output has height × width pixels.",
            ),
            Suspect(
                _macs_with(lambda f: f["macs"] / f["k"]),
                "You took one side of the kernel: it has kernel_size × kernel_size taps.",
            ),
            Suspect(
                _macs_with(lambda f: f["macs"] / f["groups"]),
                "You divided by groups twice: all out_channels are computed, each from in_channels / groups.",
            ),
        ],
    )


def _params(in_channels: int, out_channels: int, kernel_size: int, groups: int = 1, bias: bool = False) -> int:
    return formulas.conv_params(in_channels, out_channels, kernel_size, groups, bias)


@assignment.check(
    "Parameters of any convolution",
    "parameters decide the download and the weights' memory, and they do not know how large the image is",
)
def conv_params(
    conv_params: Work,
    cases: Sequence[Case] = (
        case(3, 32, 3),
        case(32, 64, 1, bias=True),
        case(32, 32, 3, groups=32),
        case(16, 24, 5, groups=8, bias=True),
    ),
) -> None:
    same_values(
        conv_params,
        _params,
        cases,
        [
            Suspect(
                lambda i, o, k, groups=1, bias=False: _params(i, o, k, 1, bias),
                "You left out groups: each filter has weights for in_channels / groups channels only.",
            ),
            Suspect(
                lambda i, o, k, groups=1, bias=False: _params(i, o, k, groups),
                "You left out the bias: with bias=True each output channel has one number more.",
            ),
            Suspect(
                lambda i, o, k, groups=1, bias=False: _params(i, o, k, groups, True),
                "You always count a bias: without bias=True there is none.",
            ),
            Suspect(
                lambda i, o, k, groups=1, bias=False: _params(i, o, k, groups) + i * bias,
                "You counted a bias for each input channel: there is one for each output channel.",
            ),
            Suspect(
                lambda i, o, k, groups=1, bias=False: _params(i, o, k, groups) // k + o * bias,
                "You took one side of the kernel: it has kernel_size × kernel_size weights a channel.",
            ),
        ],
    )


def _memory(out_channels: int, size: int, batch: int = 1, bytes_per_number: int = 4) -> int:
    return batch * formulas.activation_bytes(out_channels, size, size, bytes_per_number=bytes_per_number)


@assignment.check(
    "Memory of an activation",
    "on a small device the activations, not the weights, decide whether a network fits at all",
)
def activation_memory(
    activation_memory: Work,
    cases: Sequence[Case] = (
        case(32, 112),
        case(96, 57, batch=8),
        case(16, 15, batch=2, bytes_per_number=1),
    ),
) -> None:
    same_values(
        activation_memory,
        _memory,
        cases,
        [
            Suspect(
                lambda c, n, batch=1, bytes_per_number=4: c * n * n * batch,
                "You counted numbers, not bytes: multiply by bytes_per_number (4 for float32, 1 for int8).",
            ),
            Suspect(
                lambda c, n, batch=1, bytes_per_number=4: 4 * c * n * n * batch,
                "You took 4 bytes a number always: an int8 number takes one, so use bytes_per_number.",
            ),
            Suspect(
                lambda c, n, batch=1, bytes_per_number=4: bytes_per_number * c * n * n,
                "You left out the batch: each image has activations of its own.",
            ),
            Suspect(
                lambda c, n, batch=1, bytes_per_number=4: bytes_per_number * c * n * batch,
                "You took one side of the image: an activation has height × width pixels a channel.",
            ),
            Suspect(
                lambda c, n, batch=1, bytes_per_number=4: bytes_per_number * c * n * n * batch / 1024,
                "You gave kibibytes: the answer is asked in bytes.",
            ),
        ],
    )


def _network(layers: Sequence[dict[str, int]], size: int) -> dict[str, int]:
    totals = {"macs": 0, "params": 0}
    for layer in layers:
        shape: dict[str, Any] = {key: layer[key] for key in ("in_channels", "out_channels", "kernel_size", "groups")}
        totals["macs"] += _macs(size=size, stride=layer["stride"], padding=layer["padding"], **shape)
        totals["params"] += _params(**shape)
        size = _size(size, layer["kernel_size"], layer["stride"], layer["padding"])
    return totals | {"output_size": size}


def _network_at_input_size(layers: Sequence[dict[str, int]], size: int) -> dict[str, int]:
    each = [_network([layer], size) for layer in layers]
    return _network(layers, size) | {"macs": sum(totals["macs"] for totals in each)}


def _last_layer_only(layers: Sequence[dict[str, int]], size: int) -> dict[str, int]:
    totals = _network(layers, size)
    return _network(layers[-1:], _network(layers[:-1], size)["output_size"]) | {"output_size": totals["output_size"]}


def layer(
    in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, padding: int = 0, groups: int = 1
) -> dict[str, int]:
    """One row of the exercise's small networks."""
    return {
        "in_channels": in_channels,
        "out_channels": out_channels,
        "kernel_size": kernel_size,
        "stride": stride,
        "padding": padding,
        "groups": groups,
    }


SMALL_NETWORK = (
    layer(3, 16, 3, 2, 1),
    layer(16, 16, 3, 1, 1, groups=16),
    layer(16, 32, 1),
    layer(32, 32, 5, 2, 2, groups=32),
    layer(32, 64, 1),
)


@assignment.check(
    "A small network, layer after layer",
    "a network is priced one layer at a time, and each layer starts from the size that the one before it left",
)
def network_cost(
    network_cost: Work, cases: Sequence[Case] = (case(list(SMALL_NETWORK), 32), case(list(SMALL_NETWORK), 33))
) -> None:
    same_values(
        network_cost,
        _network,
        cases,
        [
            Suspect(
                _network_at_input_size,
                "Every layer was priced at the image's size: carry the output size on to the next layer.",
            ),
            Suspect(
                _last_layer_only,
                "Only the last layer was counted: add each layer to the totals inside the loop.",
            ),
            Suspect(
                lambda layers, size: _network([one | {"groups": 1} for one in layers], size),
                "The layers' groups were not handed on: two of these layers are depthwise.",
            ),
        ],
    )
