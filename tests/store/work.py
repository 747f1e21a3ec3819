"""How much a database did for an answer, counted: not how long it took."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tallystick import Tallystick
from tallystick.store.postgres.session import Session
from tallystick.store.sqlite import store as sqlite
from tallystick.store.sqlite.store import SqliteStore

STEP = 10
"""SQLite counts the instructions of its machine; a row that is looked at takes some of them."""


def work(shop: Tallystick, asked: Callable[[], Any]) -> int:
    """What the database did to answer `asked`: instructions on SQLite, rows on PostgreSQL."""
    store: Any = shop._transport.engine.store  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        counted = _instructions if isinstance(store, SqliteStore) else _rows
        total = counted(store, patch)
        asked()
    return total[0]


def _instructions(store: Any, patch: pytest.MonkeyPatch) -> list[int]:
    total = [0]

    def count() -> bool:
        total[0] += STEP
        return False

    def connected(*named: Any) -> Any:
        connection = connect(*named)
        connection.set_progress_handler(count, STEP)
        return connection

    connect = sqlite.connect
    patch.setattr(sqlite, "connect", connected)
    patch.setattr(store, "_idle_readers", [])
    return total


def _rows(store: Any, patch: pytest.MonkeyPatch) -> list[int]:
    """Every statement is explained before it is executed: the rows that its steps looked at."""
    total = [0]
    execute = Session.execute

    def explained(session: Session, statement: bytes, values: Any = None) -> Any:
        if statement.lstrip().startswith((b"select", b"with")):
            said = execute(session, b"explain (analyze, format json) " + statement, values)
            plan = said[0][0]
            total[0] += _seen((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
        return execute(session, statement, values)

    patch.setattr(Session, "execute", explained)
    return total


def _seen(step: Any) -> int:
    """The rows of a step and of those below it, with those that a filter threw away."""
    thrown = sum(count for name, count in step.items() if name.startswith("Rows Removed"))
    own = int((step["Actual Rows"] + thrown) * step["Actual Loops"])
    return own + sum(_seen(below) for below in step.get("Plans", ()))
