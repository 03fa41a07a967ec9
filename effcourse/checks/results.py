"""What came of an answer in a case, and whether a known answer explains it: the heart of every diagnosis.

An *answer* is anything with ``make`` and ``cause``: the right one, or a known mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, Protocol

import numpy as np

from .cases import Case
from .mistake import Mistake
from .values import alike, close, difference
from .weights import Shape, in_all_orders, layouts, randomize, shapes_text
from .work import Built, Work, call_text


class Known(Protocol):
    """The right answer, or a mistake; ``make`` takes what the right answer takes."""

    @property
    def make(self) -> Any: ...

    @property
    def cause(self) -> str: ...


@dataclass(frozen=True)
class Suspect:
    """A known mistake written as code; most are entries of a recipe."""

    make: Callable[..., Any]
    cause: str


@dataclass
class Result:
    """What came of one case: a function's value, a class's module, or a mistake."""

    case: Case
    is_class: bool = False
    value: Any = None
    built: Built | None = None
    mistake: Mistake | None = None
    _outputs: dict[bytes, Any] = field(default_factory=dict)

    def output_with(self, weights: Sequence[np.ndarray]) -> Any:
        """What the module gives with other weights. Most suspects have the same ones, for which it runs once."""
        assert self.built is not None
        key = sha256(b"".join(array.tobytes() for array in weights)).digest()
        if key not in self._outputs:
            self.built.load(weights, *self.case.arrays())
            self._outputs[key] = self.built.run(*self.case.arrays())
        return self._outputs[key]

    @cached_property
    def shapes(self) -> list[Shape]:
        """Of the module's weights, in their order of use."""
        assert self.built is not None
        return self.built.shapes(*self.case.arrays())

    @cached_property
    def macs(self) -> int | None:
        """Of a run on the case's input, None where they cannot be told."""
        assert self.built is not None
        return macs_of(self.built, self.case)


@dataclass
class Model:
    """A known answer's module with drawn weights: the weights, in each order that is allowed, its output and MACs."""

    orders: list[list[np.ndarray]]
    output: Any
    macs: int | None


def call(work: Work, one: Case) -> Result:
    """Call a function: a case's inputs come before its arguments."""
    try:
        return Result(one, value=work.call(*one.arrays(), *one.arguments, **one.keywords))
    except Mistake as mistake:
        return Result(one, mistake=mistake)


def call_of(name: str, one: Case) -> str:
    """The call as a sentence shows it."""
    return call_text(name, (*one.arrays(), *one.arguments), one.keywords)


def build(work: Work, one: Case) -> Result:
    """Build a module, and run it once."""
    try:
        built = work.build(*one.arguments, **one.keywords)
        return Result(one, True, built.run(*one.arrays()), built)
    except Mistake as mistake:
        return Result(one, True, mistake=mistake)


def results_of(work: Work, cases: Iterable[Case], is_class: bool) -> list[Result]:
    """One result a case."""
    return [(build if is_class else call)(work, one) for one in cases]


def as_work(known: Known) -> Work:
    """A known answer in a student's place."""
    return Work("it", known.make, allow=None)


def value_of(known: Known, one: Case) -> Result:
    """What a known function gives; worked out once a case."""
    return _once(known, one, "value", lambda: call(as_work(known), one))


def model_of(known: Known, one: Case, branches: Sequence[str]) -> Model | Mistake:
    """A known class's module; worked out once a case."""
    return _once(known, one, "model", lambda: _model(known, one, branches))


def _once(known: Known, one: Case, what: str, make: Callable[[], Any]) -> Any:
    memory = vars(known).setdefault("_memory", {})
    key = (what, id(one))
    if key not in memory:
        memory[key] = (one, make())  # with the case, or another one could get its id
    return memory[key][1]


def _model(known: Known, one: Case, branches: Sequence[str]) -> Model | Mistake:
    result = build(as_work(known), one)
    if result.built is None:
        return result.mistake or Mistake("no module")
    module, inputs = result.built._module, one.arrays()
    randomize(module, one.seed)
    return Model(in_all_orders(module, inputs, branches), result.built.run(*inputs), macs_of(result.built, one))


def macs_of(built: Built, one: Case) -> int | None:
    """MACs of a run on the case's input, None where they cannot be told."""
    return built.macs(one.inputs[0][1:]) if len(one.inputs) == 1 else None


def explains(
    known: Known, results: Collection[Result], branches: Sequence[str] = (), right: Known | None = None
) -> bool:
    """Whether a known answer gives what the work gave in every case, the same errors at the same place included."""
    told = any(one.mistake is None or len(one.mistake.where) > 1 for one in results)  # more than a kind of error
    return told and all(_explains_one(known, one, branches, right) for one in results)


def _explains_one(known: Known, result: Result, branches: Sequence[str], right: Known | None) -> bool:
    if not result.is_class:
        own = value_of(known, result.case)
        if own.mistake or result.mistake:
            return _same_error(own.mistake, result.mistake)
        return alike(result.value, own.value)
    model = model_of(known, result.case, branches)
    if isinstance(model, Mistake) or result.built is None:
        return isinstance(model, Mistake) and _same_error(model, result.mistake)
    allowed = right and model_of(right, result.case, branches)
    limit = allowed.macs if isinstance(allowed, Model) else None
    return unlike(result, model, limit) is None


def _same_error(one: Mistake | None, other: Mistake | None) -> bool:
    return one is not None and other is not None and bool(one.where) and one.where == other.where


def unlike(result: Result, model: Model, limit: int | None = None) -> Mistake | None:
    """None if a built module computes what ``model`` computes with the same weights, with as much work.

    Less work is fine; so is another amount of it as long as neither is more than ``limit``.
    """
    built, inputs = result.built, result.case.arrays()
    assert built is not None
    if not isinstance(result.value, np.ndarray) or result.value.shape != model.output.shape:
        return Mistake(f"{built.name} on a tensor of shape {inputs[0].shape} {difference(result.value, model.output)}")
    problem = None
    try:
        for weights in model.orders:
            for laid in layouts(weights, result.shapes):
                got = result.output_with(laid)
                if close(got, model.output):
                    return _more_work(result, model, limit)
                problem = problem or Mistake(
                    f"{built.name} with given weights, on a tensor of shape {inputs[0].shape}, "
                    f"{difference(got, model.output)}"
                )
    except Mistake as mistake:
        return mistake
    if problem:
        return problem
    shapes = [array.shape for array in model.orders[0]]
    return Mistake(f"{built.name} has other weights than expected: {shapes_text(result.shapes, shapes)}")


MORE_WORK = (
    "Somewhere you compute what is thrown away: a stride that stands in a later layer than it could, or a layer whose "
    "output is not used."
)


def _more_work(result: Result, model: Model, limit: int | None) -> Mistake | None:
    own = result.macs
    if own is None or model.macs is None or own == model.macs:
        return None
    if max(own, model.macs if limit is not None else own) <= (limit or model.macs):
        return None
    assert result.built is not None
    name, shape = result.built.name, result.case.inputs[0][1:]
    return Mistake(
        f"{name} gives the right output, but takes {own:,} MACs for an input of {shape}; {model.macs:,} are enough",
        MORE_WORK,
    )
