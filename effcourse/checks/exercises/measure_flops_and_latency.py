"""Checks of exercise 09: what thop counts, and a latency that means something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import torch

from ...cost import trace
from ...models import create_model
from ..cases import Case, case
from ..engine import Assignment
from ..recipes import recipe
from ..work import Work
from .log_readings import SPEEDUP, SUMMARIZE, samples
from .timed_runs import MEASURE, check_runs

assignment = Assignment("09_measure_flops_and_latency", allow=("create_model", "list_models", "trace"))


@cache
def _profile(name: str, *shape: int) -> tuple[float, float]:
    from thop import profile

    return profile(create_model(name), inputs=(torch.zeros(shape),), verbose=False)


@cache
def _traced(name: str, input_size: int) -> tuple[int, int]:
    report = trace(create_model(name), input_size)
    return report.macs, report.params


COUNTS = recipe(
    """
    def thop_counts(name, input_size=224):
        macs, params = «counts = profile(name, «shape = 1, 3, input_size, input_size»)»
        return «all = {"macs": «macs = macs», "params": «params = params»}»
    """,
    """
    macs = 2 * macs
        Your first number is twice thop's for one image: give it a batch of one, and hand its number on.

    macs = 8 * macs
    or macs = 3 * macs
    or macs = 4 * macs
    or macs = 16 * macs
    or macs = 32 * macs
        Your first number is that of several images, for thop counts the whole batch: give it one image.

    shape = 3, input_size, input_size
        A picture without an axis for the batch went through the network: make the image of shape
        (1, 3, input_size, input_size), and mind the comma in inputs=(image,), without which there is no tuple.

    macs = macs / 2
        Your first number is half of thop's: hand it on as it is, right or wrong.

    macs = params; params = macs
        The two numbers have changed places: profile returns the operations first, then the parameters.

    shape = 1, 3, 224, 224
        The input is always 224 pixels: make the image input_size × input_size.

    counts = trace(name, input_size)
        These are trace's numbers: here thop's are asked, right or wrong.

    macs = macs / 1e6; params = params / 1e6
        You divided by a million: the whole numbers are asked, rounding is for the printout.

    macs = macs / 1e9; params = params / 1e6
        You divided by 1e9 and 1e6: the whole numbers are asked, rounding is for the printout.

    macs = macs / 1e9; params = params / 1e9
        You divided by 1e9: the whole numbers are asked, rounding is for the printout.

    macs = macs / 1e6
        You divided the first number by a million: the whole one is asked, rounding is for the printout.

    macs = macs / 1e9
        You divided the first number by 1e9: the whole one is asked, rounding is for the printout.

    all = (macs, params)
        You handed on the pair: asked is a dictionary, {"macs": …, "params": …}.

    all = {"flops": macs, "params": params}
    or all = {"operations": macs, "params": params}
    or all = {"MACs": macs, "params": params}
        Your dictionary has other keys than "macs" and "params".
    """,
    names={"profile": _profile, "trace": _traced},
)

assignment.part(
    "thop_counts",
    "thop's two numbers for a network",
    "scripts everywhere print these two; which is which, and for which input, must be certain before you explain them",
    COUNTS,
    [
        case("mobilenet_v2", 97),
        case("shufflenet_v2", 64),
        case("efficientnet_lite0", input_size=64),
        case("mobilenet_v3_small"),
    ],
)


@cache
def rows_of(name: str, input_size: int | tuple[int, ...]) -> list[dict[str, Any]]:
    """A network's rows as dictionaries, as the exercise hands them out."""
    with torch.device("meta"):
        model = create_model(name)
    return [row._asdict() for row in trace(model, input_size).rows]


