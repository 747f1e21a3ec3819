"""Two stores on one database, as two processes have them: compare-and-set, and nothing stale."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tallystick import Refused, Tallystick, commands
from tallystick.core.errors import DatabaseBusy, StoreError
from tallystick.engine.applier import Applier, ask
from tallystick.store import Conflict, Loaded, Unwritten, Wanted
from tallystick.store.sqlite import file
from tests.databases import one_queue
from tests.store.behind import read
from tests.store.decisions import intervene
from tests.store.shop import CATALOG, opened

KEY = "shop/acct_1"
OTHER = "shop/acct_2"
only_files = pytest.mark.parametrize("kind", ["sqlite"])


@pytest.fixture
def path(url: str) -> str:
    with opened(url) as shop:
        for account in ("acct_1", "acct_2"):
            shop.open_account(account)
            shop.grant(account, 100)
    return url


def loaded_by(shop: Tallystick, *keys: str) -> Loaded:
    store: Any = shop._transport.engine.store
    with store.deciding() as decision:
        return decision.load(Wanted(list(keys)))


def written_by(shop: Tallystick, batch: Any) -> Unwritten:
    store: Any = shop._transport.engine.store
    with store.deciding() as decision:
        decision.write(batch)
        return decision.written()


def charged_from(shop: Tallystick, loaded: Loaded, *accounts: str, key: str | None = None) -> Any:
    """The batch of charges, applied to what was loaded."""
    engine: Any = shop._transport.engine
    with engine.store.reading():
        history, now = engine.platforms.current("shop", engine.clock)
    applier = Applier(loaded, {"shop": now}, {"shop": history})
    for account in accounts:
        charge = commands.Charge(account, "Picture", {"images": 1}, key=key)
        applier.answer(ask("shop", charge, engine.open_quote))
    return applier.batch


def test_an_account_written_meanwhile_is_conflicted_and_nothing_of_it_is_written(path: str):
    with opened(path) as one, opened(path) as other:
        batch = charged_from(one, loaded_by(one, KEY), "acct_1")
        other.charge("acct_1", "Picture", images=10)
        assert written_by(one, batch) == Unwritten(conflicted=frozenset({KEY}))
        assert one.balance("acct_1").available == 90
        assert one.verify()


def test_the_other_accounts_of_a_batch_are_written_all_the_same(path: str):
    with opened(path) as one, opened(path) as other:
        batch = charged_from(one, loaded_by(one, KEY, OTHER), "acct_1", "acct_2", key="k")
        other.charge("acct_1", "Picture", images=10)
        assert written_by(one, batch) == Unwritten(conflicted=frozenset({KEY}))
        assert one.balance("acct_1").available == 90
        assert one.balance("acct_2").available == 99
        assert [each["account"] for each in read(path, "journal") if each["key"]] == [OTHER]
        assert one.verify()


def test_an_account_opened_meanwhile_is_conflicted(path: str):
    with opened(path) as one, opened(path) as other:
        engine: Any = one._transport.engine
        loaded = loaded_by(one, "shop/new")
        with engine.store.reading():
            history, now = engine.platforms.current("shop", engine.clock)
        applier = Applier(loaded, {"shop": now}, {"shop": history})
        applier.answer(ask("shop", commands.OpenAccount("new", name="One"), engine.open_quote))
        other.open_account("new", name="Other")
        assert written_by(one, applier.batch).conflicted == {"shop/new"}
        assert one.account("new").name == "Other"
        assert one.verify()


class Stale:
    """Gives a shop's first loads an account as it was, as a race would make them."""

    def __init__(self, shop: Tallystick):
        self._store: Any = shop._transport.engine.store
        intervene(shop, load=self.load)
        self.times = 0
        self.asked: list[list[str]] = []
        self.remember()

    def remember(self) -> None:
        with self._store.reading():
            self._old = self._store.load(Wanted([KEY]))

    def load(self, load: Any, wanted: Wanted, *now: Any) -> Loaded:
        self.asked.append(wanted.accounts)
        loaded = load(wanted, *now)
        if self.times:
            self.times -= 1
            old = deepcopy(self._old)
            loaded.accounts |= old.accounts
            loaded.stamps = loaded.stamps | old.stamps  # not what this transaction has read
        return loaded


@pytest.mark.parametrize("races_lost", [1, 3, 7])
def test_a_lost_race_is_applied_again_to_what_the_other_wrote(path: str, races_lost: int):
    with opened(path) as one, opened(path) as other:
        stale = Stale(one)
        other.charge("acct_1", "Picture", images=98)
        stale.times = races_lost
        assert one.charge("acct_1", "Picture", images=2).balance_before == 2
        other.grant("acct_1", 1)
        stale.remember()
        stale.times = races_lost
        other.charge("acct_1", "Picture", images=1)
        with pytest.raises(Refused, match="0 are available"):
            one.charge("acct_1", "Picture", images=1)
        assert one.verify()


@one_queue
def test_a_command_that_lost_no_race_is_applied_once(path: str):
    """Of a batch only the accounts that others wrote are applied again."""
    with opened(path) as one, opened(path) as other:
        stale = Stale(one)
        other.charge("acct_1", "Picture", images=10)
        stale.times = 1
        stale.asked.clear()
        charges = [commands.Charge(each, "Picture", {"images": 1}) for each in ("acct_1", "acct_2")]
        assert [each.balance_before for each in one.execute(charges)] == [90, 100]
        assert stale.asked == [[KEY, OTHER], [KEY]]
        assert one.verify()


