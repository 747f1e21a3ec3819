"""The ledger: every event as double entry, and entries whose hash proves them and all before."""

from typing import Any

import msgspec
import pytest

from tallystick.core import events, journal, postings
from tallystick.core.account import Account, DecidedEntry, evolve
from tests.core.story import TOY, Story, kind

EVERY_KIND = {each.__struct_config__.tag for each in events.AnyEvent.__args__}  # type: ignore[attr-defined]


CHARGES = ("charged", "drawn", "settled", "settled_late")
LIFE = """
        2026-01-10 10:00  open                           -> free 100
                          member ben 5/cycle 9/day       -> free 100
                          remove_member ben              -> free 100
                          limits 5000/day held=4000      -> free 100
                          charge Picture images=1        -> 24; free 76
                          subscribe basic 1000 monthly   -> free 76, subscription 1000
                          top_up 500                     -> free 76, subscription 1000, topup 500
                          grant promo 9
            -> free 76, subscription 1000, promo 9, topup 500
                          reverse grant                  -> free 76, subscription 1000, topup 500
                          adjust -6                      -> free 70, subscription 1000, topup 500
                          hold a Picture images=5
            -> 120; subscription 950, topup 500, held 120
                          settle a images=6              -> 144; subscription 926, topup 500
                          hold b Picture images=5 ttl=60
            -> 120; subscription 806, topup 500, held 120
                          extend b 7200
            -> subscription 806, topup 500, held 120
                          hold c Picture images=5 ttl=60
            -> 120; subscription 686, topup 500, held 240
                          increase c images=6
            -> subscription 662, topup 500, held 264
                          release c
            -> subscription 806, topup 500, held 120
                          lease d 50
            -> 50; subscription 756, topup 500, held 170
                          draw d Picture images=2
            -> 48; subscription 756, topup 500, held 122
                          release d
            -> subscription 758, topup 500, held 120
                          refund images=1
            -> 24; subscription 782, topup 500, held 120
                          charge Picture images=1
            -> 24; subscription 758, topup 500, held 120
                          grant promo 7 begins=2026-01-11
            -> subscription 758, topup 500, held 120
                          grant promo 5
            -> subscription 758, promo 5, topup 500, held 120
                          expiry grant 2026-02-01
            -> subscription 758, promo 5, topup 500, held 120
                          void grant
            -> subscription 758, topup 500, held 120
                          hold e Picture images=1 ttl=60
            -> 24; subscription 734, topup 500, held 144
        +2m               settle e
            -> 24; subscription 734, topup 500, held 120
                          change basic 4000 monthly
            -> carry_over 734, subscription 4000, topup 500, held 120
        +1d               cancel
            -> free 100, carry_over 854, subscription 4000, promo 7, topup 500
                          resume
            -> free 100, carry_over 854, subscription 4000, promo 7, topup 500
                          change max 24000 yearly
            -> free 100, carry_over 854, subscription 24000, promo 7, topup 500
                          pay 2027-06-11/10:02
            -> free 100, carry_over 854, subscription 24000, promo 7, topup 500
                          reset
            -> free 100, carry_over 854, subscription 24000, promo 7, topup 500
                          pause now
            -> free 100, carry_over 854, subscription 24000, promo 7, topup 500
                          resume
            -> free 100, carry_over 854, subscription 24000, promo 7, topup 500
        2028-01-01 00:00  look                            -> free 100, promo 7, topup 500
"""


def everything() -> Story:
    """A life with every kind of event in it."""
    packages = "    packages: [{credits: 4000}, {credits: 24000}]"
    taking = {
        "upgrades:": "policy: {settle_above_hold: take_available}\nupgrades:",
        packages: f"{packages}\n    rollover: {{cycles: 1}}",
    }
    return Story(TOY, taking).tell(LIFE)


@pytest.fixture(scope="module")
def entries() -> list[DecidedEntry]:
    return everything().entries


def test_the_story_has_every_kind_of_event(entries: list[DecidedEntry]):
    """But the repair of a clock, which is no command: `tests/model/test_clock_repair.py` has it."""
    assert {kind(entry) for entry in entries} == EVERY_KIND - {"clock_repaired"}


