"""A machine whose clock is wrong drags no account along, whoever works on it."""

from __future__ import annotations

import json
import logging
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tallystick import InvalidRequest, StoreError, Tallystick, commands
from tallystick.cli import main
from tallystick.core.checkpoint import Play, beginning
from tallystick.engine import Engine, keys
from tallystick.scheduler import Sweeper, Worker
from tallystick.service.startup import open_engine
from tallystick.store.databases import open_store
from tallystick.testing import TestClock
from tests.databases import KINDS, fresh_database, stored
from tests.http.test_scheduler import counts, counts_once
from tests.machine import DAY, SECOND, Machine
from tests.patience import PATIENCE_SECONDS
from tests.scheduler.people import CATALOG, engine_of
from tests.scheduler.test_sweep import Kept
from tests.serving import Serving
from tests.store.behind import set_back_to

ACCOUNTS = [f"acct-{number}" for number in range(5)]
TEST_START = "2026-01-31T10:00:00Z"


def settle_in(url: str) -> None:
    """Five subscribers, by the machine's clock."""
    with Tallystick.open(url, catalog=CATALOG) as credits:
        for account in ACCOUNTS:
            credits.open_account(account)
            credits.subscribe(account, "Basic")
            credits.charge(account, "Dot", key="first")


@pytest.fixture
def living(url: str, machine: Machine) -> str:
    settle_in(url)
    return url


@pytest.fixture
def file(tmp_path: Path, machine: Machine) -> str:
    settle_in(str(tmp_path / "credits.db"))
    return str(tmp_path / "credits.db")


def written(url: str) -> dict[str, int]:
    """How many entries each account has."""
    with closing(open_store(url)) as store, store.reading():
        return {key: len(store.entries(key)) for key in store.accounts("small")}


def code_of(entry: str) -> int:
    return main(entry.split())


# The scheduler


def test_working_once_leaves_every_account_as_it_was(living, machine, capsys):
    before = written(living)
    machine.ahead = 400 * DAY
    assert code_of(f"work --once --db {living}") == 3
    assert "this machine's clock says" in capsys.readouterr().err.replace("\n", " ")
    assert written(living) == before
    machine.ahead = 0
    assert code_of(f"work --once --db {living}") == 0


def test_working_once_says_why_as_a_document(living, machine, capsys):
    machine.ahead = 400 * DAY
    assert code_of(f"work --once --json --db {living}") == 3
    assert json.loads(capsys.readouterr().out)["code"] == "wrong_clock"


def test_a_server_leaves_every_account_as_it_was_and_says_so(living, machine):
    before = written(living)
    machine.ahead = 400 * DAY
    with Serving(open_engine(living, None)[0], scheduler=True) as serving:
        found = counts_once(serving, lambda said: said["faults_total"] >= 1)
        assert (found["wrong_clock"], found["accounts_total"]) == (1, 0)
        ready = httpx2.get(f"{serving.url}/readyz", timeout=PATIENCE_SECONDS)
        assert (ready.status_code, ready.json()["ready"]) == (503, False)
        (why,) = ready.json()["not_ready"]
        assert re.match(r"the clock: this machine's clock says \d{4}-", why)
        assert "credits.db" not in why, "no key is asked for here, so no path is told"
        machine.ahead = 0
        found = counts_once(serving, lambda said: said["sweeps_total"] >= 1)
        assert found["wrong_clock"] == 0
        assert httpx2.get(f"{serving.url}/readyz", timeout=PATIENCE_SECONDS).json()["ready"] is True
    assert written(living) == before


def test_a_worker_takes_no_seat_at_a_wrong_instant(living, machine, caplog):
    """It would be taken until then: the others would wait for a worker that never comes."""
    machine.ahead = 400 * DAY
    with closing(open_engine(living, None)[0]) as engine:
        worker = Worker(engine)
        with pytest.raises(StoreError, match="this machine's clock says"):
            worker.work_once()
        with engine.store.reading():
            assert engine.store.worker_slots() == []
        with caplog.at_level(logging.ERROR):
            worker._watch.failed(StoreError("not this one"))
            worker._watch.failed(_refusal(engine))
    assert [each.getMessage()[:35] for each in caplog.records] == [
        "the scheduler stands still: this ma"
    ]


def _refusal(engine: Engine) -> Exception:
    answer = engine.execute("small", [commands.Advance(ACCOUNTS[0])])[0]
    assert isinstance(answer, Exception)
    return answer


