"""Hold a student's work against the right answer, and against the wrong ones that are often given.

A *suspect* is a known mistake written out: a function or a module that computes what the mistake would compute. Work
that agrees with a suspect in every case has found its diagnosis.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from .work import Built, Mistake, Work, call_text, weights_in_order

RTOL = 1e-4
ATOL = 1e-5
LONG = 200  # characters; a longer answer is told by its first difference


@dataclass(frozen=True)
class Suspect:
    """A known mistake: ``make`` takes what the right answer takes; ``cause`` speaks to the student who made it."""

    make: Callable[..., Any]
    cause: str


@dataclass(frozen=True)
class Case:
    """Arguments of one call; for a class also the shapes of the inputs that it then runs on, with the batch."""

    arguments: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[tuple[int, ...], ...] = ()
    seed: int = 0

    def arrays(self) -> list[np.ndarray]:
        """The inputs: standard normal, float32, always the same for the same seed."""
        rng = np.random.default_rng(self.seed)
        return [rng.standard_normal(shape).astype(np.float32) for shape in self.inputs]


def case(
    *arguments: Any, inputs: Sequence[tuple[int, ...]] | tuple[int, ...] = (), seed: int = 0, **keywords: Any
) -> Case:
    """``case(16, 24, stride=2, inputs=(1, 16, 9, 9))``: a :class:`Case` in one line."""
    many = tuple(inputs) if inputs and not isinstance(inputs[0], int) else (tuple(inputs),) if inputs else ()
    return Case(arguments, keywords, many, seed)  # type: ignore[arg-type]


def close(got: Any, expected: Any, rtol: float = RTOL, atol: float = ATOL) -> bool:
    """Equal up to rounding, element by element; a list equals a tuple, and True is not 1."""
    if isinstance(expected, bool) or isinstance(got, bool):
        return isinstance(got, bool) and isinstance(expected, bool) and got == expected
    if isinstance(expected, (int, float)):
        return isinstance(got, (int, float)) and math.isclose(got, expected, rel_tol=min(rtol, 1e-6), abs_tol=1e-9)
    if isinstance(expected, np.ndarray):
        return (
            isinstance(got, np.ndarray)
            and got.shape == expected.shape
            and bool(
                np.allclose(got, expected, rtol=rtol, atol=atol * max(1.0, float(np.abs(expected).max(initial=0))))
            )
        )
    if isinstance(expected, (list, tuple)):
        return (
            isinstance(got, (list, tuple))
            and len(got) == len(expected)
            and all(close(a, b, rtol, atol) for a, b in zip(got, expected, strict=True))
        )
    if isinstance(expected, dict):
        return (
            isinstance(got, dict)
            and got.keys() == expected.keys()
            and all(close(got[k], expected[k]) for k in expected)
        )
    return type(got) is type(expected) and got == expected


def same_values(
    work: Work,
    reference: Callable[..., Any],
    cases: Iterable[Case],
    suspects: Sequence[Suspect] = (),
    rtol: float = RTOL,
) -> None:
    """Raise a :class:`Mistake` unless the function ``work`` gives what ``reference`` gives in each case.

    Inputs of a case come after its arguments, as tensors for the work and for the reference alike.
    """
    seen = []
    for one in cases:
        arguments = (*one.arrays(), *one.arguments)
        try:
            got = work.call(*arguments, **one.keywords)
        except Mistake as mistake:
            got = mistake
        seen.append((arguments, one.keywords, got, _reference_value(reference, arguments, one.keywords)))
    wrong = [entry for entry in seen if not close(entry[2], entry[3], rtol)]
    if not wrong:
        return
    arguments, keywords, got, expected = wrong[0]
    if isinstance(got, Mistake):
        differs = got.differs
    else:
        differs = f"{call_text(work.name, arguments, dict(keywords))} {difference(got, expected)}"
    for entries in (seen, wrong):  # a mistake that explains all is likelier than one that explains the wrong ones
        for suspect in suspects:
            if all(_would_give(suspect, e[0], e[1], e[2], rtol) for e in entries):
                raise Mistake(differs, suspect.cause)
    if isinstance(got, Mistake):
        raise got
    raise Mistake(differs, _cause_of_numbers([(e[2], e[3]) for e in seen]))


def same_value(work: Work, expected: Any, suspects: Sequence[tuple[Any, str]] = (), rtol: float = 1e-6) -> None:
    """Raise a :class:`Mistake` unless the value is ``expected``; suspects are pairs of a value and its cause."""
    got = work.value()
    if close(got, expected, rtol):
        return
    cause = next((cause for value, cause in suspects if close(got, value, rtol)), "")
    raise Mistake(f"{work.name} {difference(got, expected)}", cause or _cause_of_numbers([(got, expected)]))


def same_module(
    work: Work,
    reference: Callable[..., nn.Module],
    cases: Iterable[Case],
    suspects: Sequence[Suspect] = (),
    branches: Sequence[str] = (),
) -> None:
    """Raise a :class:`Mistake` unless modules that ``work`` builds compute, with the same weights, what the reference
    computes in each case. ``branches`` names submodules of the reference that run side by side: a student may run
    them in any order.
    """
    fitting = set(range(len(suspects)))
    first: Mistake | None = None
    for one in cases:
        built = None
        try:
            built = work.build(*one.arguments, **one.keywords)
            right = reference(*one.arguments, **one.keywords)
            problem = _differs_from(built, right, one.arrays(), one.seed, branches)
        except Mistake as mistake:
            problem = mistake
        if problem:
            first = first or problem
            fitting = {i for i in fitting if _fits(suspects[i], one, built, problem, branches)}
    if first is None:
        return
    if fitting:
        raise Mistake(first.differs, suspects[min(fitting)].cause)
    raise first


def _fits(suspect: Suspect, one: Case, built: Built | None, problem: Mistake, branches: Sequence[str]) -> bool:
    """Whether the suspect does what the student's module does: the same output, or the same error."""
    try:
        module = suspect.make(*one.arguments, **one.keywords)
        with torch.no_grad():
            module.eval()(*map(torch.from_numpy, one.arrays()))
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        return problem.error == f"{type(error).__name__}: {error}"
    if built is None or problem.error:
        return False
    return _differs_from(built, module, one.arrays(), one.seed, branches) is None


