"""``archive`` on the command line: what it answers, and what it says to a wrong one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def aged(artlist: Any) -> Any:
    """An account of January in a database that stands at the end of June."""
    assert artlist("clock advance artlist 5mo").code == 0
    assert artlist("charge acct_1 sora-2 seconds=1").code == 0
    return artlist


def test_what_would_go_goes_and_is_proven(aged: Any, folder: Path):
    would = aged("archive --before 1mo --to old --dry-run --json").json
    assert not (folder / "old").exists()
    done = aged("archive --before 1mo --to old --vacuum --json").json
    assert [file.name for file in (folder / "old").iterdir()] == done["files"]
    assert would == {**done, "files": [], "dry_run": True}
    (platform,) = done["platforms"]
    assert (platform["platform"], platform["before"]) == ("artlist", "2026-05-30T10:00:00Z")
    assert (done["accounts"], done["lines"]) == (1, platform["lines"])
    report = aged("verify --json").json
    assert (report["ok"], report["unseen"]) == (True, done["lines"])
    proven = aged("verify --archive old --json").json
    assert (proven["ok"], proven["unseen"]) == (True, 0)
    assert proven["lines"] == report["lines"] + done["lines"]


def test_it_says_how_to_go_on(aged: Any):
    assert "tallystick archive --before 1mo --to old" in (
        aged("archive --before 1mo --to old --dry-run").out
    )
    assert "tallystick verify --archive old" in aged("archive --before 1mo --to old").out
    assert "Nothing to archive" in aged("archive --before 1mo --to old").out
    said = aged("verify").out
    assert "archived entries, for which checkpoints stand" in said
    assert "Not looked at" not in aged("verify --archive old").out


def test_a_damaged_archive_ends_verify_with_1(aged: Any, folder: Path):
    assert aged("archive --before 1mo --to old").code == 0
    (file,) = (folder / "old").iterdir()
    file.write_bytes(file.read_bytes()[:-5])
    ran = aged("verify --archive old --json")
    assert ran.code == 1
    assert any("is not what was archived" in each["message"] for each in ran.json["problems"])
    assert aged("verify").code == 0


WRONG = [
    ("archive --before 1w --to old", 2, "before", "the last 30 days stay"),
    ("archive --before soon --to old", 2, "before", "a date such as 2026-01-31, or a duration"),
    ("archive --before 1mo --to old --platform other", 2, "platform", "it has: artlist"),
    ("archive --before 1mo --to tallystick.db", 3, None, "cannot be archived to"),
    ("archive --before 1mo --to old --db nowhere.db", 3, "db", "there is no database"),
    ("archive --to old", 2, "before", "--before"),
    ("verify --archive nowhere", 2, "archive", "there is no folder nowhere"),
]


@pytest.mark.parametrize(("line", "code", "where", "said"), WRONG)
def test_a_wrong_one_is_told_what_and_where(
    aged: Any, line: str, code: int, where: str | None, said: str
):
    ran = aged(f"{line} --json")
    assert ran.code == code
    assert ran.json["where"] == where
    assert said in ran.json["message"]
    assert said in aged(line).err
