"""Exercise 09's fourth part: a log of timed runs, watched while it is made.

Where the notebook calls ``create_model`` it meets small stand-ins, whose runs a watch notes. What must not stand
between two readings of the clock takes so long here that it shows in the log.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from functools import cache
from statistics import mean
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ...models import create_model
from ..cases import Case
from ..mistake import Mistake
from ..recipes import recipe
from ..results import as_work
from ..values import short
from ..work import Work, call_text

PAUSE = 0.003  # seconds: what anything but a run takes
SLACK = 0.001  # seconds between two readings of the clock that are no part of the run between them
SHORTEST = 2e-5  # seconds: a hundred operations take no computer less
MOST = 0.8  # of the runs must fit, for a busy machine may stop any of them
REPEATS = 3  # trials before only the seconds are found wrong

MEASURE = recipe(
    """
    def measure(names, rounds, input_size=224):
        models = {name: create_model(name)«mode = .eval()» for name in names}
        image = «image = torch.randn(«shape = 1, 3, input_size, input_size»)»
        log = «empty = []»
        with «guard = torch.inference_mode()»:
            «before = »
            «loops = for _ in range(«rounds = rounds»):
                for name, model in models.items():»
                    «early = »
                    start = time.perf_counter()
                    «inside = »
                    «run = model(image)»
                    seconds = «times = »«took = (time.perf_counter() - start)»
                    «late = »
                    «keep = log.append(«pair = (name, seconds)»)»
                «after = »
        return «log = log»
    """,
    """
    keep = log.setdefault(name, []).append(seconds); empty = {}
    or log = {name: [s for n, s in log if n == name] for name in names}
        You gave a dictionary: keep one list for all networks, for it shows in which order they ran.

    pair = {"name": name, "seconds": seconds}
        Each entry is a dictionary: a pair (name, seconds) is asked.

    pair = (seconds, name)
        The pairs are the wrong way round: first the name, then the seconds.

    pair = seconds
        You log the seconds alone: name the network beside them, for the log holds the runs of all.

    log = None
        Your function returns nothing: return the log.

    shape = 3, input_size, input_size
        The image has no axis for the batch: its shape is (1, 3, input_size, input_size).

    before = [model(image) for model in models.values()]
    or log = log[len(names):]
    or early = model(image)
        Networks run more often than the log says: every run of theirs belongs in it, the warm-up too.

    keep = log += [(name, seconds)] * rounds; rounds = 1
        The log has more entries than there were runs: run the network again for each.

    log = sorted(log)
        The log is in another order than the runs: append each run as it ends.

    run = models[names[0]](image)
        Another network ran than the log names.

    loops =
    | for name, model in models.items():
    |     for _ in range(rounds):
        All runs of one network come before the next one's, so a slow spell hits one alone: make the rounds the outer
        loop, the networks the inner one.

    after = return log
    or rounds = 1
        You log one round only: is a return indented too far?

    rounds = rounds - 1
    or rounds = 1, rounds
        A round is missing: range(rounds) runs from 0 to rounds - 1, and every round counts.

    rounds = rounds + 1
        There is a round too many: range(rounds) has rounds entries.

    early = model = create_model(name).eval()
    or inside = model = create_model(name).eval()
        You build a network more than once: build each before the first round, and keep it.

    mode =
    or early = model.train()
        A network is in training mode, where batch norm works otherwise: call its eval() first.

    guard = torch.enable_grad()
        Each run keeps what a backward pass would need, which takes time and memory: run the networks within
        torch.inference_mode().

    shape = 8, 3, input_size, input_size
    or shape = len(names), 3, input_size, input_size
        A run takes several images at once: give it one, a batch of 1.

    shape = 1, 3, 224, 224
        The image is always 224 pixels: make it input_size × input_size.

    inside = image = torch.randn(1, 3, input_size, input_size)
    or inside = model.eval()
        More than the run stands between the two readings of the clock: whatever else is there (an image made, eval(),
        a pause) belongs outside.

    took = (start - time.perf_counter())
        Your seconds are negative: take the later reading minus the earlier.

    times = 1000 *
        These are milliseconds: the log is in seconds.

    times = 1e6 *
        These are microseconds: the log is in seconds.

    times = 1e9 *
        These are nanoseconds: the log is in seconds.

    took = time.perf_counter()
    or early = begin = begin if log else time.perf_counter(); took = time.perf_counter() - begin
        The seconds go on from run to run: subtract a reading that you take just before each run.

    took = (time.perf_counter() - begin); loops =
    | for _ in range(rounds):
    |     begin = time.perf_counter()
    |     for name, model in models.items():
        The seconds go on within a round: read the clock anew just before each run.

    early = model(image); run =
        Nothing takes place between the two readings of the clock: the run must stand there.

    took = round(time.perf_counter() - start, 3)
        You rounded to whole milliseconds, and a difference of networks may be less: log what the clock gives.

    early = begin = time.process_time(); took = time.process_time() - begin
        Your clock stands still while the program waits, as process_time does: take time.perf_counter().
    """,
    names={"create_model": create_model, "time": time},
)


class _Run(NamedTuple):
    name: str
    began: float
    ended: float
    used: float  # seconds of the processor
    training: bool
    recorded: bool
    shape: tuple[int, ...]

    @property
    def took(self) -> float:
        return self.ended - self.began


class _Watch(TorchFunctionMode):
    """Builds stand-ins and notes their runs; every other tensor that is made beside them takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.built: Counter[str] = Counter()
        self.runs: list[_Run] = []
        self.quick = False  # while a stand-in's own operations run

    def create_model(self, name: str, *_args: Any, **_keywords: Any) -> nn.Module:
        """In place of the library's."""
        time.sleep(PAUSE)
        self.built[name] += 1
        before, self.quick = self.quick, True
        try:
            return _StandIn(name, self)
        finally:
            self.quick = before

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor) and self.built and not self.quick:
            time.sleep(PAUSE)
        return result