def test_a_clock_that_goes_wrong_in_the_midst_of_a_sweep_ends_it(file, machine):
    """What is due is looked up at a sound instant, and was to be written at a wrong one."""
    machine.ahead = 34 * DAY
    before = written(file)
    with closing(open_engine(file, None)[0]) as engine:
        wrong = Sweeper(engine, rest=lambda _: setattr(machine, "ahead", 400 * DAY))
        with pytest.raises(StoreError, match="this machine's clock says"):
            wrong.sweep(watch=Kept())
    assert written(file) == before


# Commands


def test_a_command_is_refused_and_its_key_is_free_for_another_try(living, machine):
    before = written(living)
    with Tallystick.open(living) as credits:
        machine.ahead = 400 * DAY
        with pytest.raises(StoreError, match="Nothing was written"):
            credits.charge(ACCOUNTS[0], "Dot", key="k")
        assert written(living) == before
        machine.ahead = 0
        assert credits.charge(ACCOUNTS[0], "Dot", key="k").credits == 1


def test_what_was_answered_before_is_answered_all_the_same(living, machine):
    with Tallystick.open(living) as credits:
        first = credits.charge(ACCOUNTS[0], "Dot", key="first")
        machine.ahead = 400 * DAY
        assert credits.charge(ACCOUNTS[0], "Dot", key="first") == first


def test_nothing_is_published_quoted_or_archived_at_a_wrong_instant(living, machine, tmp_path):
    with Tallystick.open(living) as credits:
        source = CATALOG.replace("credits: 10", "credits: 11")
        machine.ahead = 400 * DAY
        refused = pytest.raises(StoreError, match="this machine's clock says")
        for ask in (
            lambda: credits.publish(source, key="p"),
            lambda: credits.quote("Dot"),
            lambda: credits.quote("Dot", account=ACCOUNTS[0]),
        ):
            with refused:
                ask()
        assert credits.catalog().newest == 1
        machine.ahead = 0
        assert credits.publish(source, key="p").version == 2
        assert credits.quote("Dot").credits == 1
    machine.ahead = 400 * DAY
    assert code_of(f"archive --before 30d --to {tmp_path / 'archive'} --db {living}") == 3


def test_balances_and_entries_are_still_shown(living, machine):
    with Tallystick.open(living) as credits:
        machine.ahead = 400 * DAY
        assert credits.balance(ACCOUNTS[0]).account == ACCOUNTS[0]
        assert credits.entries(ACCOUNTS[0])


def test_verify_says_it_and_finds_nothing_wrong_with_the_ledger(living, machine):
    with Tallystick.open(living) as credits:
        assert credits.verify().notes == ()
        machine.ahead = 400 * DAY
        report = credits.verify()
    assert report
    assert report.notes[0].startswith("this machine's clock says")


def test_over_http_it_is_a_503_and_the_same_error_in_the_client(living, machine):
    engine, _ = open_engine(living, None)
    api_key = keys.create(engine, "small", scopes=["all"]).api_key
    with Serving(engine) as serving:
        machine.ahead = 400 * DAY
        reply = httpx2.post(
            f"{serving.url}/v1/accounts/{ACCOUNTS[0]}/charges",
            headers={"authorization": f"Bearer {api_key}"},
            json={"model": "Dot"},
        )
        assert (reply.status_code, reply.json()["code"]) == (503, "wrong_clock")
        assert reply.headers["retry-after"] == "1"
        machine.ahead = 0
        assert counts(serving)["wrong_clock"] == 0


# Who is exempt


def test_a_clock_that_is_handed_in_is_taken_at_its_word(living, machine):
    with Tallystick.open(living, clock=TestClock("2031-01-31T10:00:00Z")) as credits:
        assert credits.charge(ACCOUNTS[0], "Dot").credits == 1
        assert credits.verify().notes == ()
        Sweeper(engine_of(credits)).sweep()
    machine.ahead = 0
    with Tallystick.open(living) as credits:
        assert credits.charge(ACCOUNTS[1], "Dot").credits == 1, "and it moves nobody else's"


