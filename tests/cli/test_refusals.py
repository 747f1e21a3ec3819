"""Refusals for people: the ways out, each with a command that takes it."""

import re
from collections.abc import Iterator

import pytest

from tallystick import refusals
from tallystick.cli.pages.refusals import COMMANDS


def offered(said: str) -> Iterator[str]:
    """The commands in a text, without ``tallystick``."""
    yield from re.findall(r"(?:^| {2,})tallystick (.+)$", said, flags=re.MULTILINE)


def test_every_code_has_commands_that_help():
    assert set(COMMANDS) == {each.code for each in refusals.REFUSALS}


def test_each_way_out_of_too_few_credits_can_be_typed(artlist):
    ran = artlist('charge acct_1 "Veo 3.1" audio=on seconds=100 --label project=launch')
    assert ran.code == 1
    assert "10,000 are missing" in ran.err
    assert "code: insufficient_credits" in ran.err
    commands = list(offered(ran.err))
    assert {line.split()[0] for line in commands} == {"change-plan", "charge"}
    cheapest = [line for line in commands if line.startswith("charge")][-1]
    assert "--label project=launch" in cheapest
    assert artlist(f"{cheapest} --json").json["credits"] <= 40000
    assert artlist(f"{commands[0]} --json").json["change"] == "upgrade"
    assert artlist('charge acct_1 "Veo 3.1" audio=on seconds=8 --json').code == 0


def test_less_of_it_can_be_typed(artlist):
    ran = artlist("hold acct_1 'Veo 3.1' audio=on seconds=100 --member mia --label a=b")
    assert "less of it: 80 seconds, for 40,000 credits" in ran.err
    shorter = [line for line in offered(ran.err) if "seconds=80" in line]
    assert shorter == ["hold acct_1 'Veo 3.1' audio=on seconds=80 --member mia --label a=b"]
    ran = artlist("charge acct_1 'Nano Banana Pro' resolution=4k --outputs 90")
    fewer = [line for line in offered(ran.err) if "'Nano Banana Pro'" in line][-1]
    assert artlist(f"{fewer} --json").code == 0


def test_a_refusal_says_what_becomes_of_its_key(artlist):
    for _ in range(2):
        said = artlist("reverse acct_1 1 --reason x --key k1").err
        assert "remembered under the key 'k1' for 30 days" in said
        assert "use another key" in said
    assert "remembered" not in artlist("reverse acct_1 1 --reason x").err
    said = artlist("charge acct_1 sora-2 seconds=9000 --key k2").err
    assert "The key 'k2' can be used again" in said


def test_several_bundles_together_are_said(shell):
    shell("init imagineart --test-clock 2026-01-31T10:00:00Z")
    shell("account open acct_1")
    shell("subscribe acct_1 basic")
    ran = shell("charge acct_1 'Example Video' outputs=300")
    assert "buy 60,000 credits once (3 x 20,000)" in ran.err
    top_ups = [line for line in offered(ran.err) if line.startswith("top-up")]
    assert [shell(line).code for line in top_ups] == [0, 0, 0]
    assert shell("charge acct_1 'Example Video' outputs=300").code == 0


def test_without_a_subscription_the_way_is_to_subscribe(shell):
    shell("init artlist --test-clock 2026-01-31T10:00:00Z --db other.db")
    shell("account open acct_1 --db other.db")
    ran = shell("hold acct_1 sora-2 seconds=8 --db other.db")
    assert ran.code == 1
    first = next(offered(ran.err))
    assert first.startswith("subscribe acct_1 ")
    assert first.endswith("--db other.db")
    assert shell(first).code == 0
    assert shell("hold acct_1 sora-2 seconds=8 --db other.db").code == 0


def test_a_top_up_and_waiting_are_ways_out(shell):
    shell("init imagineart --test-clock 2026-01-31T10:00:00Z")
    shell("account open acct_1")
    shell("subscribe acct_1 basic")
    shell("charge acct_1 'Example Video' outputs=48")
    ran = shell("charge acct_1 'Example Video' outputs=2")
    assert "400 are missing" in ran.err
    assert "wait until 2026-02-28 10:00:00 UTC: 10,100 credits will be there" in ran.err
    assert "buy 1,000 credits once" in ran.err
    top_up = next(line for line in offered(ran.err) if line.startswith("top-up"))
    assert shell(top_up).code == 0
    assert shell("charge acct_1 'Example Video' outputs=2").code == 0


def test_a_quote_that_is_not_allowed_says_the_same_and_is_no_refusal(artlist):
    ran = artlist('quote artlist "Veo 3.1" resolution=720p audio=on seconds=100 --account acct_1')
    assert (ran.code, ran.err) == (0, "")
    assert "Not allowed: this costs 50,000 credits" in ran.out
    cheaper = [line for line in offered(ran.out) if line.startswith("quote")]
    assert artlist(f"{cheaper[0]} --json").json["allowed"] is True


@pytest.mark.parametrize(
    ("line", "helps"),
    [
        ("account balance nobody", "account open nobody"),
        ("account open acct_1", "account balance acct_1"),
        ('subscribe acct_1 "Max Pro" --package 40000', "change-plan acct_1 PLAN --preview"),
        ("settle acct_1 h99", "account holds acct_1"),
        ("resume acct_1", "account balance acct_1"),
        ("change-plan acct_1 --package 40000", "change-plan acct_1 PLAN --preview"),
        ("top-up acct_1 100", "change-plan acct_1 PLAN --preview"),
        ("reverse acct_1 1 --reason x", "adjust acct_1 -CREDITS --reason TEXT"),
        ("reverse acct_1 99 --reason x", "account entries acct_1 --newest"),
        ("account receipt acct_1 r1", "account entries acct_1 --newest"),
        ("clock advance artlist 2020-01-01T00:00:00Z", "clock show artlist"),
    ],
)
def test_a_refusal_without_ways_out_says_what_helps(artlist, line, helps):
    ran = artlist(line)
    assert ran.code == 1
    assert helps in list(offered(ran.err))


def test_a_closed_hold_leads_to_its_receipt(artlist):
    artlist("hold acct_1 sora-2 seconds=8")
    artlist("settle acct_1 h4")
    ran = artlist("release acct_1 h4")
    assert "was settled" in ran.err
    assert artlist(next(offered(ran.err))).code == 0


def test_settling_too_much_shows_what_was_held(artlist):
    artlist("hold acct_1 sora-2 seconds=8")
    ran = artlist("settle acct_1 h4 seconds=80")
    assert ran.code == 1
    settle, release = offered(ran.err)
    assert release == "release acct_1 h4"
    assert artlist(f"{settle} --json").json["credits"] == 1600