TERMS = recipe(
    """
    def thop_terms(rows):
        terms = {"macs": 0, "batch_norm": 0, "pooling": 0}
        for row in rows:
            «if = »terms["macs"] += «macs = row["macs"]»
            «norms = if row["op"] == "batch_norm"»:
                terms["batch_norm"] «add_norm = +=» «steps = 4» * «size = row["activations"]»
            «pools = elif row["op"] == "adaptive_avg_pool2d"»:
                height, width = row["in_shape"][2:]
                terms["pooling"] «add = +=» «pool = row["activations"] * («positions = height * width» + 1)»
            «after = »
        return «all = terms»
    """,
    """
    macs = 2 * row["macs"]
        You counted FLOPs for the convolutions: thop counts a multiplication with its addition as one.

    if = if row["op"] == "conv2d":
        You added up the convolutions only: linear layers have MACs too, so take those of every row.

    if = if row["op"] == "linear":
        You added up the linear layers only: take the MACs of every row.

    macs = row["macs"] + row["activations"]
        You added what every operation writes to the MACs: they are asked alone, the two others beside them.

    positions = height ** 2
    or positions = width ** 2
        You took the feature map for a square: a mean goes over height × width positions.

    steps = 2
        You counted 2 operations for a number that batch norm writes: thop counts all four steps.

    steps = 1
        You counted 1 operation for a number that batch norm writes: thop counts four steps.

    steps = 3
        You counted 3 operations for a number that batch norm writes: thop counts four steps.

    steps = 5
        You counted 5 operations for a number that batch norm writes: thop counts four steps.

    steps = 2; size = row["params"]
    or size = row["params"]
    or steps = 1; size = row["params"]
    or size = row["in_shape"][1]
        You took batch norm's channels or parameters: its work is done at every number that it writes.

    norms = if row["op"] == "batchnorm"
        Your sum for batch norm stays 0: its rows have "batch_norm" as "op".

    add_norm = =
        You kept the last batch norm only: add them up.

    pool = row["activations"] * height * width
    or positions = (height * width - 1)
        You left out the division or one addition: the mean of n numbers takes n additions, by thop's count, and 1 division.

    pool = row["activations"] * height * width + 1
        You counted one division for a pooling: each number that it writes takes one.

    pool = height * width + 1
        You counted one channel: the pooling takes its mean in every channel.

    pool = row["activations"]
        You counted only what the pooling writes: each mean first adds up all positions of its channel.

    pool = row["activations"] * 50
        You took 7 × 7 positions for every pooling: in_shape says how many there are.

    positions = height
    or positions = width
        You took one side of the feature map: a mean goes over height × width positions.

    positions = row["activations"]
        You took the pooling's output for its positions: in_shape holds height and width.

    positions = row["in_shape"][1] * height * width
        You multiplied by the channels twice: what the pooling writes has one number for each of them already.

    pools = elif row["op"] == "avg_pool2d"
        Your sum for pooling stays 0: its rows have "adaptive_avg_pool2d" as "op".

    pools = elif "pool" in row["op"]
        You counted max pooling too: thop counts it as 0, so take only the rows of "adaptive_avg_pool2d".

    add = =
        You counted the last pooling only: squeeze-and-excitation has one in each of its blocks.

    after = return terms
        You looked at the first row only: is a return indented too far?

    all = sum(terms.values())
        You added the three sums up: they are asked apart, in a dictionary.
    """,
)

assignment.part(
    "thop_terms",
    "What thop adds to the MACs",
    "a number that you can take apart until nothing is left is a number that you can compare with another one",
    TERMS,
    [
        case(rows_of("mobilenet_v2", 97)),
        case(rows_of("mobilenet_v3_small", (3, 64, 96))),
        case(rows_of("shufflenet_v2", 64)),
    ],
)