def test_a_test_platform_lives_by_its_own_clock(url, machine):
    other = CATALOG.replace("platform: small", "platform: trial")
    settle_in(url)
    with Tallystick.open(url, catalog=other, test_clock=TEST_START) as trial:
        trial.open_account("ada")
        trial.subscribe("ada", "Basic")
        machine.ahead = 400 * DAY
        trial.advance_clock(by="40d")
        trial.charge("ada", "Dot")
        assert trial.quote("Dot").credits == 1
        trial.advance_clock(by="40d")
        engine, due = engine_of(trial), trial.account("ada").seq
        with pytest.raises(StoreError, match="this machine's clock says"):
            Sweeper(engine).sweep()
        with engine.store.reading():
            assert engine.store.entries("trial/ada")[-1].seq == due, "it was brought up to date"
        answers = engine.carry_out(
            [("trial", commands.Charge("ada", "Dot")), ("small", commands.Charge("acct-0", "Dot"))]
        )
    assert [isinstance(each.answer, StoreError) for each in answers] == [False, True]


def test_a_database_of_test_platforms_only_is_ready_whatever_the_clock_says(url, machine):
    with Tallystick.open(url, catalog=CATALOG, test_clock=TEST_START) as credits:
        machine.ahead = 400 * DAY
        assert engine_of(credits).clock_standing().doubt is None
        Sweeper(engine_of(credits)).sweep()


# PostgreSQL: the server's clock


@pytest.mark.parametrize("ahead", [61.5, -61.5])
def test_a_server_s_clock_has_to_agree_within_a_minute(machine, ahead):
    with fresh_database("postgres") as url:
        settle_in(url)
        with Tallystick.open(url) as credits:
            machine.ahead = int(ahead * SECOND)
            with pytest.raises(StoreError, match=r"may be 60 seconds apart and are 6\d seconds"):
                credits.charge("acct-0", "Dot")
            machine.ahead = int(ahead / abs(ahead) * 58 * SECOND)
            assert credits.charge("acct-0", "Dot").credits == 1
        strict = Tallystick.open(url, clock_drift_seconds=5)
        with strict, pytest.raises(StoreError, match="may be 5 seconds apart"):
            strict.charge("acct-0", "Dot")


def test_an_answer_that_is_slow_to_come_is_not_a_wrong_clock(machine):
    """The server's instant lies anywhere between the question and its answer."""
    with fresh_database("postgres") as url:
        settle_in(url)
        with Tallystick.open(url) as credits:
            store = engine_of(credits).store
            known = store.known_time

            def slow() -> Any:
                machine.ahead += 600 * SECOND
                found = known()
                machine.ahead += 600 * SECOND
                return found

            with store.reading():
                store.known_time = slow
                machine.ahead = -600 * SECOND
                assert engine_of(credits).clock_check.standing().doubt is None
                for ahead in (-1_300, 100):
                    machine.ahead = ahead * SECOND
                    assert engine_of(credits).clock_check.standing().doubt is not None


def test_there_is_nothing_to_accept_on_a_server(machine, capsys):
    with fresh_database("postgres") as url:
        settle_in(url)
        with pytest.raises(InvalidRequest, match="clock of its own"):
            Tallystick.open(url, accept_clock=True)
        assert code_of(f"clock accept --db {url}") == 2


# SQLite: the newest instant in the file


def test_an_idle_file_opens_and_works_with_a_note(file, machine, caplog):
    machine.ahead = 20 * DAY
    with Tallystick.open(file) as credits:
        (note,) = credits.verify().notes
        assert "is 20 days ahead of the newest instant in the database" in note
        with caplog.at_level(logging.WARNING):
            assert credits.charge("acct-0", "Dot").credits == 1
        assert [each.getMessage()[:39] for each in caplog.records] == [
            "the clock went on by 20 days at once: f"
        ]
        report = credits.verify()
        assert report
        assert report.notes[0].startswith("the clock went on by 20 days at once, from ")
    with Serving(open_engine(file, None)[0]) as serving:
        ready = httpx2.get(f"{serving.url}/readyz", timeout=PATIENCE_SECONDS).json()
    assert ready["ready"] is True
    assert ready["notes"] == list(report.notes)


def test_an_idle_file_of_more_than_35_days_is_confirmed_once(file, machine, capsys):
    machine.ahead = 36 * DAY
    with Tallystick.open(file) as credits, pytest.raises(StoreError, match="clock accept"):
        credits.charge("acct-0", "Dot")
    assert code_of(f"clock accept --db {file}") == 0
    assert "Accepted" in capsys.readouterr().out
    with Tallystick.open(file) as credits:
        assert credits.charge("acct-0", "Dot").credits == 1
        assert credits.verify().notes == ()
    assert code_of(f"clock accept --json --db {file}") == 0
    assert json.loads(capsys.readouterr().out)["accepted"] is False


