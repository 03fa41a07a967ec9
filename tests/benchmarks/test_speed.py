"""Speeds as ratios within one run, CPU time of one thread. Run with ``make bench``; not part of ``make test``."""

import subprocess
import sys
import time
from statistics import median

import pytest
import torch
from references import reference
from thop import profile

from effcourse import create_model, trace
from effcourse.notebook.widgets import CostExplorer


def interleaved(rounds, *tasks):
    """Median CPU milliseconds of each task (function, times a round), in turn, so that a slow moment hits all alike."""
    times = [[] for _ in tasks]
    for _ in range(rounds):
        for (task, repeats), milliseconds in zip(tasks, times, strict=True):
            task()  # once unmeasured: the task before left its own data in the caches
            start = time.process_time()
            for _ in range(repeats):
                task()
            milliseconds.append(1e3 * (time.process_time() - start) / repeats)
    return [median(milliseconds) for milliseconds in times]


@pytest.mark.parametrize("name", ["mobilenet_v2", "efficientnet_b0"])
def test_trace_takes_a_fifteenth_of_thop(name, capsys):
    model, x = create_model(name).eval(), torch.randn(1, 3, 224, 224)
    ours, thops = interleaved(9, (lambda: trace(model), 10), (lambda: profile(model, inputs=(x,), verbose=False), 2))
    with capsys.disabled():
        print(f"\n{name}: trace {ours:.2f} ms, thop {thops:.1f} ms, 1/{thops / ours:.1f}")
    assert ours <= thops / 15


@pytest.mark.parametrize("name", ["mobilenet_v2", "efficientnet_b0"])
def test_forward_is_as_fast_as_torchvisions(name, capsys):
    model, theirs = create_model(name).eval(), reference(name).eval()
    # the very same memory: where a weight happens to lie can make 10 % of a difference
    shared = zip(model.state_dict(), theirs.state_dict().values(), strict=True)
    model.load_state_dict(dict(shared), assign=True)
    x = torch.randn(1, 3, 224, 224)
    with torch.inference_mode():
        ours, torchvisions = interleaved(31, (lambda: model(x), 3), (lambda: theirs(x), 3))
    with capsys.disabled():
        print(f"\n{name}: our forward {ours:.1f} ms, torchvision's {torchvisions:.1f} ms, x {ours / torchvisions:.3f}")
    assert ours <= 1.05 * torchvisions


def test_import_costs_torch_and_little_more(capsys):
    def seconds(statement):
        code = f"import time; t = time.process_time(); {statement}; print(time.process_time() - t)"
        return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)

    pairs = [(seconds("import torch"), seconds("from effcourse import *")) for _ in range(7)]
    torchs, ours = (median(times) for times in zip(*pairs, strict=True))
    with capsys.disabled():
        print(f"\nall of effcourse {ours:.2f} s, import torch {torchs:.2f} s, x {ours / torchs:.2f}")
    assert ours <= 1.2 * torchs


@pytest.mark.parametrize("name", ["mobilenet_v1", "mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0", "ghostnet"])
def test_grid_of_an_explorer_takes_less_than_three_seconds(name, capsys):
    start = time.process_time()
    explorer = CostExplorer(name)
    seconds = time.process_time() - start
    with capsys.disabled():
        print(f"\n{name}: {len(explorer.data['macs'])} settings in {seconds:.2f} s")
    assert seconds < 3
