"""What is changed for a moment is as before afterwards, also after an error."""

import os
from contextlib import suppress

import torch
from torch import nn

from effcourse.common.machine import processor, usable_cores
from effcourse.common.torch_state import evaluating, seeded, torch_threads


def test_each_module_comes_back_to_its_own_mode():
    class Own(nn.Module):
        def eval(self):
            raise AssertionError("a model's own eval may do more than set a mode")

    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(), Own())
    model[1].training = False
    before = [module.training for module in model.modules()]
    with suppress(KeyError), evaluating(model, nn.ReLU()):
        assert not any(module.training for module in model.modules())
        raise KeyError
    assert [module.training for module in model.modules()] == before == [True, True, False, True]


def test_threads_come_back():
    before = torch.get_num_threads()
    with suppress(KeyError), torch_threads(before + 2):
        assert torch.get_num_threads() == before + 2
        raise KeyError
    assert torch.get_num_threads() == before


def test_a_seed_is_a_detour():
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    first = torch.rand(1)
    with seeded(7):
        inside = torch.rand(3)
    with seeded(7):
        assert torch.equal(inside, torch.rand(3))
    assert torch.equal(torch.cat([first, torch.rand(1)]), expected)


def test_the_machine_is_known():
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
    assert processor()
