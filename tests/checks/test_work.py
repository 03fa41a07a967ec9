"""The narrow interface between a check and a student's work."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

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
        x *= factor
        return x, {"shape": x.shape, "count": np.int64(3)}

    x = np.ones(3, np.float32)
    out, facts = Work("double", double).call(x, factor=2)
    assert got == [torch.Tensor]
    np.testing.assert_array_equal(out, [2, 2, 2])
    np.testing.assert_array_equal(x, [1, 1, 1])  # the check's own array is not the student's to change
    assert facts == {"shape": [3], "count": 3}


def test_what_is_no_plain_value_is_a_mistake():
    with pytest.raises(Mistake, match="gives a set, expected numbers"):
        plain({1, 2}, "f()")


def test_stub_is_not_done():
    def stub():
        raise NotImplementedError()

    with pytest.raises(NotDone):
        Work("stub", stub).call()


def test_exception_names_the_call_and_the_error():
    with pytest.raises(Mistake) as caught:
        Work("divide", lambda a, b: a / b).call(1, b=0)
    assert caught.value.differs.startswith("divide(1, b=0) raises ZeroDivisionError: division by zero")
    assert caught.value.error == "ZeroDivisionError: division by zero"


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


def test_librarys_own_function_is_told():
    with pytest.raises(Mistake) as caught:
        Work("channel_shuffle", effcourse.channel_shuffle).call(X, 2)
    assert "write your own" in caught.value.cause


def test_call_reads_as_typed():
    assert call_text("f", (X, 2), {"mode": "a"}) == "f(a tensor of shape (1, 2, 5, 5), 2, mode='a')"


def test_long_list_is_told_by_its_beginning():
    text = call_text("f", ([{"channels": i, "kernel_size": 3} for i in range(50)],), {})
    assert "{'channels': 0, 'kernel_size': 3}" in text
    assert "50" in text
    assert len(text) < 150