def test_the_postings_of_every_event_sum_to_zero(entries: list[DecidedEntry]):
    for entry in entries:
        moved = postings.postings(entry.seq, entry.event)
        assert sum(amount for _, amount in moved) == 0
        assert all(amount for _, amount in moved)
        assert postings.spendable(moved) == entry.after - entry.before


def test_every_grant_and_hold_ends_at_nothing_or_at_what_is_left(entries: list[DecidedEntry]):
    """Adding up each ledger account over the whole journal gives the state."""
    sums: dict[str, int] = {}
    for entry in entries:
        for name, amount in postings.postings(entry.seq, entry.event):
            sums[name] = sums.get(name, 0) + amount
    assert all(amount == 0 for name, amount in sums.items() if name.startswith("held:"))
    left = {name: amount for name, amount in sums.items() if ":" in name and amount}
    assert sorted(left.values()) == [7_000_000, 500_000_000]
    assert sums["issued"] + sums["spent"] + sums["expired"] + 507_000_000 == 0


def test_a_line_is_read_back_as_it_was_written(entries: list[DecidedEntry]):
    for entry in entries:
        written = journal.write("toy/acct_1", entry, journal.GENESIS)
        assert journal.read_event(written.event_json) == entry.event
        assert written.postings == postings.postings(entry.seq, entry.event)


def test_replaying_the_journal_gives_the_account():
    story = everything()
    account = Account("acct_1")
    for entry in story.entries:
        event = journal.read_event(journal.write("k", entry, journal.GENESIS).event_json)
        account = evolve(account, entry.seq, entry.at, event)
    assert account == story.account


def test_the_state_reads_back_as_it_is_stored():
    account = everything().account
    assert msgspec.json.decode(msgspec.json.encode(account), type=Account) == account


CHANGES: dict[str, Any] = {
    "account": lambda entry: ("toy/acct_2", entry, b"h" * 32, "k", b"r"),
    "seq": lambda entry: (
        "toy/acct_1",
        msgspec.structs.replace(entry, seq=entry.seq + 1),
        b"h" * 32,
        "k",
        b"r",
    ),
    "at": lambda entry: (
        "toy/acct_1",
        msgspec.structs.replace(entry, at=entry.at + 1),
        b"h" * 32,
        "k",
        b"r",
    ),
    "before": lambda entry: (
        "toy/acct_1",
        msgspec.structs.replace(entry, before=1),
        b"h" * 32,
        "k",
        b"r",
    ),
    "after": lambda entry: (
        "toy/acct_1",
        msgspec.structs.replace(entry, after=1),
        b"h" * 32,
        "k",
        b"r",
    ),
    "event": lambda entry: (
        "toy/acct_1",
        msgspec.structs.replace(entry, event=events.MemberRemoved("zoe")),
        b"h" * 32,
        "k",
        b"r",
    ),
    "head": lambda entry: ("toy/acct_1", entry, b"i" * 32, "k", b"r"),
    "key": lambda entry: ("toy/acct_1", entry, b"h" * 32, "l", b"r"),
    "no key": lambda entry: ("toy/acct_1", entry, b"h" * 32, None, b"r"),
    "request": lambda entry: ("toy/acct_1", entry, b"h" * 32, "k", b"s"),
}


@pytest.mark.parametrize("part", CHANGES)
def test_the_hash_proves_every_part_of_a_line_and_the_line_before(part: str):
    entry = DecidedEntry(7, 10**15, events.MemberSet("ann"), 0, 0)
    written = journal.write("toy/acct_1", entry, b"h" * 32, "k", b"r")
    assert journal.write("toy/acct_1", entry, b"h" * 32, "k", b"r").hash == written.hash
    assert journal.write(*CHANGES[part](entry)).hash != written.hash
    assert len(written.hash) == 32


def test_usage_stands_on_lines_that_charge_only(entries: list[DecidedEntry]):
    for entry in entries:
        used = journal.usage(entry.event)
        refund = kind(entry) == "refunded"
        assert (used is not None) == (refund or kind(entry) in CHARGES)
        if used is not None:
            assert used.credits == (-1 if refund else 1) * entry.event.credits
