"""Two stores on one file, as two processes have them: compare-and-set, and nothing stale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tallystick import Refused, Tallystick, commands
from tallystick.core.errors import DatabaseBusy
from tallystick.store import Conflict, Unwritten, Wanted, sqlite_file
from tallystick.store.sqlite import SqliteStore
from tests.store.shop import CATALOG, opened

KEY = "shop/acct_1"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with opened(tmp_path / "credits.db") as shop:
        shop.open_account("acct_1")
        shop.grant("acct_1", 100)
    return tmp_path / "credits.db"


def test_an_account_written_meanwhile_is_a_conflict_and_nothing_is_written(path: Path):
    with opened(path) as one, opened(path) as other:
        store: Any = one._door.engine.store
        with store.deciding():
            loaded = store.load(Wanted([KEY]))
        other.charge("acct_1", "Picture", images=10)
        batch = charged_from(one, loaded)
        with store.deciding():
            assert store.write(batch) == Unwritten(overtaken=frozenset({KEY}))
        assert one.balance("acct_1").available == 90
        assert one.verify()


def charged_from(shop: Tallystick, loaded: Any) -> Any:
    """The batch of a charge, folded on what was loaded."""
    from tallystick.engine.fold import Fold, ask

    engine: Any = shop._door.engine
    with engine.store.reading():
        history, now = engine.platforms.current("shop", engine.clock)
    asked = ask("shop", commands.Charge("acct_1", "Picture", {"images": 1}), engine.open_quote)
    fold = Fold(loaded, {"shop": now}, {"shop": history})
    fold.answer(asked)
    return fold.batch


class Stale(SqliteStore):
    """A store whose first reads of an account are old, as a race would make them."""

    old: Any = None
    times = 0

    def _accounts(self, keys: Any) -> Any:
        if self.times:
            self.times -= 1
            return dict(self.old)
        return super()._accounts(keys)


@pytest.mark.parametrize("races_lost", [1, 3, 7])
def test_a_lost_race_is_folded_again_on_what_the_other_wrote(path: Path, races_lost: int):
    with opened(path) as one, opened(path) as other:
        store = stale(one, path)
        other.charge("acct_1", "Picture", images=98)
        store.times = races_lost
        assert one.charge("acct_1", "Picture", images=2).balance_before == 2
        other.grant("acct_1", 1)
        store.old, store.times = old_rows(store), races_lost
        other.charge("acct_1", "Picture", images=1)
        with pytest.raises(Refused, match="0 are available"):
            one.charge("acct_1", "Picture", images=1)
        assert one.verify()


def test_races_lost_for_ever_end_in_an_error_and_nothing_is_written(path: Path):
    with opened(path) as one, opened(path) as other:
        store = stale(one, path)
        other.charge("acct_1", "Picture", images=98)
        store.times = 100
        with pytest.raises(Conflict):
            one.charge("acct_1", "Picture", images=1)
        store.times = 0
        assert one.balance("acct_1").available == 2
        assert one.charge("acct_1", "Picture", images=1).balance_after == 1


def stale(shop: Tallystick, path: Path) -> Stale:
    """Gives the shop a store that remembers how the account is now."""
    engine: Any = shop._door.engine
    engine.store.close()
    store = Stale(str(path))
    engine.store = engine.platforms._store = store
    store.old = old_rows(store)
    return store


def old_rows(store: Any) -> Any:
    with store.reading():
        return store._accounts([KEY])


def test_what_one_process_publishes_prices_the_next_charge_of_another(path: Path):
    with opened(path) as one, opened(path) as other:
        assert other.charge("acct_1", "Picture", images=1).credits == 1
        one.publish(CATALOG.replace("credits: 1,", "credits: 7,"))
        assert other.charge("acct_1", "Picture", images=1).credits == 7
        assert other.quote("Picture", images=2).credits == 14


def test_one_process_moves_the_test_clock_of_all(tmp_path: Path):
    path = tmp_path / "credits.db"
    start = "2026-01-31T10:00:00Z"
    with (
        Tallystick.open(path, catalog=CATALOG, test_clock=start) as one,
        Tallystick.open(path, platform="shop") as other,
    ):
        one.open_account("acct_1")
        one.grant("acct_1", 5, expires_at="2026-02-01T00:00:00Z")
        assert other.balance("acct_1").available == 5
        one.advance_clock(by="1d")
        assert other.balance("acct_1").available == 0
        with pytest.raises(Refused):
            other.charge("acct_1", "Picture", images=1)


def test_what_another_process_wrote_is_never_taken_from_memory(path: Path):
    """What a process wrote itself is no excuse for not seeing what another wrote since."""
    with opened(path) as one, opened(path) as other:
        for spent in range(0, 40, 4):
            assert one.charge("acct_1", "Picture", images=1).balance_before == 100 - spent
            assert other.charge("acct_1", "Picture", images=3).balance_before == 99 - spent
        assert one.verify()


def test_nobody_is_refused_by_a_balance_that_another_process_has_changed(path: Path):
    """A refusal writes nothing, so no compare-and-set would notice that it was out of date."""
    with opened(path) as one, opened(path) as other:
        one.charge("acct_1", "Picture", images=100)
        other.grant("acct_1", 5)
        assert one.charge("acct_1", "Picture", images=5).balance_after == 0
        assert one.verify()


def test_a_file_that_others_hold_for_too_long_is_busy(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sqlite_file, "BUSY_TIMEOUT_MS", 50)
    with opened(path) as one, opened(path) as other:
        store: Any = one._door.engine.store
        with store.writing(), pytest.raises(DatabaseBusy, match="try again"):
            other.charge("acct_1", "Picture", images=1)
        assert other.charge("acct_1", "Picture", images=1).balance_after == 99