def test_it_can_be_confirmed_when_it_is_opened_or_given_more_days(file, machine):
    machine.ahead = 60 * DAY
    with Tallystick.open(file, clock_ahead_days=61) as credits:
        assert credits.charge("acct-0", "Dot").credits == 1
    machine.ahead = 200 * DAY
    with Tallystick.open(file, accept_clock=True) as credits:
        assert credits.charge("acct-0", "Dot").credits == 1


def test_a_setting_of_the_environment_holds_for_the_shell(file, machine, monkeypatch):
    machine.ahead = 60 * DAY
    assert code_of(f"charge acct-0 Dot --db {file}") == 3
    monkeypatch.setenv("TALLYSTICK_CLOCK_AHEAD_DAYS", "61")
    assert code_of(f"charge acct-0 Dot --db {file}") == 0


def test_a_file_in_use_is_never_idle(file, machine):
    """Its scheduler alone is enough: nobody asks for anything for a year."""
    with closing(open_engine(file, None)[0]) as engine:
        worker = Worker(engine)
        for day in range(0, 365, 30):
            machine.ahead = day * DAY
            worker.work_once()
    with Tallystick.open(file) as credits:
        assert credits.charge("acct-0", "Dot").credits == 1


def test_the_newest_instant_costs_no_row_a_charge(file, machine):
    with Tallystick.open(file) as credits:
        before = stored(credits, "clock")
        for second in range(0, 590, 59):
            machine.ahead = second * SECOND
            credits.charge("acct-0", "Dot")
        assert stored(credits, "clock") == before
        machine.ahead = 700 * SECOND
        credits.charge("acct-0", "Dot")
        assert stored(credits, "clock") != before


def test_a_clock_that_was_ahead_is_told_and_accepting_the_right_one_arms_it_again(file, machine):
    machine.ahead = 400 * DAY
    Tallystick.open(file, accept_clock=True).close()
    machine.ahead = 0
    with Tallystick.open(file) as credits:
        (note,) = credits.verify().notes
        assert re.search(r"is (399|400) days ahead of this machine's clock", note)
        assert credits.charge("acct-0", "Dot").credits == 1
    Tallystick.open(file, accept_clock=True).close()
    machine.ahead = 40 * DAY
    with Tallystick.open(file) as credits, pytest.raises(StoreError, match="clock accept"):
        credits.charge("acct-0", "Dot")


@pytest.mark.parametrize("given", [{"clock_ahead_days": 0}, {"clock_drift_seconds": "60"}])
def test_a_limit_that_is_none_is_refused(given):
    with pytest.raises(InvalidRequest, match="must be a number from 1 to"):
        Tallystick.open(":memory:", catalog=CATALOG, **given)


def test_an_older_file_learns_its_newest_instant_from_its_accounts(file, machine):
    other = CATALOG.replace("platform: small", "platform: trial")
    with Tallystick.open(file, catalog=other, test_clock="2040-01-31T10:00:00Z") as trial:
        trial.open_account("ada")
    newest = _at_schema_4(file)
    machine.ahead = 36 * DAY
    with Tallystick.open(file, platform="small") as credits:
        with pytest.raises(StoreError, match="clock accept"):
            credits.charge("acct-0", "Dot")
        assert stored(credits, "clock") == [(1, newest, None, None, 0)]
        assert credits.verify(every_platform=True)


def _at_schema_4(file: str) -> int:
    """Take the clock's table away, as it was before; the newest instant of its real accounts."""
    with closing(open_store(file)) as store, store.reading():
        newest = 0
        for key in store.accounts("small"):
            play = Play(beginning(key))
            for entry in store.entries(key):
                play.follow(entry)
            newest = max(newest, play.account.at)
    set_back_to(file, 4)
    return newest


def test_a_copy_knows_what_its_source_knew(file, machine, tmp_path):
    target = str(tmp_path / "copy.db")
    assert code_of(f"copy {file} {target}") == 0
    machine.ahead = 36 * DAY
    with Tallystick.open(target) as credits, pytest.raises(StoreError, match="clock accept"):
        credits.charge("acct-0", "Dot")


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_platform_is_not_made_at_a_wrong_instant(kind, machine):
    other = CATALOG.replace("platform: small", "platform: other")
    with fresh_database(kind) as url:
        settle_in(url)
        machine.ahead = 400 * DAY
        with pytest.raises(StoreError, match="this machine's clock says"):
            Tallystick.open(url, catalog=other)
