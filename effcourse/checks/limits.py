"""A limit of a few seconds for a call: in a notebook's main thread or any other, on Linux, macOS and Windows."""

from __future__ import annotations

import _thread
import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

AGAIN = 0.2  # seconds: raised until the call gives up, for a loop may hold an ``except:`` that swallows it
BUSY = 0.5  # of its time a call must have had the processor: on a crowded machine it gets ...
PATIENCE = 2.25  # ... as many times its seconds, for it may only have waited for its turn


class TookTooLong(BaseException):
    """Raised inside a call whose time is over; no Exception, so that an honest ``except Exception`` lets it through."""


def limited(seconds: float, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """What ``function`` gives.

    Raises:
        TookTooLong: it did not end within ``seconds``, or on a crowded machine a little more than twice as many. A call
            that never comes back to the interpreter, such as ``10 ** 10 ** 10``, cannot be ended from inside.
    """
    if threading.current_thread() is not threading.main_thread():
        clock: _Clock = _OtherThread(seconds)
    elif hasattr(signal, "setitimer"):
        clock = _Alarm(seconds)
    else:
        clock = _Interrupt(seconds)
    clock.start()
    unraisable, sys.unraisablehook = sys.unraisablehook, _without_ours(sys.unraisablehook)
    try:
        return function(*arguments, **keywords)
    finally:
        _surely(clock.stop)
        sys.unraisablehook = unraisable


def _without_ours(report: Callable[[Any], Any]) -> Callable[[Any], None]:
    """Where Python must swallow an error, as in a ``__del__``, it reports it: not ours, which will be raised again."""

    def report_others(problem: Any) -> None:
        if not issubclass(problem.exc_type, TookTooLong):
            report(problem)

    return report_others


def _surely(stop: Callable[[], None]) -> None:
    """Stop the clock, though it may ring a last time meanwhile."""
    while True:
        try:
            stop()
            return
        except TookTooLong:
            continue


def _is_ours(frame: FrameType | None) -> bool:
    """Whether this module's own code runs: there the call is over, or has not begun."""
    return frame is None or frame.f_code.co_filename == __file__


class _Clock:
    """Ends a call in the main thread, by a signal's handler that raises in the frame which the signal finds."""

    signal: int

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.began, self.used = time.monotonic(), time.process_time()
        self.rings = 0

    def start(self) -> None:
        """Begin to measure."""
        self.tracer, self.handler = sys.gettrace(), signal.signal(self.signal, self.ring)

    def stop(self) -> None:
        """The call has ended."""
        sys.settrace(self.tracer)
        signal.signal(self.signal, self.handler)

    def is_late(self) -> bool:
        """Whether the call has had its time."""
        took = time.monotonic() - self.began
        used = time.process_time() - self.used
        return took >= self.seconds and (used >= BUSY * self.seconds or took >= PATIENCE * self.seconds)

    def ring(self, _number: int, frame: FrameType | None) -> None:
        """Raise, and if that was swallowed before, once more at the line behind the ``except:``."""
        if _is_ours(frame) or not self.is_late():
            return
        self.rings += 1
        if self.rings > 1:
            while frame is not None and not _is_ours(frame):
                frame.f_trace = self.trace
                frame = frame.f_back
            sys.settrace(self.trace)
        raise TookTooLong

    def trace(self, frame: FrameType, event: str, _arg: Any) -> Any:
        """Python's trace function: raises at the next line, and is gone then."""
        if event == "line" and not _is_ours(frame):
            raise TookTooLong
        return self.trace


class _Alarm(_Clock):
    """Where there is an alarm: Linux and macOS."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.signal = signal.SIGALRM

    def start(self) -> None:
        super().start()
        self.outer = signal.setitimer(signal.ITIMER_REAL, self.seconds, AGAIN)

    def stop(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        super().stop()
        if self.outer[0]:
            signal.setitimer(signal.ITIMER_REAL, *self.outer)


class _Interrupt(_Clock):
    """Where there is none: another thread asks for the interrupt that Ctrl-C asks for."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.signal = signal.SIGINT
        self.over = threading.Event()
        self.asked = False

    def start(self) -> None:
        super().start()
        threading.Thread(target=self.watch, daemon=True, name="time limit").start()

    def stop(self) -> None:
        self.over.set()
        super().stop()

    def watch(self) -> None:
        """In a thread of its own: when the time is over, ask until the call has ended."""
        wait = self.seconds
        while not self.over.wait(wait):
            wait = AGAIN
            self.asked = True
            _thread.interrupt_main(signal.SIGINT)

    def ring(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            self.asked = False
            super().ring(number, frame)
        elif callable(self.handler):  # the student's own interrupt
            self.handler(number, frame)


class _OtherThread(_Interrupt):
    """Not the main thread, which alone gets signals: the exception is raised in it from outside.

    A loop that swallows every exception can hold out against this one.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.thread, self.lock = threading.get_ident(), threading.Lock()

    def start(self) -> None:
        threading.Thread(target=self.watch, daemon=True, name="time limit").start()

    def stop(self) -> None:
        with self.lock:
            self.over.set()
        # One that is still on its way comes here. It cannot be called back: CPython 3.11 then keeps its flag set, and
        # whatever is watched by a profiler afterwards never gets over the beginning of a function.
        for _ in range(2):
            pass

    def watch(self) -> None:
        wait = self.seconds
        while not self.over.wait(wait):
            wait = AGAIN
            with self.lock:
                running = sys._current_frames().get(self.thread)
                if not self.over.is_set() and self.is_late() and not _is_ours(running):
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(
                        ctypes.c_ulong(self.thread), ctypes.py_object(TookTooLong)
                    )
