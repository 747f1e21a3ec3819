"""The way back: accounts that a clock ahead of time took along, as if it had never been wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from msgspec import Raw
from msgspec.structs import replace

from tallystick import StoreError, Tallystick
from tallystick.audit.archive import archive
from tallystick.audit.clock_repair import repair
from tallystick.cli import main
from tallystick.core.account import evolve
from tallystick.core.checkpoint import Play, beginning
from tallystick.core.instants import parse
from tallystick.core.journal import DecidedEntry, write
from tallystick.results.clock_repair import ClockRepair
from tallystick.scheduler import Sweeper
from tallystick.store import Batch, StoredAccount, Wanted
from tallystick.testing import TestClock
from tests.databases import fresh_database
from tests.machine import DAY, Machine
from tests.scheduler.people import CATALOG, engine_of

START = "2026-01-31T10:00:00Z"
NOW = "2026-02-10T12:00:00Z"
AHEAD = "2027-03-17T12:00:00Z"
LATER = "2026-05-01T00:00:00Z"


def live(credits: Tallystick, clock: TestClock) -> None:
    """Somebody with everything that can fall due, on the tenth day of a month."""
    credits.open_account("ada", members={"owl": None})
    credits.subscribe("ada", "Basic")
    credits.top_up("ada", 50)
    credits.grant("ada", 20, expires_at="2026-03-01T00:00:00Z")
    credits.charge("ada", "Dot", images=30)
    credits.open_account("ben")
    credits.subscribe("ben", "Studio", paid_through="2026-03-31T10:00:00Z")
    credits.open_account("cleo")
    credits.subscribe("cleo", "Studio")
    credits.change_plan("cleo", "Basic")
    credits.open_account("idle")
    clock.advance_to(NOW)
    credits.charge("ada", "Dot", key="today")
    credits.hold("ada", "Clip", seconds=2, key="held")
    credits.hold("ben", "Clip", seconds=1)


@contextmanager
def lived(url: str) -> Iterator[tuple[Tallystick, TestClock]]:
    clock = TestClock(START)
    with Tallystick.open(url, catalog=CATALOG, clock=clock) as credits:
        live(credits, clock)
        yield credits, clock


def at_a_wrong_clock(url: str, work: Callable[[Tallystick], object]) -> None:
    with Tallystick.open(url, catalog=CATALOG, clock=TestClock(AHEAD)) as wrong:
        work(wrong)


def swept(credits: Tallystick) -> None:
    Sweeper(engine_of(credits)).sweep()


def repaired(credits: Tallystick, preview: bool = False) -> ClockRepair:
    return repair(engine_of(credits), ["small"], preview)


def shown(credits: Tallystick, account: str) -> Any:
    """Everything an account is shown to have, but for the number of its last entry."""
    found = json.loads(credits.balance(account).to_json())
    found.pop("seq")
    return found


def same(one: Tallystick, other: Tallystick) -> None:
    for account in ("ada", "ben", "cleo", "idle"):
        assert shown(one, account) == shown(other, account)
        assert one.holds(account) == other.holds(account)
        assert one.account(account).members == other.account(account).members


def without_ids(shown: Any) -> Any:
    """What was granted since the repair is named by other entries."""
    return {**shown, "grants": [{**grant, "grant": None} for grant in shown["grants"]]}


def test_a_repaired_account_is_one_on_which_the_clock_was_never_wrong(url):
    with lived(url) as (credits, clock), lived(":memory:") as (sound, other):
        at_a_wrong_clock(url, swept)
        assert shown(credits, "ada") != shown(sound, "ada")
        assert [each.account for each in repaired(credits).repaired] == ["ada", "ben", "cleo"]
        assert credits.verify()
        same(credits, sound)
        for mine in (credits, sound):
            mine.settle("ada", mine.holds("ada")[0].hold, seconds=1)
            mine.charge("ben", "Dot", images=3)
        same(credits, sound)
        for each in (clock, other):
            each.advance_to(LATER)
        for account in ("ada", "ben", "cleo"):
            mine, theirs = shown(credits, account), shown(sound, account)
            assert without_ids(mine) == without_ids(theirs)
            assert (mine["cycle"], mine["subscription"]) == (
                theirs["cycle"],
                theirs["subscription"],
            )
        swept(credits)
        assert credits.verify()


def test_a_preview_changes_nothing_and_says_what_would_be(url):
    with lived(url) as (credits, _):
        before = shown(credits, "ada")
        at_a_wrong_clock(url, swept)
        moved = {name: credits.account(name).seq for name in ("ada", "ben", "cleo")}
        told = repaired(credits, preview=True)
        assert (told.preview, told.accounts, told.accounts_repaired, told.accounts_left) == (
            True, 4, 3, 0,
        )  # fmt: skip
        ada = told.repaired[0]
        assert ada.available_after == before["available"]
        assert ada.back_to + ada.entries == moved["ada"]
        assert f"{ada.renews_at:%Y-%m-%d}" == "2026-02-28"
        assert {name: credits.account(name).seq for name in moved} == moved


def test_it_is_done_once(url):
    with lived(url) as (credits, _):
        at_a_wrong_clock(url, swept)
        assert repaired(credits).accounts_repaired == 3
        again = repaired(credits)
        assert (again.accounts_repaired, again.accounts_left) == (0, 0)


def test_a_clock_that_goes_wrong_twice_is_repaired_twice(url):
    with lived(url) as (credits, clock), lived(":memory:") as (sound, other):
        for _ in range(2):
            at_a_wrong_clock(url, swept)
            assert repaired(credits).accounts_repaired == 3
            for mine, each in ((credits, clock), (sound, other)):
                each.advance("1d")
                mine.charge("ada", "Dot")
                mine.charge("ben", "Dot")
                mine.charge("cleo", "Dot")
        assert [without_ids(shown(credits, name)) for name in ("ada", "ben")] == [
            without_ids(shown(sound, name)) for name in ("ada", "ben")
        ]
        assert credits.verify()


def test_nothing_is_removed_and_the_statement_says_what_happened(url):
    with lived(url) as (credits, _):
        at_a_wrong_clock(url, swept)
        before = credits.entries("ada", limit=1_000)
        repaired(credits)
        entries = credits.entries("ada", limit=1_000)
        assert entries[:-1] == before
        last = entries[-1]
        assert last.kind == "clock_repaired"
        assert last.text.startswith("Set aside: what fell due too soon after entry ")
        assert last.balance_after == last.balance_before + last.credits
        assert sum(each.credits for each in last.postings) == 0
        assert last.at < entries[-2].at


def test_balances_of_the_past_are_those_of_a_sound_clock(url):
    days = ["2026-02-05T00:00:00Z", "2026-02-20T00:00:00Z", "2026-04-10T00:00:00Z"]
    with lived(url) as (credits, clock), lived(":memory:") as (sound, other):
        at_a_wrong_clock(url, swept)
        repaired(credits)
        for each in (clock, other):
            each.advance_to(LATER)
        for mine in (credits, sound):
            mine.charge("ada", "Dot")
        for day in days:
            mine, theirs = (each.balance("ada", as_of=day) for each in (credits, sound))
            assert (mine.available, mine.held) == (theirs.available, theirs.held), day


def test_an_account_that_somebody_used_since_is_left_and_said(url):
    with lived(url) as (credits, _):

        def used(wrong: Tallystick) -> None:
            swept(wrong)
            wrong.charge("ada", "Dot")

        at_a_wrong_clock(url, used)
        seq = credits.account("ada").seq
        told = repaired(credits)
        assert [each.account for each in told.repaired] == ["ben", "cleo"]
        (ada,) = told.left
        assert ada.account == "ada"
        assert "(granted) was asked for since" in ada.why
        assert ada.lapsed == 20 + 80 + 9, "the promotion, the rest of the cycle and of the day"
        assert credits.account("ada").seq == seq
        assert credits.verify()


def test_a_test_platform_is_none_of_its_business(url):
    with lived(url) as (credits, _):
        other = CATALOG.replace("platform: small", "platform: trial")
        with Tallystick.open(url, catalog=other, test_clock="2030-01-31T10:00:00Z") as trial:
            trial.open_account("ada")
        told = repair(engine_of(credits), ["small", "trial"])
        assert (told.accounts, told.accounts_repaired, told.accounts_left) == (4, 0, 0)


def test_an_archive_goes_on_over_what_was_set_aside(url, tmp_path, monkeypatch):
    monkeypatch.setattr("tallystick.audit.archive.REMOVED_ENTRIES", 3)
    with lived(url) as (credits, clock):
        at_a_wrong_clock(url, swept)
        repaired(credits)
        clock.advance_to("2026-06-01T00:00:00Z")
        credits.charge("ada", "Dot")
        archived = archive(engine_of(credits), ["small"], "31d", tmp_path / "archive")
        assert archived.lines > 20
        assert credits.verify(archive=tmp_path / "archive")
        assert credits.verify()
        clock.advance("3mo")
        credits.charge("ada", "Dot")
        assert credits.verify(archive=tmp_path / "archive")


# The proof of a repair


def _forged(credits: Tallystick, change: Callable[[Any], Any], at: str = NOW) -> list[str]:
    """What verify says of a journal whose last entry, a repair, was written otherwise: with every
    hash, balance and state as that entry gives them."""
    store, key = engine_of(credits).store, "small/ada"
    with store.reading():
        *entries, last = store.entries(key)
        held = store.holds(key, open_only=False)
    play = Play(beginning("ada"))
    for entry in entries:
        play.follow(entry)
    before, event = play.account, replace(last.event, **change(last.event))
    after = evolve(before, last.seq, parse(at, "at"), event)
    happened = DecidedEntry(last.seq, parse(at, "at"), event, before.available, after.available)
    entry = write(key, happened, play.head)
    _overwrite(credits, key, StoredAccount(after, entry.hash), entry, held)
    return [each.message for each in credits.verify().problems if each.account == "ada"]


def _overwrite(credits: Tallystick, key: str, stored: Any, entry: Any, held: Any) -> None:
    store = engine_of(credits).store
    with store.writing():
        store._writer.execute("delete from journal where account = ? and seq = ?", (key, entry.seq))
    with store.deciding() as decision:
        stamps = decision.load(Wanted([key])).stamps
        holds = {(key, hold.id): hold for hold in held}
        decision.write(Batch(stamps, {key: stored}, [(key, entry)], holds))
        decision.written()


FORGERIES = {
    "an older line": (lambda event: {"back_to": event.back_to - 1}, "did not fall due later"),
    "no line of all": (lambda event: {"back_to": 10_000}, "which is not before it"),
    "postings left out": (lambda event: {"reversed": event.reversed[1:]}, "do not sum to zero"),
    "another hash of holds": (lambda event: {"closed": b"x" * 32}, "not what the entries before"),
    "another account": (
        lambda event: {"account": Raw(bytes(event.account).replace(b"basic", b"studio"))},
        "not what the entries before",
    ),
    "no holds": (lambda event: {"holds": Raw(b"[]")}, "not what the entries before"),
}


@pytest.mark.parametrize(("change", "said"), FORGERIES.values(), ids=FORGERIES)
def test_a_repair_that_sets_aside_something_else_is_found(tmp_path, change, said):
    url = str(tmp_path / "credits.db")
    with lived(url) as (credits, _):
        at_a_wrong_clock(url, swept)
        repaired(credits)
        assert any(said in message for message in _forged(credits, change))


def test_a_repair_that_is_written_anew_as_it_was_proves_itself(tmp_path):
    url = str(tmp_path / "credits.db")
    with lived(url) as (credits, _):
        at_a_wrong_clock(url, swept)
        repaired(credits)
        assert _forged(credits, lambda event: {}) == []


# The machine's clock, and the shell


def test_the_shell_goes_from_a_wrong_clock_back(tmp_path, machine: Machine, capsys):
    url = str(tmp_path / "credits.db")

    def code(entry: str) -> int:
        capsys.readouterr()
        return main([*entry.split(), "--db", url])

    with Tallystick.open(url, catalog=CATALOG) as credits:
        credits.open_account("ada")
        credits.subscribe("ada", "Basic")
        before = shown(credits, "ada")
    machine.ahead = 400 * DAY
    Tallystick.open(url, accept_clock=True).close()  # somebody believed it
    assert code("work --once") == 0
    machine.ahead = 0
    assert code("clock repair") == 3
    assert "confirm it first" in capsys.readouterr().err.replace("\n", " ")
    assert code("clock accept") == 0
    assert code("clock repair --json") == 0
    assert json.loads(capsys.readouterr().out)["preview"] is True
    assert code("clock repair --apply") == 0
    assert "1 account repaired" in capsys.readouterr().out
    assert code("clock repair") == 0
    assert "No account is ahead" in capsys.readouterr().out
    with Tallystick.open(url) as credits:
        after = shown(credits, "ada")
        for what in ("available", "held", "cycle", "subscription"):
            assert after[what] == before[what]
        assert credits.verify().notes == ()


def test_verify_tells_of_accounts_that_stand_ahead(tmp_path, machine: Machine):
    url = str(tmp_path / "credits.db")
    with Tallystick.open(url, catalog=CATALOG) as credits:
        credits.open_account("ada")
        credits.subscribe("ada", "Basic")
    machine.ahead = 400 * DAY
    with Tallystick.open(url, accept_clock=True) as credits:
        swept(credits)
    machine.ahead = 0
    with Tallystick.open(url) as credits:
        report = credits.verify()
        assert report
        assert any("1 account stands ahead of now" in note for note in report.notes)


def test_a_clock_in_doubt_repairs_nothing(machine: Machine):
    with fresh_database("postgres") as url, Tallystick.open(url, catalog=CATALOG) as credits:
        credits.open_account("ada")
        machine.ahead = -400 * DAY
        with pytest.raises(StoreError, match="this machine's clock says"):
            repaired(credits)


def test_an_account_that_is_written_meanwhile_is_looked_at_again(url):
    with lived(url) as (credits, _):
        at_a_wrong_clock(url, swept)
        store = engine_of(credits).store
        deciding, calls = store.deciding, []

        @contextmanager
        def conflicted(*given: Any) -> Iterator[Any]:
            if not calls:
                calls.append(1)
                at_a_wrong_clock(url, lambda wrong: wrong.set_member("cleo", "owl"))
            with deciding(*given) as decision:
                yield decision

        store.deciding = conflicted
        told = repaired(credits)
        assert [each.account for each in told.repaired] == ["ada", "ben"]
        assert [each.account for each in told.left] == ["cleo"]
        store.deciding = deciding
        assert credits.verify()