def _differs_from(
    built: Built, module: nn.Module, inputs: list[np.ndarray], seed: int, branches: Sequence[str]
) -> Mistake | None:
    """None if ``built`` computes what ``module`` computes with the same weights."""
    randomize(module, seed)
    with torch.no_grad():
        expected = module(*map(torch.from_numpy, inputs)).numpy()
    got = built.run(*inputs)
    if not isinstance(got, np.ndarray) or got.shape != expected.shape:
        return Mistake(f"{built.name} on a tensor of shape {inputs[0].shape} {difference(got, expected)}")
    own = built.shapes(*inputs)
    orders = list(_orders(module, inputs, branches))
    problem = None
    for weights in orders:
        if [_core(shape) for shape in own] != [_core(array.shape) for array in weights]:
            continue
        built.load(weights, *inputs)
        got = built.run(*inputs)
        if close(got, expected):
            return None
        problem = problem or Mistake(
            f"{built.name} with given weights, on a tensor of shape {inputs[0].shape}, {difference(got, expected)}"
        )
    if problem:
        return problem
    shapes = [tuple(array.shape) for array in orders[0]]
    return Mistake(f"{built.name} has other weights than expected: {_shapes_text(own, shapes)}")


def _core(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape without its ones: what a linear layer and a 1 x 1 convolution have in common, or a depthwise
    convolution's weight and one filter a channel.
    """
    return tuple(n for n in shape if n != 1)


def _orders(module: nn.Module, inputs: list[np.ndarray], branches: Sequence[str]) -> Iterator[list[np.ndarray]]:
    """The module's weights in their order of use, then with its branches run in every other order."""
    tensors = weights_in_order(module, inputs)
    names = {id(t): n for n, t in itertools.chain(module.named_parameters(), module.named_buffers())}

    def branch(tensor: torch.Tensor) -> str | None:
        return next((b for b in branches if names[id(tensor)].startswith(b + ".")), None)

    places = [i for i, tensor in enumerate(tensors) if branch(tensor)]
    present = list(dict.fromkeys(branch(tensors[i]) for i in places))
    for order in itertools.permutations(present):
        moved = [tensors[i] for name in order for i in places if branch(tensors[i]) == name]
        reordered = list(tensors)
        for place, tensor in zip(places, moved, strict=True):
            reordered[place] = tensor
        yield [tensor.detach().numpy().copy() for tensor in reordered]


def randomize(module: nn.Module, seed: int) -> None:
    """Draw every weight and every running statistic, so that no layer is a mere identity; variances stay positive."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in itertools.chain(module.named_parameters(), module.named_buffers()):
            if not tensor.is_floating_point():
                continue
            if tensor.dim() > 1:
                fan_in = max(1, tensor[0].numel())
                tensor.normal_(0.0, (2 / fan_in) ** 0.5, generator=rng)
            elif "var" in name or name.endswith("weight"):
                tensor.uniform_(0.5, 1.5, generator=rng)
            else:
                tensor.normal_(0.0, 0.5, generator=rng)
    module.eval()


def _reference_value(reference: Callable[..., Any], arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    tensors = [torch.from_numpy(value) if isinstance(value, np.ndarray) else value for value in arguments]
    with torch.no_grad():
        value = reference(*tensors, **keywords)
    return _as_arrays(value)


def _as_arrays(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.numpy() if value.dim() else value.item()
    if isinstance(value, (list, tuple)):
        return [_as_arrays(item) for item in value]
    return value


def _would_give(suspect: Suspect, arguments: Sequence[Any], keywords: Mapping[str, Any], got: Any, rtol: float) -> bool:
    try:
        value = _reference_value(suspect.make, arguments, keywords)
    except (RuntimeError, ValueError, ArithmeticError, LookupError, TypeError) as error:
        return isinstance(got, Mistake) and got.error == f"{type(error).__name__}: {error}"
    return close(got, value, rtol)


def difference(got: Any, expected: Any) -> str:
    """What came against what should have come: shapes, and the first value that differs."""
    if got is None:
        return f"gives None, expected {_short(expected)}: is a return missing?"
    if isinstance(expected, np.ndarray) and isinstance(got, np.ndarray):
        if got.shape != expected.shape:
            return f"gives shape {tuple(got.shape)}, expected {tuple(expected.shape)}"
        wrong = ~np.isclose(got, expected, rtol=RTOL, atol=ATOL)
        index = tuple(int(i) for i in np.argwhere(wrong)[0]) if wrong.any() else (0,) * got.ndim
        return (
            f"differs from the expected output in {int(wrong.sum())} of {got.size} values, first at "
            f"{list(index)}: {got[index]:.6g}, expected {expected[index]:.6g}"
        )
    if isinstance(got, np.ndarray):
        return f"gives a tensor of shape {tuple(got.shape)}, expected {_short(expected)}"
    place, own, right = _first_difference(got, expected)
    if place and len(repr(expected)) >= LONG:
        return f"gives {_short(own)} at {place}, expected {_short(right)}"
    return f"gives {_short(got)}, expected {_short(expected)}"


def _first_difference(got: Any, expected: Any, place: str = "") -> tuple[str, Any, Any]:
    """Where two answers part, as one would index it, and what stands there in each."""
    if isinstance(expected, dict) and isinstance(got, dict) and got.keys() == expected.keys():
        pairs = [(f"{place}[{key!r}]", got[key], expected[key]) for key in expected]
    elif isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)) and len(got) == len(expected):
        pairs = [(f"{place}[{i}]", a, b) for i, (a, b) in enumerate(zip(got, expected, strict=True))]
    else:
        return place, got, expected
    return next((_first_difference(a, b, at) for at, a, b in pairs if not close(a, b)), (place, got, expected))


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, float):
        return f"{value:.8g}"
    text = repr(value)
    return text if len(text) < LONG else text[:LONG] + " …"


def _shapes_text(own: Sequence[tuple[int, ...]], expected: Sequence[tuple[int, ...]]) -> str:
    for i, (a, b) in enumerate(itertools.zip_longest(own, expected)):
        if a is None:
            return f"yours end after {len(own)}, where {b} is expected next ({len(expected)} in all)"
        if b is None:
            return f"yours go on with {a} after the {len(expected)} expected ones"
        if _core(a) != _core(b):
            return f"in the order in which they are used, number {i + 1} has shape {a}, expected {b}"
    raise AssertionError("the shapes agree")  # pragma: no cover


def _cause_of_numbers(pairs: Sequence[tuple[Any, Any]]) -> str:
    """One factor between all answers and all expected ones is worth telling."""
    numbers = [(a, b) for a, b in pairs if isinstance(a, (int, float)) and isinstance(b, (int, float)) and a and b]
    ratios = {round(a / b, 9) for a, b in numbers}
    if len(numbers) == len(pairs) and len(ratios) == 1:
        return f"Your answer is the expected one times {ratios.pop():g}" + (
            ", in every case." if len(pairs) > 1 else "."
        )
    return ""
