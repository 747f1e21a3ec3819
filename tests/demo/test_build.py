"""The demo's months: proved by verify, the same for the same seed, and true to their stories."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from tallystick import Tallystick, results
from tallystick.core.commands import Charge
from tallystick.demo.build import DAYS, FIRST_DAY, build
from tallystick.demo.people import PLATFORMS, Person

EVERYBODY = [(platform, person) for platform in PLATFORMS for person in PLATFORMS[platform]]


class Ledger(NamedTuple):
    """What an account came to."""

    balance: results.Balance
    entries: list[results.Entry]
    usage: list[results.UsageLine]

    def kinds(self) -> list[str]:
        return [line.kind for line in self.entries]

    def moved(self, source: str) -> int:
        """How many lines took credits of a source and spent or reserved them."""
        takes = {"charged", "held"}
        return sum(
            line.kind in takes and any(each.account.startswith(f"{source}:")
                                       for each in line.postings)
            for line in self.entries
        )  # fmt: skip

    def texts(self) -> str:
        return "\n".join(line.text for line in self.entries)


def every_entry(credits: Tallystick, account: str) -> Iterator[results.Entry]:
    after = 0
    while page := credits.entries(account, after, 1_000):
        yield from page
        after = page[-1].seq


@pytest.fixture(scope="module")
def ledgers(built: Path) -> dict[str, Ledger]:
    found = {}
    for platform, people in PLATFORMS.items():
        with Tallystick.open(built, platform=platform) as credits:
            for person in people:
                found[person.account] = Ledger(
                    credits.balance(person.account),
                    list(every_entry(credits, person.account)),
                    credits.usage(person.account),
                )
    return found


def test_the_demo_verifies(built: Path):
    with Tallystick.open(built, platform="artlist") as credits:
        report = credits.verify(every_platform=True)
    assert report, report.problems
    assert (report.platforms, report.accounts) == (3, len(EVERYBODY))
    assert report.lines > 5_000


def test_its_platforms_are_test_platforms_and_stand_months_later(built: Path):
    for platform in PLATFORMS:
        with Tallystick.open(built, platform=platform) as credits:
            assert (credits.clock().at - FIRST_DAY).days == DAYS - 1


def hashes(path: Path) -> list[str]:
    found = []
    for platform in PLATFORMS:
        with Tallystick.open(path, platform=platform) as credits:
            for account in credits.accounts():
                found += [line.hash for line in every_entry(credits, account)]
    return found


def test_the_same_seed_gives_the_same_ledgers_hash_for_hash(tmp_path: Path):
    told: list[tuple[int, int]] = []
    build(tmp_path / "one.db", seed=3, days=20, tell=lambda done, of: told.append((done, of)))
    build(tmp_path / "two.db", seed=3, days=20)
    build(tmp_path / "other.db", seed=4, days=20)
    assert hashes(tmp_path / "one.db") == hashes(tmp_path / "two.db")
    assert hashes(tmp_path / "one.db") != hashes(tmp_path / "other.db")
    assert told == [(done, told[-1][1]) for done in range(1, told[-1][1] + 1)]


STORIES: dict[str, Callable[[Ledger], bool]] = {
    "mara": lambda had: {line.tool for line in had.usage} == {"voiceover"},
    "jonas": lambda had: sum(line.balance_after < 300 for line in had.entries[3:]) > 5,
    "pixelforge": lambda had: (
        "carried over" in had.texts()
        and "timed out" in had.texts()
        and had.moved("carry_over") > 0
        and {line.member for line in had.usage} == {"ana", "bo", "cy"}
    ),
    "ines": lambda had: (
        had.balance.subscription is not None
        and had.balance.subscription.interval == "yearly"
        and had.balance.subscription.package == 240_000
        and "Now Max Pro, 40,000" in had.texts()
        and had.kinds().count("cycle_started") == 5
    ),
    "theo": lambda had: (
        had.kinds().index("change_scheduled") < had.kinds().index("plan_changed")
        and had.balance.subscription is not None
        and had.balance.subscription.package == 16_500
    ),
    "kenji": lambda had: had.kinds() == ["account_opened"],
    "lena": lambda had: had.balance.subscription is None and had.kinds().count("granted") > 50,
    "omar": lambda had: had.moved("topup") > 0,
    "nightowl": lambda had: (
        had.balance.subscription is not None
        and had.balance.subscription.interval == "quarterly"
        and had.kinds().count("cycle_started") == 5
    ),
    "sofia": lambda had: had.moved("carry_over") > 0 and had.moved("promo") > 0,
    "ravi": lambda had: (
        had.balance.subscription is None
        and "topup" in {each.source for each in had.balance.sources}
        and had.moved("topup") > 0
    ),
    "greta": lambda had: "Subscription ended: not paid" in had.texts(),
    "emil": lambda had: had.balance.cycle is not None and had.balance.cycle.plan == "Starter",
    "clara": lambda had: any(line.balance_after < 50 for line in had.entries[20:]),
    "academy": lambda had: {line.credits for line in had.usage if line.tool == "speech"} == {0},
    "noor": lambda had: (
        "Upgraded to Visionary" in had.texts() and "carried over" not in had.texts()
    ),
    "felix": lambda had: (
        had.balance.subscription is None and "Cancelled, at the end" in had.texts()
    ),
    "yuki": lambda had: (
        {line.credits for line in had.usage if line.tool == "agent"} == {0, 5, 7, 10}
        and "Goodwill" in had.texts()
    ),
}


@pytest.mark.parametrize("account", [person.account for _, person in EVERYBODY])
def test_a_story_is_what_the_ledger_tells(ledgers: dict[str, Ledger], account: str):
    assert STORIES[account](ledgers[account])


TRIED = {
    "mara": "tool_not_in_plan",
    "kenji": "subscription_required",
    "lena": "model_requires_subscription",
    "ravi": "model_requires_subscription",
}


def named(value: str | Person) -> str:
    return value.account if isinstance(value, Person) else value


@pytest.mark.parametrize(("platform", "person"), EVERYBODY, ids=named)
def test_what_happened_to_somebody_is_done_or_was_refused_on_purpose(
    demo: Path, platform: str, person: Person
):
    """Asked again under its key, a try is told what it was told then; other turns have lines."""
    tries = [
        replace(turn, account=person.account)
        for turns in person.turns.values()
        for turn in turns
        if isinstance(turn, Charge)
    ]
    with Tallystick.open(demo, platform=platform) as credits:
        told = [getattr(each, "code", None) for each in credits.execute(tries)]
        assert told == [TRIED.get(person.account)] * len(tries)
        lines = list(every_entry(credits, person.account))
    done = [
        turn for turns in person.turns.values() for turn in turns if not isinstance(turn, Charge)
    ]
    asked_for = {"subscription_started", "plan_changed", "change_scheduled", "paid_through",
                 "member_set"}  # fmt: skip
    written = [line for line in lines if line.kind in asked_for]
    written += [line for line in lines if line.kind == "granted" and not _free(line)]
    came_due = _scheduled(person)
    assert len(written) == len(done) + came_due


def _free(line: results.Entry) -> bool:
    return any(each.account.startswith("free:") for each in line.postings)


def _scheduled(person: Person) -> int:
    """A downgrade has two lines: one when it is asked for, one when it takes effect."""
    return 1 if person.account == "theo" else 0


def test_people_are_told_apart():
    accounts = [person.account for _, person in EVERYBODY]
    assert len(set(accounts)) == len(accounts)
    assert set(STORIES) == set(accounts)
