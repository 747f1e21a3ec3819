"""A whole database from the shell: brought up to date, copied, migrated."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from tallystick.scheduler import Sweeper
from tallystick.store.databases import open_store, standing
from tests.cli.conftest import Shell
from tests.databases import KINDS, fresh_database

# copy


@pytest.fixture
def server() -> Iterator[str]:
    """A place for a database on PostgreSQL, in which nothing is."""
    with fresh_database("postgres", bare=True) as url:
        yield url


def ledger(shell: Shell, db: str) -> list[str]:
    """All that a database says of its account."""
    said = ["account show acct_1", "account entries acct_1", "account holds acct_1", "usage acct_1"]
    return [shell(f"{line} --db {shlex.quote(db)} --json").out for line in said]


def test_a_database_goes_to_a_server_and_back(artlist: Shell, server: str):
    artlist("hold acct_1 sora-2 seconds=1")
    artlist("charge acct_1 sora-2 seconds=2 --key one")
    artlist("charge acct_1 'Veo 3.1' audio=on seconds=100 --key two")
    first = ledger(artlist, "tallystick.db")
    copied = artlist(f"copy tallystick.db {server} --json").json
    assert (copied["from"], copied["to"]) == ("tallystick.db", server)
    assert copied["verified"] is True
    assert copied["problems"] == []
    back = artlist(f"copy {server} back.db --json").json
    numbers = ("platforms", "accounts", "lines", "refusals")
    assert [back[each] for each in numbers] == [copied[each] for each in numbers] == [1, 1, 5, 1]
    assert ledger(artlist, server) == ledger(artlist, "back.db") == first
    again = [
        artlist(f"charge acct_1 sora-2 seconds=2 --key one --db {db} --json").out
        for db in ("tallystick.db", server, "back.db")
    ]
    assert again[0] == again[1] == again[2]
    said = artlist("copy tallystick.db words.db")
    assert (said.code, said.err) == (0, "")
    assert "tallystick.db is copied to words.db: 1 platform, 1 account, 5 entries.\n" in said.out
    assert "Both are the same, and the copy agrees with its journal." in said.out


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_that_is_not_there_is_not_made(shell: Shell, folder: Path, kind: str):
    with fresh_database(kind, bare=True) as nothing:
        ran = shell(f"copy {nothing} to.db --json")
        assert (ran.code, ran.json["code"], ran.json["where"]) == (3, "no_database", "from")
        assert list(folder.iterdir()) == []
        assert standing(nothing).schema == 0
        assert kind == "postgres" or not Path(nothing).exists()


def test_a_target_that_has_the_platform_is_left_alone(artlist: Shell, server: str):
    for target in ("other.db", server):
        assert artlist(f"init artlist --db {target}").code == 0
        ran = artlist(f"copy tallystick.db {target} --json")
        assert (ran.code, ran.json["where"]) == (2, "to")
        assert "has artlist already; name an empty one" in ran.json["message"]
        assert artlist(f"account list --db {target} --json").json == []


@pytest.mark.parametrize("other", ["tallystick.db", "./tallystick.db", "sqlite:///tallystick.db"])
def test_a_database_is_not_copied_into_itself(artlist: Shell, other: str):
    ran = artlist(f"copy tallystick.db {other} --json")
    assert (ran.code, ran.json["where"]) == (2, "to")
    assert "the same database" in ran.json["message"]


def test_a_database_in_memory_is_neither_copied_nor_copied_to(artlist: Shell):
    assert artlist("copy :memory: to.db --json").json["where"] == "from"
    assert artlist("copy tallystick.db :memory: --json").json["where"] == "to"
    assert artlist("copy tallystick.db mysql://there --json").code == 2


def test_a_place_that_cannot_be_reached_ends_with_3(artlist: Shell, folder: Path, monkeypatch):
    monkeypatch.setattr("tallystick.store.postgres.connections.RECONNECT_SECONDS", 0.0)
    away = f"postgresql://ann:secret@/credits?host={folder}"
    for line in (f"copy tallystick.db {away}", f"copy {away} to.db"):
        ran = artlist(f"{line} --json")
        assert (ran.code, ran.json["code"]) == (3, "unreachable")
        assert "secret" not in ran.out
    assert not Path("to.db").exists()


def test_a_copy_that_does_not_prove_itself_says_where_and_ends_with_1(artlist: Shell):
    with closing(apsw.Connection("tallystick.db")) as connection:
        connection.execute("update journal set balance_after = 7 where seq = 2")
    ran = artlist("copy tallystick.db to.db")
    assert ran.code == 1
    assert "The copy failed verification: 2 problems" in ran.out
    assert "acct_1" in ran.out
    document = artlist("copy tallystick.db again.db --json").json
    assert document["verified"] is False
    assert {(each["account"], each["seq"]) for each in document["problems"]} == {("acct_1", 2)}


def test_a_copy_that_was_broken_off_says_that_it_is_not_whole(artlist: Shell):
    with closing(apsw.Connection("tallystick.db")) as connection:
        connection.execute("delete from journal where seq = 1")
    ran = artlist("copy tallystick.db to.db --json")
    assert ran.code == 3
    assert "entry 1 of artlist/acct_1 is missing" in ran.json["message"]
    assert "not whole: empty it before another try" in ran.json["message"]


# epoch


def test_the_epoch_is_shown_and_begun_by_hand(artlist: Shell):
    assert "is in epoch e1." in artlist("epoch").out
    begun = artlist("epoch --begin 'a snapshot was restored' --json").json
    assert begun["epoch"].startswith("e2-")
    assert [each["reason"] for each in begun["epochs"]] == ["", "a snapshot was restored"]
    (note,) = begun["notes"]
    for line in ("epoch", "verify"):
        assert f"Note: {note}." in artlist(line).out.replace("\n", " ")
    assert artlist("epoch --json").json == begun
    assert artlist("epoch --begin ''").code == 2
    assert artlist("epoch --db nowhere.db").code == 3


# migrate


def test_a_database_that_is_up_to_date_stays_as_it_is(artlist: Shell):
    for line in ("migrate", "migrate --check"):
        ran = artlist(line)
        assert (ran.code, ran.err) == (0, "")
        assert "tallystick.db is up to date: schema " in ran.out
    document = artlist("migrate --json").json
    assert document["before"] == document["after"]
    assert document["migrations"] == []


def test_what_is_to_be_done_is_said_before_it_is_done(artlist: Shell, server: str):
    ran = artlist(f"migrate --check --db {server}")
    assert ran.code == 1
    assert "has schema 0 and would be upgraded to" in ran.out
    assert f"tallystick migrate --db {server}" in ran.out.replace("'", "")
    checked = artlist(f"migrate --check --db {server} --json")
    assert (checked.code, checked.json["before"], checked.json["done"]) == (1, 0, False)
    assert checked.json["migrations"][0].startswith("0001_")
    done = artlist(f"migrate --db {server}")
    assert done.code == 0
    assert "was upgraded from schema 0 to" in done.out
    assert artlist(f"migrate --check --db {server}").code == 0
    with closing(open_store(server)) as store, store.reading():
        assert store.platforms() == []
    ran = artlist(f"account list --db {server}")
    assert (ran.code, "it has none yet" in ran.err) == (2, True)
    assert artlist(f"init artlist --db {server}").code == 0
    assert artlist(f"account list --db {server} --json").json == []


@pytest.mark.parametrize("line", ["migrate", "migrate --check", "work --once", "work"])
def test_no_database_is_made_by_looking_after_one(shell: Shell, folder: Path, line: str):
    ran = shell(f"{line} --json")
    assert (ran.code, ran.json["code"], ran.json["where"]) == (3, "no_database", "db")
    assert shell(f"{line} --db :memory: --json").json["where"] == "db"
    assert list(folder.iterdir()) == []


def test_a_newer_database_is_not_migrated(artlist: Shell):
    with closing(apsw.Connection("tallystick.db")) as connection:
        connection.execute("pragma user_version = 99")
    ran = artlist("migrate --json")
    assert (ran.code, ran.json["code"]) == (3, "newer_database")


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("migrate --citus", "citus"),
        ("migrate --shards 8", "shards"),
        ("migrate --check --citus", "check"),
    ],
)
def test_spreading_says_what_does_not_go_together(artlist: Shell, line: str, where: str):
    ran = artlist(f"{line} --json")
    assert (ran.code, ran.json["where"]) == (2, where)


def test_a_server_without_citus_is_told_what_it_lacks(artlist: Shell, server: str):
    for shards in ("", "--shards 0", "--shards 1001"):
        ran = artlist(f"migrate --citus {shards} --db {server} --json")
        if shards:
            assert (ran.code, ran.json["where"]) == (2, "shards")
        else:
            assert ran.code == 3
            assert "has no Citus: install the extension" in ran.json["message"]


# work --once


def test_work_is_done_once_and_says_what_it_was(artlist: Shell):
    artlist("clock advance artlist 2mo")
    ran = artlist("work --once")
    assert (ran.code, ran.err) == (0, "")
    assert "1 account brought up to date; the latest was 31 days late.\n" in ran.out
    assert "Nothing was due" in artlist("work --once").out
    artlist("clock advance artlist 1mo")
    done = artlist("work --once --json").json
    assert done == {"accounts": 1, "lag_seconds": 0.0, "faults": [], "finished": True}


def test_an_account_that_cannot_be_brought_up_to_date_is_said(artlist: Shell, monkeypatch):
    artlist("account open acct_2")
    artlist('subscribe acct_2 "AI Suite Starter" --package 40000')
    artlist("clock advance artlist 2mo")
    with closing(apsw.Connection("tallystick.db")) as connection:
        connection.execute("update accounts set state = '{}' where account = 'artlist/acct_1'")
    ran = artlist("work --once")
    assert ran.code == 1
    assert "1 account brought up to date" in ran.out
    assert "1 account could not be brought up to date." in ran.out
    assert "tallystick verify" in ran.out
    (fault,) = artlist("work --once --json").json["faults"]
    assert (fault["platform"], fault["account"]) == ("artlist", "acct_1")
    assert "cannot be read" in fault["why"]


def test_work_told_to_stop_says_what_it_has_done(artlist: Shell, monkeypatch):
    import os
    import signal

    sweep = Sweeper.sweep

    def stopping(self, **given):
        os.kill(os.getpid(), signal.SIGINT)
        return sweep(self, **given)

    artlist("clock advance artlist 2mo")
    monkeypatch.setattr(Sweeper, "sweep", stopping)
    before = signal.getsignal(signal.SIGINT)
    ran = artlist("work --once --json")
    assert (ran.code, ran.json["finished"], ran.json["accounts"]) == (130, False, 0)
    assert signal.getsignal(signal.SIGINT) is before
    assert "more may be due" in artlist("work --once").out


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("work --every soon", "every"),
        ("work --every 0", "every"),
        ("work --every nan", "every"),
        ("work --metrics-port http", "metrics_port"),
        ("work --metrics-port 70000", "metrics_port"),
        ("work --metrics-host 127.0.0.1", "metrics_host"),
        ("work --once --every 5", "every"),
        ("work --once --metrics-port 0", "metrics_port"),
    ],
)
def test_work_that_cannot_be_meant_is_wrong_usage(artlist: Shell, line: str, where: str):
    ran = artlist(f"{line} --json")
    assert (ran.code, ran.json["where"]) == (2, where)
