"""A kernel that survives what a notebook does to it: a cell that never ends, ``exit()``, a crash."""

from __future__ import annotations

import ast
import queue
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

START = 120.0  # seconds for a kernel to answer: importing torch on a busy machine takes long
GRACE = 3.0  # seconds that an interrupted cell gets to end


class Stopped(Exception):
    """A cell that did not end, or that took the kernel with it; the message says which."""


class Kernel:
    """Runs cells one after the other; when one has cost the kernel, a new one runs the others again.

    ``with Kernel(folder, timeout=600) as kernel: kernel.run("1 + 1")``
    """

    def __init__(self, folder: Path, timeout: float) -> None:
        self._folder = folder
        self._timeout = timeout
        self._manager: Any = None
        self._client: Any = None
        self._ran: list[str] = []  # what a new kernel must run to know the same names

    def __enter__(self) -> Kernel:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def run(self, source: str) -> str:
        """Run a cell.

        Returns:
            What it raised, such as ``ZeroDivisionError: division by zero``, or nothing.

        Raises:
            Stopped: it did not end, or Python did. The kernel is as if the cell had not been run.
        """
        reply = self._execute(source)
        self._ran.append(source)
        if reply["status"] == "error" and reply["ename"] not in ("NotImplementedError", "CheckFailed", "NotDoneYet"):
            return f"{reply['ename']}: {reply['evalue']}".rstrip(": ")
        return ""

    def value(self, expression: str, timeout: float) -> Any:
        """A plain value that the kernel works out.

        Raises:
            Stopped: as for :meth:`run`, or it raised an error.
        """
        reply = self._execute("", {"value": expression}, timeout)
        result = reply["user_expressions"]["value"]
        if result["status"] != "ok":
            raise Stopped(f"raised {result['ename']}: {result['evalue']}")
        return ast.literal_eval(result["data"]["text/plain"])

    def _execute(self, source: str, expressions: dict[str, str] | None = None, timeout: float = 0) -> dict[str, Any]:
        timeout = timeout or self._timeout
        message = self._client.execute(source, user_expressions=expressions, allow_stdin=False, stop_on_error=False)
        reply = self._wait(message, timeout)
        if reply is None:
            self._manager.interrupt_kernel()
            reply = self._wait(message, GRACE)
            if reply is None:
                self._restart()
            raise Stopped(f"did not end within {timeout:g} s")
        if not self._lives(reply):
            self._restart()
            raise Stopped("made Python stop; does it call exit()?")
        return reply

    def _wait(self, message: str, timeout: float) -> dict[str, Any] | None:
        """The reply to a message; None if it is late, an empty one if the kernel died."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            with suppress(queue.Empty):
                reply = self._client.get_shell_msg(timeout=0.2)
                if reply["parent_header"].get("msg_id") == message:
                    return reply["content"]
            if not self._manager.is_alive():
                return {}
            with suppress(queue.Empty):  # outputs are not read, and must not pile up
                while True:
                    self._client.get_iopub_msg(timeout=0)
        return None

    def _lives(self, reply: dict[str, Any]) -> bool:
        asked = any(payload.get("source") == "ask_exit" for payload in reply.get("payload", ()))
        return bool(reply) and not asked

    def _restart(self) -> None:
        self._stop()
        self._start()
        for source in self._ran:
            message = self._client.execute(source, allow_stdin=False, stop_on_error=False)
            if not self._wait(message, self._timeout):
                self._ran.remove(source)  # it went well once, and does so no more
                self._restart()
                return

    def _start(self) -> None:
        import subprocess

        from jupyter_client import KernelManager

        self._manager = KernelManager(kernel_name="python3")
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}  # zmq complains when interrupted
        self._manager.start_kernel(cwd=str(self._folder), extra_arguments=["--log-level=ERROR"], **silent)
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=START)

    def _stop(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


def run_cells(kernel: Kernel, cells: Sequence[str]) -> list[str]:
    """Run the cells, and give a line for each that raised an error or did not end."""
    lines = []
    for source in cells:
        first = next((line.strip() for line in source.splitlines() if line.strip()), "")
        try:
            problem = kernel.run(source)
            problem = problem and f"raised {problem}"
        except Stopped as stopped:
            problem = str(stopped)
        if problem:
            lines.append(f"the cell that begins with {first!r} {problem}")
    return lines
