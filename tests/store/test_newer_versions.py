"""An older version that is at work while a newer one migrates: it notices, and stops."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick import Tallystick
from tallystick.core.errors import NewerDatabase
from tallystick.scheduler import Sweeper
from tests.store.behind import changed, connected
from tests.store.shop import CATALOG, opened


@pytest.fixture(autouse=True)
def looked_at_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is looked at once a second is looked at each time, so that no test waits."""
    monkeypatch.setattr("tallystick.store.sqlite.transactions.LOOK_SECONDS", 0.0)
    monkeypatch.setattr("tallystick.store.postgres.store.LOOK_SECONDS", 0.0)


def migrated_by_a_newer_version(url: str, kind: str) -> None:
    if kind == "sqlite":
        with connected(url) as connection:
            connection.execute("pragma user_version = 99")
    else:
        changed(url, "insert into migrations (number) values (99)")


def asked(shop: Tallystick) -> list[Any]:
    engine = shop._transport.engine
    return [
        lambda: shop.charge("acct_1", "Picture", images=1),
        lambda: shop.balance("acct_1"),
        lambda: shop.quote("Picture", images=1),
        lambda: shop.publish(CATALOG.replace("name: Shop", "name: Shop 2")),
        engine.check,
        lambda: Sweeper(engine).sweep(),
    ]


def test_an_older_version_stops_when_a_newer_one_has_migrated(kind: str, bare_url: str):
    with opened(bare_url) as shop:
        shop.open_account("acct_1")
        shop.grant("acct_1", 100)
        shop.charge("acct_1", "Picture", images=1)
        migrated_by_a_newer_version(bare_url, kind)
        for ask in asked(shop):
            with pytest.raises(NewerDatabase, match="schema 99"):
                ask()
