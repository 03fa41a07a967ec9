"""The narrow interface between a check and a student's work."""

import sys
from contextlib import suppress
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch._C import _len_torch_function_stack
from torch.overrides import TorchFunctionMode

import effcourse
from effcourse.checks.work import Built, Mistake, NotDone, Work, call_text, plain, weights_in_order


class OutOfOrder(nn.Module):
    """Registers its layers in the wrong order, and one weight is no layer at all."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(4)
        self.weight = nn.Parameter(torch.randn(4, 2, 1, 1))
        self.idle = nn.Parameter(torch.zeros(7))
        self.linear = nn.Linear(4, 3)

    def forward(self, x):
        x = self.norm(F.conv2d(x, self.weight))
        return self.linear(x.mean((2, 3)))


X = np.ones((1, 2, 5, 5), np.float32)


def test_weights_come_in_their_order_of_use_and_idle_ones_last():
    shapes = [tuple(tensor.shape) for tensor in weights_in_order(OutOfOrder(), [X])]
    assert shapes == [(4, 2, 1, 1), (4,), (4,), (4,), (4,), (3, 4), (3,), (7,)]


def test_loaded_weights_decide_the_output():
    built = Work("net", OutOfOrder).build()
    weights = [np.full(shape, 0.5, np.float32) for shape in built.shapes(X)]
    built.load(weights, X)
    # conv: 2 channels x 0.5 = 1; norm: (1 - 0.5) / sqrt(0.5 + eps) x 0.5 + 0.5; linear: 4 x 0.5 x that + 0.5
    normed = 0.5 / np.sqrt(0.5 + 1e-5) * 0.5 + 0.5
    np.testing.assert_allclose(built.run(X), np.full((1, 3), 4 * 0.5 * normed + 0.5), rtol=1e-6)


def test_linear_takes_the_weights_of_a_pointwise_convolution():
    built = Built("layer", nn.Linear(3, 2))
    x = np.ones((1, 3), np.float32)
    built.load([np.ones((2, 3, 1, 1), np.float32), np.zeros(2, np.float32)], x)
    np.testing.assert_allclose(built.run(x), [[3, 3]])


def test_load_refuses_another_number_of_weights():
    with pytest.raises(ValueError, match="shorter"):
        Built("layer", nn.Linear(3, 2)).load([np.ones((2, 3), np.float32)], np.ones((1, 3), np.float32))


def test_rows_are_traced():
    rows = Work("net", OutOfOrder).build().rows((2, 5, 5))
    assert sum(row.macs for row in rows) == 4 * 2 * 25 + 4 * 3


def test_arrays_cross_as_tensors_and_come_back_as_arrays():
    got = []

    def double(x, factor):
        got.append(type(x))
        return x * factor, {"shape": x.shape, "count": np.int64(3)}

    x = np.ones(3, np.float32)
    out, facts = Work("double", double).call(x, factor=2)
    assert got == [torch.Tensor]
    np.testing.assert_array_equal(out, [2, 2, 2])
    assert facts == {"shape": [3], "count": 3}


def test_what_is_no_plain_value_is_a_mistake():
    with pytest.raises(Mistake, match="gives a set, expected numbers"):
        plain({1, 2}, "f()")


def test_stub_is_not_done():
    def stub():
        raise NotImplementedError()

    with pytest.raises(NotDone):
        Work("stub", stub).call()


class NoForward(nn.Module):
    pass


@pytest.mark.parametrize(
    "work",
    [
        lambda: F.pad(torch.ones(2), (1, 1), mode="reflect"),
        lambda: NoForward()(torch.ones(2)),
        lambda: NotImplemented_with_a_word(),
    ],
)
def test_another_not_implemented_error_is_a_mistake(work):
    with pytest.raises(Mistake, match="raises NotImplementedError"):
        Work("work", work).call()


def NotImplemented_with_a_word():  # noqa: N802
    raise NotImplementedError("stride 3")


def test_change_of_an_argument_is_told():
    def sort(sizes):
        sizes.sort()
        return sizes

    def add(x):
        x += 1
        return x

    def deep(layers):
        return [layer.pop("stride") for layer in layers]

    for work, argument in ((sort, [2, 1]), (add, X), (deep, [{"stride": 1}])):
        with pytest.raises(Mistake, match="changes what it is given") as caught:
            Work("work", work).call(argument)
        assert "make a new" in caught.value.cause
    assert (X == 1).all()


def test_what_is_printed_is_kept_and_not_shown(capsys):
    def noisy():
        print("hello")
        print("trouble", file=sys.stderr)
        while True:
            print("x" * 1000)

    work = Work("noisy", noisy, seconds=0.3)
    with pytest.raises(Mistake, match="does not end"):
        work.call()
    assert work.printed.startswith("hello\ntrouble\n")
    assert len(work.printed) <= 10_000
    assert capsys.readouterr() == ("", "")


def test_whatever_is_raised_is_a_mistake_but_an_interrupt():
    class Odd(BaseException):
        def __str__(self):
            raise ValueError

    def deep():
        return deep()

    def interrupted():
        raise KeyboardInterrupt

    for error in (Odd(), SystemExit(3), GeneratorExit(), MemoryError()):
        with pytest.raises(Mistake):
            Work("work", lambda error=error: (_ for _ in ()).throw(error)).call()
    with pytest.raises(Mistake, match="without end"):
        Work("deep", deep).call()
    with pytest.raises(KeyboardInterrupt):
        Work("work", interrupted).call()


class Liar(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__

    def __repr__(self):
        raise ValueError


def test_objects_that_compare_as_they_like_are_taken_by_their_content():
    value = Work("liar", lambda: [Liar(3)]).call()
    assert type(value[0]) is int
    assert Work("liar", Liar(3)).value() == 3
    with pytest.raises(Mistake, match="of type Liar"):
        Work("liar", Liar(3)).call()


def test_answer_has_a_limit():
    with pytest.raises(Mistake, match="more than 1,000,000 values"):
        Work("long", lambda: list(range(2_000_000))).call()


def test_earlier_part_is_lent_and_given_back():
    names = {}
    exec("def one():\n    return 1\ndef two():\n    return 2 * one()", names)
    before = names["one"]
    work = Work("two", names["two"])
    with work.rebound({"one": lambda: 5, "other": lambda: 7}) as lent:
        assert lent == ["one"]
        assert work.call() == 10
    assert names["one"] is before
    assert "other" not in names


def test_exception_names_the_call_and_the_error():
    with pytest.raises(Mistake) as caught:
        Work("divide", lambda a, b: a / b).call(1, b=0)
    assert caught.value.differs.startswith("divide(1, b=0) raises ZeroDivisionError: division by zero")
    assert caught.value.where == ("ZeroDivisionError",)


@pytest.mark.parametrize("made", [None, 3, "text"])
def test_what_cannot_be_called_is_told(made):
    with pytest.raises(Mistake, match="expected something to call"):
        Work("block", made).call()


def test_class_that_is_no_module_is_told():
    with pytest.raises(Mistake, match="expected an nn.Module"):
        Work("block", dict).build()


class Inherited(effcourse.SEBlock):
    pass


class Wrapped(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.inner = effcourse.SEBlock(channels)


@pytest.mark.parametrize("made", [effcourse.SEBlock, Inherited, Wrapped])
def test_librarys_own_class_is_told(made):
    with pytest.raises(Mistake) as caught:
        Work("SEBlock", made).build(16)
    assert "write your own" in caught.value.cause
    Work("SEBlock", made, allow=("SEBlock", "Inherited", "Wrapped")).build(16)


def round_width(channels):
    return effcourse.round_channels(channels) if channels > 9 else 8


@pytest.mark.parametrize(
    ("made", "arguments"),
    [
        (effcourse.channel_shuffle, (X, 2)),
        (lambda *arguments: effcourse.channel_shuffle(*arguments), (X, 2)),
        (partial(effcourse.round_channels, divisor=8), (12,)),
        (round_width, (12,)),
        (lambda n: [effcourse.round_channels(n) for _ in range(3)], (12,)),
        (lambda: sum(p.numel() for p in effcourse.SEBlock(8).parameters()), ()),
    ],
)
def test_librarys_own_function_is_told(made, arguments):
    with pytest.raises(Mistake) as caught:
        Work("work", made).call(*arguments)
    assert "write your own" in caught.value.cause


def test_library_may_be_used_where_the_exercise_says_so():
    assert Work("work", round_width, allow=("round_channels",)).call(12) == 16
    assert Work("work", round_width).call(8) == 8
    assert Work("count", lambda: effcourse.trace(effcourse.create_model("ghostnet"), 32).params, None).call()


class Reading(nn.Conv2d):
    """A student's module whose forward the tracer runs."""

    def forward(self, x):
        return super().forward(F.relu(x + 1))


