"""Backups from the shell: what they say, how they end, and the way back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import apsw

from tests.cli.conftest import Shell
from tests.databases import fresh_database


def test_a_backup_says_what_is_in_it_and_how_to_bring_it_back(artlist: Shell, folder: Path):
    said = artlist("backup backup.db")
    assert (said.code, said.err) == (0, "")
    assert "backup.db is a backup of tallystick.db, and was verified." in said.out
    assert "1 account of 1 platform, 3 entries" in said.out
    assert "tallystick verify --expect backup.db.head" in said.out
    made = artlist("backup again.db --json").json
    assert (made["accounts"], made["entries"], made["epoch"]) == (1, 3, "e1")
    assert made["head"] in said.out
    assert made["problems"] == []
    assert artlist("verify --json").json["head"] == made["head"]


def test_a_backup_comes_back_on_a_server_and_from_there(artlist: Shell):
    head = artlist("backup backup.db --json").json["head"]
    with fresh_database("postgres", bare=True) as server:
        there = artlist(f"restore backup.db --db {server} --json").json
        assert there["head"] == head
        assert there["epoch"].startswith("e2-")
        assert artlist(f"backup server.db --db {server} --json").json["head"] == head
    said = artlist("restore server.db --db back.db")
    assert "back.db is restored from server.db, and was verified." in said.out
    assert artlist("verify --expect backup.db.head --db back.db").code == 0


def test_an_older_copy_is_noticed(artlist: Shell):
    artlist("backup old.db")
    artlist("charge acct_1 sora-2 seconds=1")
    head = artlist("backup new.db --json").json["head"]
    said = artlist("restore old.db --replace")
    assert "1 entry that had been acknowledged since are missing" in said.out
    assert "What was there before is kept:" in said.out
    for expected in (head, "new.db.head"):
        ran = artlist(f"verify --expect {expected}")
        assert ran.code == 1
        assert "older than expected, or not whole: 1 entry missing" in ran.out


def test_mistakes_are_wrong_usage_and_change_nothing(artlist: Shell, folder: Path):
    artlist("backup backup.db")
    kept = Path("backup.db").read_bytes()
    for line, where in (
        ("backup backup.db", "file"),
        ("restore backup.db", "db"),
        ("restore nowhere.db --db new.db", "file"),
        ("verify --expect nowhere.head", "expect"),
    ):
        ran = artlist(f"{line} --json")
        assert (ran.code, ran.json["where"]) == (2, where), line
    assert artlist("backup nowhere/backup.db --json").code == 3
    assert artlist("backup new.db --db nowhere.db --json").json["code"] == "no_database"
    assert Path("backup.db").read_bytes() == kept
    assert not Path("new.db").exists()


def test_what_does_not_prove_itself_ends_with_1(artlist: Shell):
    artlist("backup backup.db")
    for db in ("tallystick.db", "backup.db"):
        with closing(apsw.Connection(db)) as connection:
            connection.execute("update journal set balance_after = 7 where seq = 2")
    said = artlist("backup bad.db")
    assert said.code == 1
    assert "tallystick.db failed verification: no backup was written." in said.out
    back = artlist("restore backup.db --db new.db")
    assert back.code == 1
    assert "backup.db failed verification: nothing is restored." in back.out
    assert not Path("bad.db").exists()
    assert not Path("new.db").exists()


def test_an_empty_database_is_never_simply_well(shell: Shell):
    shell("init artlist")
    said = shell("verify")
    assert said.code == 0
    assert "This database is empty." in said.out
    assert "is as the journal says" not in said.out
    assert "It is empty: no account was ever opened." in shell("backup backup.db").out