def row(name: str, op: str, macs: int = 0, activations: int = 64) -> dict[str, Any]:
    """A row of an imagined network, with the keys that the exercise names."""
    shape = (1, activations // 16, 4, 4)
    return {
        "name": name, "op": op, "in_shape": shape, "out_shape": shape,
        "params": 0, "macs": macs, "activations": activations,
    }  # fmt: skip


IMAGINED_ROWS = [
    row("same", "conv2d", 2304),
    row("stem", "conv2d", 1728),
    row("norm", "batch_norm"),
    row("act", "relu"),
    row("attention.qkv", "linear", 3072),
    row("attention", "matmul", 512),
    row("attention", "softmax"),
    row("attention", "matmul", 480),
    row("fused", "conv2d", 640),
    row("fused", "conv2d", 96),
    row("half", "conv2d", 900),
    row("shared", "conv2d", 288),
    row("", "conv2d", 576),
    row("pool", "adaptive_avg_pool2d", 0, 16),
]
IMAGINED_COUNTS = {
    "stem": 1728.0,
    "norm": 256.0,
    "act": 0.0,
    "attention.qkv": 3072.0,
    "same": 0.0,
    "fused": 0.0,
    "half": 450.0,
    "shared": 1152.0,
    "pool": 20.0,
}

LEFT = recipe(
    """
    def left_out(rows, counted):
        missing = {}
        for row in rows:
            name, macs = row["name"], row["macs"]
            if «with = macs > 0» and «none = counted.get(name, 0) == 0»:
                missing[name] = «before = missing.get(name, 0) + »macs
            «after = »
        return «all = missing»
    """,
    """
    all = list(missing)
    or all = [row["name"] for row in rows if row["macs"] and not counted.get(row["name"])]
    or all = sorted(missing)
    or all = set(missing)
        You gave names: asked is a dictionary from name to MACs, those of one name added up.

    all = list(missing.items())
        You gave pairs: asked is a dictionary from name to MACs.

    all = sum(missing.values())
        You gave one sum: asked is a dictionary from name to MACs.

    none = counted.get(name) == 0
    or none = name in counted and counted[name] == 0
        You looked only at layers that thop lists: what it does not list at all, it left out as well.

    none = name not in counted
        You looked only at layers that thop does not list: those that it lists with a 0 are left out as well.

    none = counted[name] == 0
    or with = True; none = counted[name] == 0
        A name is missing in counted: thop lists no such layer, which is as good as a count of 0. Use get.

    before =
        A name can have several rows, here two matrix products: add their MACs, do not overwrite.

    before = ; none = counted.get(name) == 0
        You looked only at layers that thop lists, and a name's later row overwrites the earlier.

    before = ; with = True
        Rows without MACs have overwritten others of the same name: take only rows that have some.

    with = True
        You listed operations that have no MACs: where there is nothing to count, nothing was left out.

    with = row["op"] == "conv2d"
        You looked at convolutions only: linear layers and matrix products have MACs too.

    none = counted.get(name, 0) != macs
    or none = sum(r["macs"] for r in rows if r["name"] == name) != counted.get(name)
    or none = counted.get(name, 0) < macs
        You compared the two numbers: asked are the layers for which thop counts nothing.

    none = counted.get(name, 0) > 0
    or none = name in counted
        You kept what thop does count: asked is what it leaves out.

    after = return missing
        You looked at the first row only: is a return indented too far?
    """,
)

assignment.part(
    "left_out",
    "What thop leaves out",
    "a counter that goes by the kind of module says nothing when it meets a kind it does not know: the zero is silent",
    LEFT,
    [case(IMAGINED_ROWS, IMAGINED_COUNTS)],
)


@assignment.check(
    "A log of timed runs",
    "a machine has slow spells; only runs that take turns share them fairly, and only the run itself may be timed",
)
def measure(
    measure: Work,
    cases: Sequence[Case] = (
        case(["mobilenet_v2", "mobilenet_v3_small"], 3, 32),
        case(["mobilenet_v3_small", "shufflenet_v2", "mobilenet_v2"], 2, input_size=33),
    ),
) -> None:
    check_runs(measure, cases)


assignment.checks["measure"] = replace(assignment.checks["measure"], recipe=MEASURE)

assignment.part(
    "summarize",
    "Median and spread, without the warm-up",
    "one slow run moves a mean as far as it likes; a median stays, and the spread says what a difference is worth",
    SUMMARIZE,
    [
        case(samples(["mobilenet_v2", "ghostnet"], 12, 1), 3),
        case(samples(["a", "b", "c"], 24, 2), warmup=2),
        case(samples(["a"], 9, 3), warmup=0),
    ],
)

assignment.part(
    "speedup",
    "How many times as fast",
    "runs of one round saw the same machine; only their ratio cancels what the machine did meanwhile",
    SPEEDUP,
    [
        case(samples(["v2", "ghost"], 14, 4), "v2", "ghost", 3),
        case(samples(["a", "b", "c"], 21, 5), "c", "a", warmup=2),
        case(samples(["a", "b"], 11, 8), "b", "a", warmup=3),
    ],
)
