"""The counters side by side: CPU time of one thread, and what each says about the same ten modules.

Run with ``make bench``. Counters that are not installed are left out: pip install calflops fvcore ptflops torchinfo.
"""

import importlib.util
import io
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import pytest
import torch
import torch.nn.functional as F
from references import on_meta
from test_speed import interleaved
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from effcourse import create_model, list_models, trace
from effcourse.cost import private, state


def by_flop_counter(model, x):
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        model(x)
    return counter.get_total_flops() // 2


def by_thop(model, x):
    from thop import profile

    return int(profile(model, inputs=(x,), verbose=False)[0])


def by_fvcore(model, x):
    from fvcore.nn import FlopCountAnalysis

    with torch.no_grad():
        return int(FlopCountAnalysis(model, x).unsupported_ops_warnings(False).uncalled_modules_warnings(False).total())


def by_ptflops(model, x):
    from ptflops import get_model_complexity_info

    macs, _ = get_model_complexity_info(
        model, tuple(x.shape[1:]), as_strings=False, print_per_layer_stat=False, verbose=False
    )
    return int(macs or 0)


def by_torchinfo(model, x):
    from torchinfo import summary

    return int(summary(model, input_data=x, verbose=0).total_mult_adds)


def by_calflops(model, x):
    from calflops import calculate_flops

    _, macs, _ = calculate_flops(model, args=[x], output_as_string=False, print_results=False, print_detailed=False)
    return int(macs)


COUNTERS = {"thop": by_thop, "fvcore": by_fvcore, "ptflops": by_ptflops, "torchinfo": by_torchinfo,
            "calflops": by_calflops}  # fmt: skip
INSTALLED = {name: count for name, count in COUNTERS.items() if importlib.util.find_spec(name)}


@contextmanager
def quiet():
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("name", [n for n in list_models() if n[-1] not in "1234567" or n == "mobilenet_v1"])
def test_time_of_each_counter(name, capsys):
    model, x, meta = create_model(name).eval(), torch.randn(1, 3, 224, 224), on_meta(create_model, name)
    tasks = [(lambda: trace(model, 224), 10), (lambda: by_flop_counter(meta, x.to("meta")), 1)]
    tasks += [(lambda count=count: count(model, x), 1) for count in INSTALLED.values()]
    with quiet():
        times = dict(zip(["trace", "FlopCounterMode", *INSTALLED], interleaved(5, *tasks), strict=True))
    with capsys.disabled():
        print(f"\n{name}: " + ", ".join(f"{counter} {ms:.1f} ms" for counter, ms in times.items()))
    assert times["trace"] <= times["thop"] / 15
    others = [ms for counter, ms in times.items() if counter != "trace"]
    assert times["trace"] <= min(others) / 3


def net(function, **parts):
    module = type("Net", (nn.Module,), {"forward": function})()
    for name, part in parts.items():
        setattr(module, name, part)
    return module.eval()


def shared():
    conv = nn.Conv2d(3, 3, 3, padding=1)
    return nn.Sequential(nn.Sequential(conv), nn.Sequential(conv))


class Own(nn.Conv2d):
    """A subclass."""


def p(*shape):
    return nn.Parameter(torch.randn(*shape))


MODULES = {
    "conv + batch norm": (nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8)).eval(), (3, 16, 16)),
    "conv with bias": (nn.Conv2d(3, 8, 3).eval(), (3, 16, 16)),
    "F.conv2d": (net(lambda s, x: F.conv2d(x, s.w), w=p(8, 3, 3, 3)), (3, 16, 16)),
    "a conv of two parents": (shared().eval(), (3, 16, 16)),
    "a subclass of conv": (Own(3, 8, 3, bias=False).eval(), (3, 16, 16)),
    "linear on a sequence": (nn.Linear(32, 16, bias=False).eval(), (7, 32)),
    "matmul": (net(lambda s, x: x @ s.w, w=p(8, 5)), (7, 8)),
    "attention": (net(lambda s, x: F.scaled_dot_product_attention(x, x, x)), (7, 8)),
    "einsum": (net(lambda s, x: torch.einsum("bij,jk->bik", x, s.w), w=p(8, 5)), (7, 8)),
    "product of weights": (net(lambda s, x: x @ (s.a @ s.b), a=p(8, 2), b=p(2, 5)), (7, 8)),
}  # fmt: skip


def test_what_each_counter_says(capsys):
    with capsys.disabled():
        print(f"\n{'MACs':24}{'true':>8}" + "".join(f"{name:>12}" for name in ["trace", *INSTALLED]))
        for name, (model, shape) in MODULES.items():
            x = torch.randn(1, *shape)
            truth = by_flop_counter(model, x)
            cells = [trace(model, shape).macs]
            assert cells == [truth]
            for count in INSTALLED.values():
                try:
                    with quiet():
                        cells.append(count(model, x))
                except Exception as error:
                    cells.append(type(error).__name__[:10])
            print(f"{name:24}{truth:>8,}" + "".join(f"{'' if c == truth else '! '}{c}".rjust(12) for c in cells))


def test_what_the_exchange_of_attributes_buys(monkeypatch, capsys):
    """Parameters and submodules as plain attributes, against a search by nn.Module.__getattr__ at every use."""

    def slow(module, contents):
        attributes = usual(module, contents)
        for key in (*attributes["_parameters"], *attributes["_modules"]):
            attributes.pop(key, None)
        return attributes

    usual, model = private.during_trace, create_model("ghostnet").eval()
    fast, [rows] = [], [trace(model).rows]

    def without():
        monkeypatch.setattr(state, "during_trace", slow)
        assert trace(model).rows == rows
        monkeypatch.setattr(state, "during_trace", usual)

    fast, without_it = interleaved(15, (lambda: trace(model), 5), (without, 5))
    with capsys.disabled():
        print(
            f"\nghostnet: {fast:.2f} ms, without attributes in __dict__ {without_it:.2f} ms, x {without_it / fast:.2f}"
        )