class _StandIn(nn.Module):
    """A network in little, which tells the watch of its runs."""

    def __init__(self, name: str, watch: _Watch) -> None:
        super().__init__()
        self.name, self.watch = name, watch
        self.stem, self.norm = nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)

    def train(self, mode: bool = True) -> _StandIn:
        time.sleep(PAUSE)
        return super().train(mode)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """From (batch, 3, height, width) to (batch, 4)."""
        began, used = time.perf_counter(), time.process_time()
        training = any(module.training for module in self.modules())
        before, self.watch.quick = self.watch.quick, True
        try:
            output = self.norm(self.stem(x)).mean((2, 3))
        finally:
            self.watch.quick = before
        time.sleep(PAUSE)
        while time.process_time() < used + PAUSE * (0.4 + len(self.watch.runs) % 3 / 6):
            sum(range(10_000))
        ended, used = time.perf_counter(), time.process_time() - used
        self.watch.runs.append(
            _Run(self.name, began, ended, used, training, output.requires_grad, tuple(x.shape))
        )
        return output


class _Fact(NamedTuple):
    """Something that was seen, what it should be, and how the difference is told."""

    got: Any
    right: Any
    differs: str


def check_runs(work: Work, cases: Sequence[Case]) -> None:
    """Raise a :class:`Mistake` unless ``work`` makes its log in each case as the exercise asks."""
    for one in cases:
        for _ in range(REPEATS):
            facts = _facts(work, one)
            wrong = _first_wrong(facts)
            if wrong is None or wrong + 1 < len(facts):
                break
        if wrong is not None:
            found = set() if work.hurry or facts[wrong].got == "other" else _sentences(wrong, facts[wrong].got, one)
            raise Mistake(facts[wrong].differs, found.pop() if len(found) == 1 else "")


def _sentences(wrong: int, got: Any, one: Case) -> set[str]:
    """Of the known mistakes in which the same is seen first."""
    found = set()
    for i, mistake in enumerate(MEASURE.mistakes):
        facts = _facts_of(i, one.arguments[1], len(one.arguments[0]))
        at = _first_wrong(facts)
        if at == wrong and facts[at].got == got:
            found.add(mistake.cause)
    return found


@cache
def _facts_of(mistake: int, rounds: int, networks: int) -> list[_Fact]:
    names = [chr(ord("a") + i) for i in range(networks)]
    return _facts(as_work(MEASURE.mistakes[mistake]), Case((names, rounds), {"input_size": 32}))


def _first_wrong(facts: Sequence[_Fact]) -> int | None:
    return next((i for i, fact in enumerate(facts) if fact.got != fact.right), None)


