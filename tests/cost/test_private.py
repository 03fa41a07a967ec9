"""What a trace leans on in torch without torch's promise: each test says what is missing where it fails."""

import torch
import torch.nn.functional as F
import torch.utils.hooks
from torch import nn
from torch.overrides import TorchFunctionMode

from effcourse import trace
from effcourse.cost import private


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.history = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), []

    def forward(self, x):
        self.history.append(x)
        return F.relu(self.norm(self.conv(x)))


def test_modules_keep_what_they_register_in_their_dict():
    attributes = Small().conv.__dict__
    missing = [name for name in (*private.CONTAINERS, "training") if name not in attributes]
    assert not missing, f"this torch's nn.Module has no {missing}; private.CONTAINERS must name where it registers"
    assert attributes["_parameters"]["weight"] is not None, "this torch keeps parameters elsewhere than in _parameters"


def test_attributes_can_be_exchanged_at_once():
    model, contents = Small(), []
    before = model.__dict__
    swapped = private.during_trace(model, contents)
    private.set_attributes(model, swapped)
    assert model.__dict__ is swapped, "this Python does not let a module's __dict__ be exchanged"
    assert model.conv is before["_modules"]["conv"], "an attribute in __dict__ must be found before __getattr__"
    private.set_attributes(model, before)
    assert (contents, model.training) == ([(model.history, [])], True), "a module's own lists must be remembered"


def test_memory_has_one_python_object():
    x = torch.empty(3, device="meta")
    first = id(x.untyped_storage())
    again = [id(x.view(3, 1).untyped_storage()), id(torch.empty(3).untyped_storage()), id(x.untyped_storage())]
    assert [first == key for key in again] == [True, False, True], (
        "this torch makes a new storage object at each call, so a view can't be told from a copy by its id"
    )


def test_hooks_are_numbered():
    before = private.next_hook_id()
    handle = nn.ReLU().register_forward_hook(print)
    assert (handle.id, private.next_hook_id()) == (before, before + 1), "this torch numbers hooks otherwise"


def test_functions_hand_themselves_to_the_mode_in_one_place():
    seen = []

    class Mode(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            seen.append((func.__name__, torch._C._len_torch_function_stack()))
            return func(*args, **(kwargs or {}))

    mode, usual = Mode(), F.handle_torch_function
    with private.short_way(mode), mode:
        assert F.handle_torch_function is not usual
        F.relu(torch.ones(2))
    assert ("relu", 0) in seen, "F.relu does not go through torch.nn.functional.handle_torch_function in this torch"
    assert F.handle_torch_function is usual


def test_the_innermost_mode_is_known_and_can_be_left_for_a_call():
    outer, inner = TorchFunctionMode(), TorchFunctionMode()
    assert not private.innermost(outer)
    with outer, inner:
        assert (private.innermost(outer), private.innermost(inner)) == (False, True), (
            "this torch does not tell which mode it asks first"
        )
        left = private.outside(inner, private.innermost, outer)
        assert (left, private.innermost(inner)) == (True, True), "this torch does not let a mode be left and entered"


def test_another_mode_in_forward_is_asked_first():
    class Own(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            return torch.sigmoid(args[0]) if func is F.relu else func(*args, **(kwargs or {}))

    class Net(nn.Module):
        def forward(self, x):
            with Own():
                return F.relu(x)

    assert [row.op for row in trace(Net(), 4).rows] == ["sigmoid"]


def test_script_functions_can_be_refused():
    assert hasattr(torch._C, "ScriptFunction"), "this torch has no torch._C.ScriptFunction: how are its calls seen?"
    call = torch._C.ScriptFunction.__call__
    with private.script_functions_refused(lambda *args: None):
        assert torch._C.ScriptFunction.__call__ is not call
    assert torch._C.ScriptFunction.__call__ is call


def test_compiled_modules_keep_the_original():
    part = nn.ReLU()
    assert private.unwrapped(torch.compile(part)) is part, "torch.compile's wrapper has no _orig_mod in this torch"
    assert private.unwrapped(part) is part
    assert "_compiled_call_impl" in dir(part), "nn.Module.compile stores its result elsewhere in this torch"
    with private.eager():
        pass


def test_lazy_modules_are_known():
    assert private.is_lazy(nn.LazyLinear(3)), "a lazy module can't be told from another in this torch"
    assert not private.is_lazy(nn.Linear(3, 3))
