"""The parent of several workers: how soon a dead one is replaced, and what its end says."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest

from tallystick.http.workers import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, STEADY_SECONDS, Slot
from tests.http.program import environment
from tests.patience import PATIENCE_SECONDS


def test_who_dies_young_is_replaced_later_each_time():
    slot = Slot()
    pauses = []
    for death in range(12):
        slot.taken(death + 1, now=100.0 * death)
        pauses.append(slot.left(now=100.0 * death + 0.1))
        assert (slot.process, slot.empty_until) == (0, 100.0 * death + 0.1 + pauses[-1])
    assert pauses[:3] == [FIRST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2, FIRST_PAUSE_SECONDS * 4]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE_SECONDS


def test_who_has_worked_for_long_is_replaced_at_once():
    slot = Slot()
    for death in range(3):
        slot.taken(death + 1, now=float(death))
        slot.left(now=float(death))
    slot.taken(4, now=10.0)
    assert slot.left(now=10.0 + STEADY_SECONDS) == 0
    slot.taken(5, now=100.0)
    assert slot.left(now=100.0) == FIRST_PAUSE_SECONDS


PARENT = """
import os, signal, sys, time
from tallystick.http import logs, server, workers
workers.FIRST_PAUSE_SECONDS = workers.LONGEST_PAUSE_SECONDS = 0.0

def ready():
    logs.lines().info("ready")
    time.sleep(600)

def work():
    {work}

with logs.configured("info", "json", sys.stderr):
    bound = server.listening("127.0.0.1", 0)
    sys.exit(workers.Workers(2, work, bound, 1.0).run())
"""


Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def started() -> Iterator[Start]:
    """Starts a parent whose children do some work. None outlives its test, nor its patience."""
    with ExitStack() as running:

        def start(work: str) -> "subprocess.Popen[str]":
            parent = subprocess.Popen(
                [sys.executable, "-c", PARENT.format(work=work)],
                env=environment(),
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            late = threading.Timer(PATIENCE_SECONDS, end_all, [parent])
            late.start()
            running.enter_context(parent)
            running.callback(end_all, parent)
            running.callback(late.cancel)
            return parent

        yield start


def end_all(parent: "subprocess.Popen[str]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(parent.pid, signal.SIGKILL)


def ended(parent: "subprocess.Popen[str]", number: int = signal.SIGTERM) -> int:
    parent.send_signal(number)
    parent.communicate(timeout=PATIENCE_SECONDS)
    return parent.returncode


def line(parent: "subprocess.Popen[str]", event: str) -> dict[str, object]:
    """The next line of its log that tells of an event."""
    assert parent.stderr is not None
    for text in parent.stderr:
        if (found := json.loads(text))["event"] == event:
            return found
    raise AssertionError(f"no {event!r}")


@pytest.mark.parametrize(
    ("work", "code"),
    [
        ("ready()", 0),  # ended before it had begun anything
        ("signal.signal(signal.SIGTERM, lambda *_: sys.exit(5)); ready()", 70),
        ("signal.signal(signal.SIGTERM, lambda *_: os._exit(5)); ready()", 5),
    ],
)
def test_the_parent_ends_with_what_its_children_ended_with(started, work, code):
    parent = started(work)
    line(parent, "ready")
    line(parent, "ready")
    assert ended(parent) == code


def test_the_keyboard_told_twice_waits_for_nobody(started):
    parent = started("signal.signal(signal.SIGTERM, signal.SIG_IGN); ready()")
    line(parent, "ready")
    line(parent, "ready")
    parent.send_signal(signal.SIGINT)
    line(parent, "stopping")
    assert ended(parent, signal.SIGINT) == 70


def test_a_child_that_fails_is_told_of_and_replaced(started):
    parent = started("raise ZeroDivisionError('at the wrong moment')")
    failed, died = line(parent, "worker failed"), line(parent, "worker died")
    assert "ZeroDivisionError" in str(failed["exception"])
    assert died["code"] == 70
    line(parent, "worker started")
    line(parent, "worker died")
    assert ended(parent) in (0, 70)