def test_what_runs_below_an_allowed_call_is_allowed_and_what_follows_is_not():
    def macs():
        return effcourse.trace(Reading(3, 4, 1), 8).macs

    def rounded():
        return effcourse.round_channels(macs())

    assert Work("macs", macs, allow=("trace",)).call() == 3 * 4 * 64
    with pytest.raises(Mistake, match="round_channels"):
        Work("macs", rounded, allow=("trace",)).call()


def test_call_that_was_stopped_leaves_no_mode_of_torch():
    def traces():
        while True:
            effcourse.trace(nn.Conv2d(3, 4, 1), 8)

    def leaves():
        TorchFunctionMode().__enter__()
        return 1

    for made in (traces, traces, leaves):
        with suppress(Mistake):
            Work("work", made, allow=None, seconds=0.3).call()
        assert _len_torch_function_stack() == 0
    assert Work("macs", lambda: effcourse.trace(nn.Conv2d(3, 4, 1), 8).macs, ("trace",)).call() == 768


def test_call_reads_as_typed():
    assert call_text("f", (X, 2), {"mode": "a"}) == "f(a tensor of shape (1, 2, 5, 5), 2, mode='a')"


def test_long_list_is_told_by_its_beginning():
    text = call_text("f", ([{"channels": i, "kernel_size": 3} for i in range(50)],), {})
    assert "{'channels': 0, 'kernel_size': 3}" in text
    assert "50" in text
    assert len(text) < 150