def test_races_lost_for_ever_end_in_an_error_and_nothing_is_written(path: str):
    with opened(path) as one, opened(path) as other:
        stale = Stale(one)
        other.charge("acct_1", "Picture", images=98)
        stale.times = 100
        with pytest.raises(Conflict):
            one.charge("acct_1", "Picture", images=1)
        stale.times = 0
        assert one.balance("acct_1").available == 2
        assert one.charge("acct_1", "Picture", images=1).balance_after == 1


def test_what_is_read_together_was_so_at_one_moment(path: str):
    with opened(path) as one, opened(path) as other:
        store: Any = one._transport.engine.store
        with store.reading():
            before = store.load(Wanted([KEY])).accounts[KEY]
            other.charge("acct_1", "Picture", images=1)
            assert store.load(Wanted([KEY])).accounts[KEY] == before
            assert store.entries(KEY)[-1].seq == before.account.seq
        assert one.balance("acct_1").available == 99


def test_what_one_process_publishes_prices_the_next_charge_of_another(path: str):
    with opened(path) as one, opened(path) as other:
        assert other.charge("acct_1", "Picture", images=1).credits == 1
        one.publish(CATALOG.replace("credits: 1,", "credits: 7,"))
        assert other.charge("acct_1", "Picture", images=1).credits == 7
        assert other.quote("Picture", images=2).credits == 14


def test_one_process_moves_the_test_clock_of_all(url: str):
    path = url
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


def test_what_another_process_wrote_is_never_taken_from_memory(path: str):
    """What a process wrote itself is no excuse for not seeing what another wrote since."""
    with opened(path) as one, opened(path) as other:
        for spent in range(0, 40, 4):
            assert one.charge("acct_1", "Picture", images=1).balance_before == 100 - spent
            assert other.charge("acct_1", "Picture", images=3).balance_before == 99 - spent
        assert one.verify()


def test_nobody_is_refused_by_a_balance_that_another_process_has_changed(path: str):
    """A refusal writes nothing, so no compare-and-set would notice that it was out of date."""
    with opened(path) as one, opened(path) as other:
        one.charge("acct_1", "Picture", images=100)
        other.grant("acct_1", 5)
        assert one.charge("acct_1", "Picture", images=5).balance_after == 0
        assert one.verify()


@only_files
def test_a_file_that_others_hold_for_too_long_is_busy(path: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(file, "BUSY_TIMEOUT_MS", 50)
    with opened(path) as one, opened(path) as other:
        store: Any = one._transport.engine.store
        with store.writing(), pytest.raises(DatabaseBusy, match="try again"):
            other.charge("acct_1", "Picture", images=1)
        assert other.charge("acct_1", "Picture", images=1).balance_after == 99


# All or nothing


def grants(*keys: str | None) -> list[commands.Command]:
    return [commands.GrantCredits("acct_1", 5, key=key) for key in keys]


def whole(shop: Tallystick, *keys: str | None) -> list[Any]:
    return shop.execute(grants(*keys), all_or_nothing=True)


def loses_answers(shop: Tallystick, times: int, before: bool) -> None:
    """Nobody hears of so many batches whether they were written: none was where it was lost
    `before`."""
    left = [times]

    def load(real: Any, *asked: Any) -> Loaded:
        loaded = real(*asked)
        left[0] -= 1
        return loaded

    def write(real: Any, batch: Any) -> None:
        if left[0] < 0 or not before:
            real(batch)

    def written(real: Any) -> Unwritten:
        lost = real()
        return lost if left[0] < 0 else Unwritten(unknown=frozenset({KEY}))

    intervene(shop, load=load, write=write, written=written)


@pytest.mark.parametrize("before", [True, False])
def test_with_keys_all_of_it_is_asked_again_where_nobody_knows(path: str, before: bool):
    with opened(path) as shop:
        loses_answers(shop, 2, before)
        answers = whole(shop, "a", "b")
        assert [each.credits for each in answers] == [5, 5]
        assert shop.balance("acct_1").available == 110
        assert [each.seq for each in whole(shop, "a", "b")] == [each.seq for each in answers]
        assert shop.verify()


@pytest.mark.parametrize("keys", [(None, None), ("a", None), (None, "b")])
@pytest.mark.parametrize("before", [True, False])
def test_without_a_key_every_answer_says_that_nobody_knows(
    path: str, keys: tuple[str | None, str | None], before: bool
):
    """All of it was written or none: no answer says that another one is why it was not."""
    with opened(path) as shop:
        loses_answers(shop, 1, before)
        answers = whole(shop, *keys)
        assert {type(each) for each in answers} == {StoreError}
        assert all("not known whether it was" in str(each) for each in answers)
        assert shop.balance("acct_1").available == (100 if before else 110)
        assert shop.verify()


def test_all_of_a_batch_that_lost_every_race_says_so(path: str):
    with opened(path) as shop:
        intervene(shop, write=lambda real, batch: None,
                  written=lambda real: Unwritten(conflicted=frozenset({KEY})))  # fmt: skip
        answers = whole(shop, "a", None)
        assert {type(each) for each in answers} == {Conflict}
        assert [type(each) for each in shop.execute(grants("a", None))] == [Conflict, Conflict]


def test_a_batch_of_which_all_is_written_or_nothing_is_told_as_others_are(path: str):
    sizes: list[int] = []
    with opened(path) as shop:
        shop._transport.engine.on_batch = sizes.append
        whole(shop, "a", "b", None)
    assert sizes == [3]
