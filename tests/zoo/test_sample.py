"""A fixed sample of other people's networks: counts as in docs/zoo.csv, and the model afterwards exactly as before."""

import contextlib
import gc

import pytest
import torch
from networks import networks
from sweep import build, read_table

from effcourse import TraceError, trace

TABLE = read_table()
SAMPLE = """
torchvision:alexnet torchvision:densenet121 torchvision:efficientnet_v2_s torchvision:googlenet
torchvision:inception_v3 torchvision:maxvit_t torchvision:mnasnet1_0 torchvision:mobilenet_v3_small
torchvision:regnet_y_400mf torchvision:resnet18 torchvision:shufflenet_v2_x1_0 torchvision:squeezenet1_1
torchvision:swin_v2_t torchvision:vit_b_16 torchvision:lraspp_mobilenet_v3_large torchvision:r3d_18
torchvision:raft_small torchvision:ssdlite320_mobilenet_v3_large
""".split()
SAMPLE += [name for name in TABLE if name.startswith("timm:") and (TABLE[name].params or 1e9) < 12e6][::3]
SAMPLE = [name for name in SAMPLE if name in TABLE][:60]


def test_the_sample_is_whole():
    assert len(SAMPLE) == 60


def test_no_count_of_the_table_is_unequal():
    both = [row for row in TABLE.values() if None not in (row.macs, row.reference_macs)]
    assert [row for row in both if row.macs != row.reference_macs] == []
    assert [row for row in TABLE.values() if row.macs is None and not row.reason] == []
    for library, share, least in (("torchvision:", 0.98, 100), ("timm:", 0.99, 500)):
        rows = [row for row in TABLE.values() if row.network.startswith(library)]
        assert len(rows) >= least
        assert sum(row.macs is not None for row in rows) >= share * len(rows)


def state(model):
    """Everything of a model that a trace must leave alone: the very objects, and what is in them."""
    return [
        (
            name,
            {k: id(v) for k, v in vars(m).items()},
            {k: list(v) for k, v in vars(m).items() if isinstance(v, (dict, list, set))},
            m.training,
            [(k, id(v), None if v.is_meta else v.clone()) for k, v in m._buffers.items() if v is not None],
        )
        for name, m in model.named_modules()
    ]


def assert_same(before, after):
    assert [b[:4] for b in before] == [a[:4] for a in after]
    for (*_, old), (*_, new) in zip(before, after, strict=True):
        assert [o[:2] for o in old] == [n[:2] for n in new]
        assert all(o[2] is None or torch.equal(o[2], n[2]) for o, n in zip(old, new, strict=True))


def raises(module, args, out):
    raise KeyError("a hook that fails")


def unknown(module, args, out):
    return torch.linalg.inv(out[0] if isinstance(out, tuple) else out)


@pytest.mark.parametrize("name", SAMPLE)
def test_sample(name):
    network = networks()[name]
    model = build(network)
    inputs = network.inputs(model)
    before, keys = state(model), list(model.state_dict())
    report = trace(model, inputs=inputs)
    assert (report.macs, report.params) == (TABLE[name].macs, TABLE[name].params)
    assert_same(before, state(model))

    # a failure in the midst of the forward, of each kind
    last = [m for m in model.modules() if not list(m.children())][-1]
    early = next(m for m in model.modules() if isinstance(m, (torch.nn.Conv2d, torch.nn.Conv3d)))
    for module, hook, error in ((last, raises, KeyError), (early, raises, KeyError), (early, unknown, TraceError)):
        handle = module.register_forward_hook(hook)
        before = state(model)
        if module is last:  # it may be one that the forward passes by
            with contextlib.suppress(KeyError):
                trace(model, inputs=inputs)
        else:
            with pytest.raises(error):
                trace(model, inputs=inputs)
        assert_same(before, state(model))
        handle.remove()
    before = state(model)
    with pytest.raises((TraceError, AssertionError, RuntimeError, ValueError)):
        trace(model, inputs=(1, 5, 37, 41))
    assert_same(before, state(model))
    assert list(model.state_dict()) == keys
    del model
    gc.collect()
