"""Words that people type first: shortcuts, older spellings, near misses."""

import pytest
import typer

from tallystick.cli import groups
from tallystick.cli.app import app
from tests.cli.test_docs import commands

NAMES = [name for name, _ in commands(typer.main.get_command(app))]


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("balance acct_1", "account balance acct_1"),
        ("entries acct_1 --newest", "account entries acct_1 --newest"),
        ("holds acct_1", "account holds acct_1"),
        ("members list acct_1", "account members list acct_1"),
        ("accounts", "account list"),
        ("prices artlist", "catalog show artlist"),
        ("catalogs", "catalog list"),
    ],
)
def test_a_shortcut_is_its_command(artlist, short, whole):
    assert artlist(short) == artlist(whole)
    assert artlist(f"{short} --json").json == artlist(f"{whole} --json").json


@pytest.mark.parametrize("word", groups.SHORTCUTS)
def test_a_shortcut_stands_for_a_command_that_there_is_and_hides_none(word):
    path = " ".join(groups.SHORTCUTS[word])
    assert any(name == path or name.startswith(f"{path} ") for name in NAMES)
    assert word not in NAMES


@pytest.mark.parametrize(
    ("older", "now"),
    [
        ("usage acct_1 --from 2026-01-01 --to 1d", "usage acct_1 --since 2026-01-01 --until 1d"),
        ("usage acct_1 --from=2026-01-01", "usage acct_1 --since=2026-01-01"),
        ("account balance acct_1 --as-of 1mo", "account balance acct_1 --at 1mo"),
        ("balance acct_1 --as-of=2026-03-01", "balance acct_1 --at 2026-03-01"),
    ],
)  # fmt: skip
def test_older_spellings_go_on_working(artlist, older, now):
    artlist("charge acct_1 sora-2 seconds=8")
    said = artlist(f"{older} --json")
    assert said.code == 0
    assert said == artlist(f"{now} --json")


def test_an_option_that_a_command_has_itself_is_no_older_spelling(artlist, folder):
    assert artlist("archive --before 90d --to old --dry-run").code == 0
    assert artlist("catalog show --at 2026-02-01").code == 0


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("blance", "balance"),
        ("subscibe", "subscribe"),
        ("chrage", "charge"),
        ("quoet", "quote"),
        ("account opne", "open"),
        ("catalog publsh", "publish"),
    ],
)
def test_a_near_miss_is_told_what_it_may_have_meant(shell, word, meant):
    ran = shell(word)
    assert ran.code == 2
    assert f"Did you mean '{meant}'" in ran.err


@pytest.mark.parametrize(
    "word",
    ["relase acct_1 h4", "releese", "cancle acct_1", "revers", "adjus", "keys revok", "archiv",
     "restor", "migrat", "account members remov", "clock repar"],
)  # fmt: skip
def test_a_near_miss_is_never_told_a_command_that_ends_or_takes_away(shell, word):
    ran = shell(word)
    assert ran.code == 2
    assert "No such command" in ran.err
    assert "Did you mean" not in ran.err


def test_every_command_that_ends_something_is_known_as_one():
    ends = {name for name in NAMES if name.split()[-1] in groups._ENDING}
    assert {"release", "cancel", "reverse", "adjust", "keys revoke", "archive", "restore"} <= ends
