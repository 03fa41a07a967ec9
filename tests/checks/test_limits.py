"""A limit of time for a call, in the main thread and in any other."""

import contextlib
import signal
import sys
import threading
import time

import pytest

from effcourse.checks import limits
from effcourse.checks.limits import TookTooLong, limited


def endless():
    while True:
        pass


def sleeps():
    while True:
        time.sleep(0.01)


def swallows():
    while True:
        try:
            while True:
                time.sleep(0.001)
        except:  # noqa: E722
            pass


def calls_what_raises():
    while True:
        with contextlib.suppress(BaseException):
            endless()


def cleans_up():
    try:
        endless()
    finally:
        sum(range(1000))


LOOPS = [endless, sleeps, swallows, calls_what_raises, cleans_up]


def in_thread(function):
    """What ``function`` raises in a thread of its own."""
    raised = []

    def run():
        try:
            function()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    return raised[0] if raised else None


@pytest.fixture(params=["alarm", "interrupt"])
def clock(request, monkeypatch):
    """The main thread's two clocks: the second is Windows'."""
    if request.param == "interrupt" and hasattr(signal, "setitimer"):
        monkeypatch.delattr(signal, "setitimer")


@pytest.fixture
def ctrl_c():
    """A process that was started in a shell's background ignores Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("loop", LOOPS)
def test_loop_is_ended(loop, clock):
    start = time.monotonic()
    with pytest.raises(TookTooLong):
        limited(0.2, loop)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("loop", [endless, sleeps, cleans_up])
def test_loop_in_another_thread_is_ended(loop):
    assert isinstance(in_thread(lambda: limited(0.2, loop)), TookTooLong)


def test_what_is_watched_afterwards_is_not_held_up():
    assert isinstance(in_thread(lambda: limited(0.1, endless)), TookTooLong)
    in_thread(lambda: limited(5, divmod, 7, 2))

    def watched():
        calls = []
        sys.setprofile(lambda frame, event, _: calls.append(event))
        try:
            threading.active_count()
        finally:
            sys.setprofile(None)
        return calls

    assert "call" in limited(5, watched)


def test_nothing_comes_late(clock):
    for seconds in (0.01, 0.02, 0.03):
        with contextlib.suppress(TookTooLong):
            limited(seconds, time.sleep, 0.02)
        problem = in_thread(lambda seconds=seconds: limited(seconds, time.sleep, 0.02))
        assert problem is None or isinstance(problem, TookTooLong)
    time.sleep(0.1)


def test_interrupt_of_the_students_own_is_one(clock, ctrl_c):
    def interrupted():
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        limited(5, interrupted)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_waiting_for_the_processor_costs_no_time(clock, monkeypatch):
    assert limited(0.2, time.sleep, 0.3) is None
    monkeypatch.setattr(limits, "BUSY", 0)
    with pytest.raises(TookTooLong):
        limited(0.2, lambda: [time.sleep(0.05) for _ in range(20)])


def test_result_arguments_and_errors_pass_through(clock):
    assert limited(5, divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        limited(5, divmod, 7, 0)
    assert in_thread(lambda: limited(5, divmod, 7, 2)) is None


def test_error_that_python_must_swallow_is_not_reported(clock, monkeypatch):
    reported = []
    monkeypatch.setattr(sys, "unraisablehook", lambda problem: reported.append(problem.exc_type))

    class Stubborn:
        def __init__(self, end):
            self.end = end

        def __del__(self):
            self.end()

    def holds():
        Stubborn(endless)
        Stubborn(lambda: 1 / 0)
        endless()

    with pytest.raises(TookTooLong):
        limited(0.1, holds)
    assert reported == [ZeroDivisionError]


def test_limits_may_be_nested():
    def inner():
        with pytest.raises(TookTooLong):
            limited(0.1, endless)
        endless()

    with pytest.raises(TookTooLong):
        limited(0.5, inner)
