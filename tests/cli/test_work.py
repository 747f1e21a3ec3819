"""`tallystick work` as a program of its own: it works until it is told to stop, and says so."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.databases import KINDS, fresh_database
from tests.http.program import environment
from tests.http.test_scheduler import last_lines, prepare, seats
from tests.patience import PATIENCE_SECONDS

Process = subprocess.Popen[str]


@contextmanager
def working(db: str, *flags: str) -> Iterator[Process]:
    """The program, at the latest until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-m", "tallystick", "work", "--db", db, *flags],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        late = threading.Timer(PATIENCE_SECONDS, process.kill)
        late.start()
        try:
            yield process
        finally:
            late.cancel()
            process.kill()


def line(process: Process, event: str) -> dict[str, Any]:
    """The next line of its log that tells of an event."""
    assert process.stderr is not None
    for text in process.stderr:
        if (found := json.loads(text))["event"] == event:
            return found
    raise AssertionError(f"no {event!r}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
def test_it_works_until_it_is_told_to_stop_and_stands_up(kind: str, number: signal.Signals):
    with fresh_database(kind) as url:
        prepare(url, "artlist", "videodraft", accounts=10)
        before = last_lines(url, "artlist")
        with working(url, "--every", "0.1") as process:
            assert line(process, "working")["every_seconds"] == 0.1
            swept = line(process, "swept")
            assert (swept["accounts"], swept["level"]) == (20, "info")
            assert len(seats(url)) == 1
            process.send_signal(number)
            out, rest = process.communicate(timeout=PATIENCE_SECONDS)
            assert process.returncode == 0
        assert out == ""
        assert [json.loads(each)["event"] for each in rest.splitlines()] == ["stopped"]
        assert seats(url) == []
        assert min(last_lines(url, "artlist")) > max(before)


def test_its_metrics_are_answered_where_a_port_is_named(tmp_path: Path):
    db = str(tmp_path / "credits.db")
    prepare(db, "artlist")
    with working(db, "--metrics-port", "0") as process:
        port = line(process, "working")["metrics_port"]
        line(process, "swept")
        said = httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_SECONDS).text
        assert "\ntallystick_clockwork_accounts_total 3.0\n" in said
        assert "tallystick_request_seconds" not in said
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0


def test_a_port_that_is_taken_is_said_and_nothing_begun(tmp_path: Path):
    db = str(tmp_path / "credits.db")
    prepare(db, "artlist")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with working(db, "--metrics-port", port) as process:
            _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 3
    assert "choose another with --metrics-port" in " ".join(err.split())
    assert "tallystick work --metrics-port 0" in err
    assert "Traceback" not in err
    assert seats(db) == []


def test_what_the_servers_parts_are_missing_for_is_said(artlist, monkeypatch):
    monkeypatch.setitem(sys.modules, "structlog", None)
    ran = artlist("work")
    assert ran.code == 2
    assert "pip install 'tallystick[server]', or use --once" in ran.err
    assert artlist("work --once").code == 0
