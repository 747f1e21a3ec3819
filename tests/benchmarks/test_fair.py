"""Every endpoint is attacked by a key of its narrowest scope, and what is measured is that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.engine import fresh
from benchmarks.fair import measuring, stage
from benchmarks.fair.attackers import FLOODS
from benchmarks.fair.attacks import ATTACKS, KEY, Sender
from benchmarks.fair.client import Fair, work
from benchmarks.fair.measuring import HONEST, NOBODY, Asked, Scale
from benchmarks.fair.stage import FAIR, Past, Server, Stage
from benchmarks.http_load import Connection
from tallystick.wire.endpoints import ENDPOINTS

TINY = Scale(seconds=0.5, past=Past(entries=200, holds=20))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Stage]:
    path = tmp_path_factory.mktemp("fair") / "base.db"
    return path, stage.build(str(path), TINY.past, lambda said: None)


@pytest.fixture(scope="module")
def server(base: tuple[Path, Stage]) -> Iterator[Server]:
    with fresh(base[0]) as path, stage.serving(str(path), base[1]) as server:
        yield server


def test_every_endpoint_is_attacked():
    attacked = {name for each in ATTACKS.values() for name in each.endpoints}
    assert attacked == {each.name for each in ENDPOINTS}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
def test_it_is_attacked_with_one_of_its_own_scopes(endpoint):
    scopes = {each.scope for each in ATTACKS.values() if endpoint.name in each.endpoints}
    assert scopes & set(endpoint.scopes)


SOUND = {name: each for name, each in ATTACKS.items() if each.scope and "misspelt" not in name}
HARD = ("brackets and quotes", "a prompt cut short", "a name twice", "empty lists", "long numbers",
        "escapes", "rollbacks to what is in force")  # fmt: skip


@pytest.mark.parametrize("name", [name for name in SOUND if name not in HARD])
def test_an_attack_is_let_in(base: tuple[Path, Stage], server: Server, name: str):
    """What is turned away at once attacks nothing."""
    attack = SOUND[name]
    replies: Counter[bytes] = Counter()
    for number, request in enumerate(attack.requests(Sender(server.target, base[1], attack.scope))):
        connection = Connection(server.target, 30)
        connection.send(request.replace(KEY, KEY[:-4] + b"%04d" % number), 0.0)
        while not connection.answered(whatever=True):
            pass
        connection.socket.close()
        replies[connection.status] += 1
    assert not set(replies) & {b"400", b"401", b"404", b"405", b"413", b"415", b"500"}


def test_a_fair_client_alone_is_answered_everything(server: Server):
    (waits,) = Fair(server.target, [(work(server.target, FAIR, "alone"), 50.0)]).run(0.5)
    assert (len(waits.answered), waits.unanswered, waits.refused) == (25, [], 0)
    assert 0 < waits.percent(50) <= waits.percent(99)


def test_who_is_not_answered_has_waited_to_the_end(server: Server):
    """Nobody takes what a closed port is sent."""
    nowhere = server.target._replace(port=1)
    (waits,) = Fair(nowhere, [(work(nowhere, FAIR, "lost"), 50.0)], patience=0.2).run(0.3)
    assert (len(waits.answered), len(waits.unanswered)) == (0, 15)
    assert waits.percent(99) >= 0.2


@pytest.mark.prove
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_each_attack_is_measured_on_its_own_server(kind: str, monkeypatch):
    monkeypatch.setattr(measuring, "QUICK", TINY)
    names = (NOBODY, HONEST, "usage?limit=1", "wrong keys", next(iter(FLOODS)))
    found = measuring.measure(1, True, lambda said: None, None, Asked(names, kind))
    measured = {figure.name: figure.median for figure in found.figures}
    for name in names:
        assert measured[f"{name}: p99 alone"] > 0
        assert measured[f"{name}: p99 beside it"] > 0
        assert measured[f"{name}: of the attacker answered"] > 0 or name == NOBODY
    assert [check.at_most for check in found.checks] == [3.0, 256.0] * len(names)
