"""Several processes on one socket: a parent that keeps its children alive, and ends with them.

The parent opens no database and answers nothing. A child that dies is started again, after a
pause that doubles while it keeps dying young. SIGTERM or Ctrl-C reaches every child, which
answers what it has begun; when the parent dies without a word, its children end too.
"""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from .logs import lines

STEADY_SECONDS = 30.0
"""A child that lived this long did not die young."""

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 30.0
_POLL_SECONDS = 0.1
_GRACE_SECONDS = 10.0
_FAULT_EXIT_CODE = 70
_STOPS = (signal.SIGTERM, signal.SIGINT)

Work = Callable[[], int]
"""What a child does; it returns the child's exit code."""


class Slot:
    """The place of one child: who is in it, since when, and how many died young in a row."""

    def __init__(self) -> None:
        self.process = 0
        self.since = 0.0
        self.died_young = 0
        self.empty_until = 0.0

    def taken(self, process: int, now: float) -> None:
        self.process, self.since = process, now

    def left(self, now: float) -> float:
        """Note that its child has died. Returns how many seconds the place stays empty."""
        young = now - self.since < STEADY_SECONDS
        self.died_young = self.died_young + 1 if young else 0
        pause = (
            min(FIRST_PAUSE_SECONDS * 2 ** (self.died_young - 1), LONGEST_PAUSE_SECONDS)
            if young
            else 0.0
        )
        self.process, self.empty_until = 0, now + pause
        return pause


class Workers:
    """Children that all do the same work on one socket."""

    def __init__(self, count: int, work: Work, bound: socket.socket, shutdown_seconds: float):
        self._slots = [Slot() for _ in range(count)]
        self._work = work
        self._bound = bound
        self._patience = shutdown_seconds + _GRACE_SECONDS
        self._told = 0
        self._until = 0.0
        self._worst = 0
        self._alive = self._parents_end = -1

    def run(self) -> int:
        """Keep them alive until a signal says stop. 0, or the exit code of the one that failed."""
        with self._listening(), self._told_by_signals():
            while not self._told:
                self._start()
                self._reap()
                time.sleep(_POLL_SECONDS)
            self._stop()
            while any(slot.process for slot in self._slots):
                self._reap()
                self._hurry()
                time.sleep(_POLL_SECONDS)
        lines().info("stopped")
        return self._worst

    def _start(self) -> None:
        now = time.monotonic()
        for slot in self._slots:
            if not slot.process and now >= slot.empty_until and not self._told:
                slot.taken(self._fork(), now)

    def _fork(self) -> int:
        process = in_child(self._in_place)
        lines().info("worker started", worker=process)
        return process

    def _in_place(self) -> int:
        os.close(self._parents_end)
        threading.Thread(target=self._end_with_parent, daemon=True).start()
        return self._work()

    def _end_with_parent(self) -> None:
        """Nobody writes into the pipe, so that it ends when the parent does."""
        os.read(self._alive, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def _reap(self) -> None:
        for slot in self._slots:
            ended, status = os.waitpid(slot.process, os.WNOHANG) if slot.process else (0, 0)
            if ended:
                self._left(slot, os.waitstatus_to_exitcode(status))

    def _left(self, slot: Slot, code: int) -> None:
        process, pause = slot.process, slot.left(time.monotonic())
        if self._told:
            failed = code not in (0, -signal.SIGTERM)  # the latter had not even begun
            self._worst = self._worst or (max(code, 0) or _FAULT_EXIT_CODE if failed else 0)
            return
        lines().error("worker died", worker=process, code=code, again_in_seconds=pause)

    def _stop(self) -> None:
        """Take no new connections: close the socket here. Each child closes its own."""
        self._bound.close()
        self._until = time.monotonic() + self._patience
        lines().info("stopping")
        self._tell(signal.SIGTERM)

    def _hurry(self) -> None:
        """Kill the children that do not end in time, or all of them when the keyboard insists."""
        if time.monotonic() > self._until or self._told > 1:
            self._tell(signal.SIGKILL)

    def _tell(self, number: int) -> None:
        for slot in self._slots:
            if slot.process:
                os.kill(slot.process, number)

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """A pipe that nobody writes into, open at our end for as long as we live."""
        self._alive, self._parents_end = os.pipe()
        try:
            yield
        finally:
            os.close(self._alive)
            os.close(self._parents_end)

    @contextmanager
    def _told_by_signals(self) -> Iterator[None]:
        before = {each: signal.signal(each, self._hear) for each in _STOPS}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def _hear(self, number: int, frame: Any) -> None:
        self._told += 1 if number == signal.SIGINT or not self._told else 0


def in_child(work: Work) -> int:
    """Do `work` in a child process, whose id is the answer. Ctrl-C is the parent's to hear."""
    sys.stdout.flush()
    sys.stderr.flush()
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # until it is clear whose they are
    process = os.fork()
    if not process:
        _be_child(work)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
    return process


def _be_child(work: Work) -> NoReturn:
    code = _FAULT_EXIT_CODE
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        code = work()
    except BaseException as error:  # noqa: BLE001 - nothing may return into the parent's code
        lines().error("worker failed", exc_info=error)
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
