"""A hostile client takes its own share of a server, and not that of others.

`python -m benchmarks fair` measures by how much longer others wait; here only what can be counted
is: the answers that a fair client gets beside an attack, and the most memory of the server.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.engine import fresh
from benchmarks.fair import stage
from benchmarks.fair.attackers import FLOODS
from benchmarks.fair.attacks import ATTACKS
from benchmarks.fair.client import work
from benchmarks.fair.measuring import MOST_MIB, attacker_of
from benchmarks.fair.stage import FAIR, Past, Server, Stage
from benchmarks.http_load import Connection

PAST = Past(entries=20_000, holds=2_000)
SECONDS = 1.0
FEW = 20
PATIENCE = 60.0
"""The fair client gets so few answers beside the attack within so many seconds, on any machine. It
gets as many in a blink alone; an attack that stops a server leaves it one in ten seconds."""
WORST = (
    "brackets and quotes",
    "usage?limit=1",
    "batches misspelt",
    "headers without end",
    "replies that nobody reads",
)
EVERY = [
    pytest.param(name, marks=() if name in WORST else pytest.mark.prove)
    for name in (*ATTACKS, *FLOODS)
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Stage]:
    path = tmp_path_factory.mktemp("fair") / "base.db"
    return path, stage.build(str(path), PAST, lambda said: None)


@pytest.fixture
def server(base: tuple[Path, Stage]) -> Iterator[Server]:
    with fresh(base[0]) as path, stage.serving(str(path), base[1]) as server:
        yield server


def answers(server: Server, name: str) -> int:
    """How many a client gets that asks one thing after the other, for a second, and on until it
    has got a few or lost patience; a refusal is no answer."""
    asked, found = work(server.target, FAIR, name), 0
    connection = Connection(server.target, PATIENCE)
    least, until = time.monotonic() + SECONDS, time.monotonic() + PATIENCE
    while (left := until - time.monotonic()) > 0:
        if found >= FEW and time.monotonic() > least:
            break
        connection.socket.settimeout(left)
        try:
            connection.send(next(asked), 0.0)
            while not connection.answered(whatever=True):
                connection.socket.settimeout(max(0.001, until - time.monotonic()))
        except TimeoutError:
            break
        found += connection.status.startswith(b"2")
    connection.socket.close()
    return found


@pytest.mark.parametrize("name", EVERY)
def test_others_are_answered_beside_an_attack(base: tuple[Path, Stage], server: Server, name: str):
    attacker = attacker_of(name, server, base[1], 60)
    assert attacker is not None
    try:
        assert answers(server, "alone") >= FEW
        attacker.begin()
        beside = answers(server, "beside")
        if name in FLOODS:  # which do their harm in time
            attacker.wait(seconds=5)
    finally:
        attacker.end()
    assert beside >= FEW, f"{beside} answers in {PATIENCE:.0f} seconds beside it"
    if sys.platform == "linux":
        assert server.peak_mib() <= MOST_MIB
