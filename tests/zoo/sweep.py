"""Price every network of the zoo, hold it against torch's FlopCounterMode, and write the table to docs/zoo.csv.

``python tests/zoo/sweep.py [PREFIX ...]`` sweeps the networks whose names begin so, and keeps the other rows. The exit
code is the number of networks whose counts are unequal.
"""

from __future__ import annotations

import copy
import csv
import gc
import sys
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import torch
from networks import Network, networks
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._pytree import tree_map
from torch.utils.flop_counter import FlopCounterMode

from effcourse import trace

TABLE = Path(__file__).parents[2] / "docs" / "zoo.csv"


class Outcome(NamedTuple):
    """One row of the table."""

    network: str
    reference_macs: int | None  # by FlopCounterMode
    macs: int | None  # by trace
    params: int | None
    reason: str = ""  # why there is no count


def build(network: Network) -> nn.Module:
    """On the meta device, where even the largest is small; on the CPU if it must be."""
    if not network.numbers:
        try:
            with torch.device("meta"):
                return network.build().eval()
        except Exception:
            gc.collect()
    torch.manual_seed(0)
    return network.build().eval()


def reference(model: nn.Module, network: Network) -> int:
    """torch's own count: on the meta device, or with numbers on the CPU if it must be."""
    try:
        return _reference(model, network, "meta")
    except Exception:
        if next(model.parameters()).is_meta:
            del model
            torch.manual_seed(0)
            model = network.build().eval()
        return _reference(model, network, "cpu")


def _reference(model: nn.Module, network: Network, device: str) -> int:
    if device == "meta" and network.numbers:
        raise ValueError(f"{network.name} needs its numbers")
    if device == "meta" and not next(model.parameters()).is_meta:
        model = copy.deepcopy(model).to("meta")
    model.requires_grad_(False)  # else FlopCounterMode looks for gradients, and stumbles over some
    inputs = tree_map(lambda t: t.to(device) if isinstance(t, Tensor) else t, network.inputs(model))
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        if isinstance(inputs, dict):
            model(**inputs)
        else:
            model(*inputs if isinstance(inputs, tuple) else (inputs,))
    return counter.get_total_flops() // 2


def count(network: Network) -> Outcome:
    """Both counts of one network."""
    model = build(network)
    params = sum(p.numel() for p in model.parameters())
    try:
        report = trace(model, inputs=network.inputs(model))
        macs, reason = report.macs, ""
        if report.params != params:
            reason = f"params {report.params} are not {params}"
    except Exception as error:
        macs, reason = None, f"{type(error).__name__}: {str(error).splitlines()[0]}"
    try:
        return Outcome(network.name, reference(model, network), macs, params, reason)
    except Exception as error:
        says = f"FlopCounterMode: {type(error).__name__}: {str(error).splitlines()[0]}"
        return Outcome(network.name, None, macs, params, f"{reason}; {says}".strip("; "))


def read_table() -> dict[str, Outcome]:
    """The stored table by network."""
    with TABLE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = ("reference_macs", "macs", "params")
    return {
        row["network"]: Outcome(**{k: (int(v) if v else None) if k in numbers else v for k, v in row.items()})
        for row in rows
    }


def write_table(outcomes: dict[str, Outcome]) -> None:
    with TABLE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Outcome._fields)
        writer.writerows(outcomes[name] for name in sorted(outcomes))


def main(prefixes: list[str]) -> int:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    outcomes = read_table() if TABLE.exists() else {}
    chosen = [n for n in networks().values() if n.name.startswith(tuple(prefixes) or "")]
    unequal = 0
    for i, network in enumerate(chosen):
        start = time.monotonic()
        try:
            outcome = count(network)
        except Exception as error:  # it cannot even be built
            outcome = Outcome(network.name, None, None, None, f"{type(error).__name__}: {str(error).splitlines()[0]}")
        outcomes[network.name] = outcome
        differs = None not in (outcome.macs, outcome.reference_macs) and outcome.macs != outcome.reference_macs
        unequal += differs
        if differs or outcome.reason or i % 25 == 0:
            note = "UNEQUAL" if differs else outcome.reason
            print(f"{i + 1}/{len(chosen)} {network.name} {time.monotonic() - start:.1f} s {note}", flush=True)
        if i % 20 == 19:
            write_table(outcomes)
    write_table(outcomes)
    traced = sum(outcomes[n.name].macs is not None for n in chosen)
    print(f"{traced} of {len(chosen)} traced, {unequal} unequal")
    return unequal


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