def _facts(work: Work, one: Case) -> list[_Fact]:
    """What is seen of one call, in the order in which it is told; nothing follows what makes the rest unreadable."""
    names, rounds, *size = one.arguments
    size = size[0] if size else one.keywords.get("input_size", 224)
    what, watch = call_text(work.name, one.arguments, one.keywords), _Watch()
    began = time.perf_counter()
    try:
        with work.rebound({"create_model": watch.create_model}), watch:
            log = work.call(*one.arguments, **one.keywords)
    except Mistake as mistake:
        if mistake.final:
            raise
        return [_Fact(mistake.where or mistake.differs, "", mistake.differs)]
    whole = time.perf_counter() - began
    kinds = sorted({_kind(entry) for entry in log}) if isinstance(log, list) else _kind(log)
    facts = [
        _Fact("", "", ""),  # no error
        _Fact(kinds, ["[name, number]"], f"{what} gives {short(log)}, expected a list of pairs (name, seconds)"),
    ]
    if _first_wrong(facts) is not None:
        return facts
    ran, seconds = [name for name, _ in log], [float(s) for _, s in log]
    runs = watch.runs
    facts.append(_fact_of_runs(what, [run.name for run in runs] if watch.built else ran, ran, set(names)))
    told = f"{what} logs, in this order, {', '.join(ran)}; expected each network once in each of {rounds} rounds"
    facts.append(_Fact(_rounds(ran, names), rounds, told))
    if _first_wrong(facts) is not None:
        return facts
    if not watch.built:  # it builds its networks by another name
        return [*facts, _fact_without_runs(what, seconds, whole)]
    often = ", ".join(f"{name} {times} times" for name, times in watch.built.items() if times > 1)
    shapes, expected = sorted({run.shape for run in runs}), (1, 3, size, size)
    return [
        *facts,
        _Fact(bool(often), False, f"{what} builds {often}, expected once each"),
        _Fact(any(run.training for run in runs), False, f"{what} runs a network in training mode"),
        _Fact(any(run.recorded for run in runs), False, f"{what} runs a network whose output requires grad"),
        _Fact(_shape(shapes, expected), "", f"{what} runs a network on images of {shapes}, expected {expected}"),
        _Fact(
            _label(seconds, runs, len(names), whole),
            "",
            f"{what} logs {mean(seconds):.3g} seconds a run, on average, and the runs took "
            f"{mean(run.took for run in runs):.3g}",
        ),
    ]


def _kind(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_kind, value))}]"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number"
    return "name" if isinstance(value, str) else type(value).__name__


def _fact_of_runs(what: str, run: list[str], logged: list[str], names: set[str]) -> _Fact:
    got = ""
    if not set(logged) <= names:
        got = "strange names"
    elif sorted(run) == sorted(logged) and run != logged:
        got = "another order"
    elif run != logged:
        got = "more" if len(run) > len(logged) else "fewer" if len(run) < len(logged) else "others"
    told = f"{what} runs {', '.join(run) or 'nothing'}, and logs {', '.join(logged) or 'nothing'}"
    return _Fact(got, "", told)


def _rounds(ran: list[str], names: Sequence[str]) -> Any:
    """How many rounds a log has; where they are none, in what rhythm the networks follow each other."""
    n = len(names)
    if all(sorted(ran[i : i + n]) == sorted(names) for i in range(0, len(ran), n)):
        return len(ran) // n
    return [names.index(name) if name in names else name for name in ran]


def _shape(shapes: list[tuple[int, ...]], expected: tuple[int, ...]) -> str:
    if shapes == [expected]:
        return ""
    if all(shape[1:] == expected[1:] and shape[0] > 1 for shape in shapes):
        return "several"
    return "224" if shapes == [(1, 3, 224, 224)] else str(shapes)


def _fact_without_runs(what: str, seconds: list[float], whole: float) -> _Fact:
    if sum(seconds) > whole:
        return _Fact("long", "", f"{what} gives {sum(seconds):.3g} seconds in all, and the call took {whole:.3g}")
    got = "nothing" if min(seconds) < SHORTEST else ""
    return _Fact(got, "", f"{what} gives {min(seconds):.2g} seconds for a run of a whole network")


def _label(seconds: list[float], runs: list[_Run], n: int, whole: float) -> str:
    """What the seconds are: empty where each is that of its run."""
    took = [run.took for run in runs]
    if all(s < 0 for s in seconds):
        return "negative"
    if any(seconds) and all(s == round(s, 3) for s in seconds) and _fit(seconds, took, low=-SLACK):
        return "rounded"
    if _fit(seconds, [run.used for run in runs], high=PAUSE / 10):
        return "of the processor"
    meant = {
        "": took,
        "nothing": [0.0] * len(runs),
        "within a round": [run.ended - runs[i // n * n].began for i, run in enumerate(runs)],
    }
    for label, values in meant.items():
        if _fit(seconds, values):
            return label
    steps, ends = ([b - a for a, b in zip(v, v[1:])] for v in (seconds, [run.ended for run in runs]))  # noqa: B905
    if _fit(steps, ends):
        return "from run to run"
    for factor in (1e3, 1e6, 1e9):
        if _fit([s / factor for s in seconds], took):
            return f"times {factor:g}"
    if sum(seconds) <= whole and _fit(seconds, took, low=PAUSE / 2, high=whole):
        return "more"
    return "other"


def _fit(seconds: Sequence[float], meant: Sequence[float], low: float = -PAUSE / 30, high: float = SLACK) -> bool:
    fits = [low <= s - m <= high for s, m in zip(seconds, meant, strict=True)]
    return sum(fits) >= MOST * len(fits)
