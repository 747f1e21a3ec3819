"""Holds: reserve, settle, release, time out; each closes exactly once (`docs/spec.md` 7)."""

import sys
from collections.abc import Sequence

import pytest

from tallystick.core.account import Account, advance
from tallystick.core.holds import Hold
from tests.core.beginnings import BEGIN, ON_PLAN
from tests.core.story import BARE, TOY, Story

TAKE = {"upgrades:": "policy: {settle_above_hold: take_available}\nupgrades:"}


def test_settling_for_less_returns_the_rest():
    Story(BARE).tell(BEGIN).tell(
        """
        hold h Picture images=5  -> 120; promo 80, held 120
        settle h images=2        -> 48; promo 152
        """
    )


def test_settling_without_a_word_charges_what_was_held():
    Story(BARE).tell(BEGIN).tell(
        """
        hold h Picture images=5  -> 120; promo 80, held 120
        settle h                 -> 120; promo 80
        """
    )


def test_settling_for_nothing_and_for_a_part_of_a_credit():
    Story(BARE).tell(BEGIN).tell(
        """
        hold a Picture images=1  -> 24; promo 176, held 24
        settle a credits=0       -> 0; promo 200
        hold b Picture images=1  -> 24; promo 176, held 24
        settle b credits=0.5     -> 0.5; promo 199.5
        """
    )


def test_the_rest_goes_back_to_the_very_grants_it_came_from():
    """What burned last is given back first, so the free credits stay spent."""
    Story().tell(
        """
        2026-01-10 10:00  open                          -> free 100
                          subscribe basic 1000 monthly  -> free 100, subscription 1000
                          top_up 500                    -> free 100, subscription 1000, topup 500
                          hold h Picture images=50
            -> 1200; topup 400, held 1200
                          settle h images=5
            -> 120; subscription 980, topup 500
        """
    )


def test_what_has_expired_meanwhile_expires_when_it_comes_back():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                                 -> nothing
                          grant promo 100 ends=2026-01-10/11:00 -> promo 100
                          grant promo 100                      -> promo 200
                          hold h Picture images=6 ttl=7200     -> 144; promo 56, held 144
        2026-01-10 11:00  look                                 -> promo 56, held 144
                          settle h images=1                    -> 24; promo 100
        """
    )
    settled = story.entries[-1].event
    assert [part.credits // 1_000_000 for part in settled.lapsed] == [76]
    assert [part.credits // 1_000_000 for part in settled.returned] == [44]
    assert [part.credits // 1_000_000 for part in settled.spent] == [24]


def test_a_release_and_a_time_out_let_the_expired_part_lapse_too():
    for ending in ("release h", "look"):
        Story(BARE).tell(
            f"""
            2026-01-10 10:00  open                                  -> nothing
                              grant promo 30 ends=2026-01-10/10:30  -> promo 30
                              grant promo 30                        -> promo 60
                              hold h Picture images=2 ttl=3600      -> 48; promo 12, held 48
            2026-01-10 {"10:59" if "release" in ending else "11:00"}  {ending}  -> promo 30
            """
        )


# Once


@pytest.mark.parametrize(
    ("first", "how"),
    [("settle h images=1", "settled"), ("release h", "released"), ("look", "timed_out")],
)
@pytest.mark.parametrize("second", ["settle h", "release h", "extend h 60", "settle h credits=0"])
def test_each_hold_closes_once_and_then_says_how(first: str, how: str, second: str):
    when = "2026-01-10 10:15" if how == "timed_out" else "+1m"
    never_late = {"upgrades:": "policy: {settle_late_seconds: 0}\nupgrades:"}
    story = Story(BARE, never_late).tell(BEGIN)
    story.tell("hold h Picture images=2 -> 48; promo 152, held 48")
    step = f"{when} {first}"
    story.tell(f"{step} -> {'24; promo 176' if how == 'settled' else 'promo 200'}")
    before = story.account
    story.tell(f"+5m {second} -> no hold_closed how={how}")
    assert story.account == before


def test_a_settled_hold_says_for_how_much():
    Story(BARE).tell(BEGIN).tell(
        """
        hold h Picture images=2  -> 48; promo 152, held 48
        settle h images=1        -> 24; promo 176
        settle h images=1        -> no hold_closed how=settled credits=24
        """
    )


def test_a_hold_that_never_was():
    Story(BARE).tell(BEGIN).tell(
        """
        settle h7      -> no hold_not_found hold=h7
        release h7     -> no hold_not_found hold=h7
        extend h7 60   -> no hold_not_found hold=h7
        """
    )


def test_a_hold_times_out_at_its_instant_even_when_it_is_asked_for_then():
    Story(BARE).tell(BEGIN).tell(
        """
        hold h Picture images=2 ttl=900      -> 48; promo 152, held 48
        2026-01-10 10:14:59.999999 look      -> promo 152, held 48
        2026-01-10 10:15 release h           -> no hold_closed how=timed_out
        """
    )


def test_the_default_time_to_live_is_15_minutes_and_an_extension_counts_from_now():
    Story(BARE).tell(BEGIN).tell(
        """
        hold h Picture images=2              -> 48; promo 152, held 48
        2026-01-10 10:14 extend h 3600       -> promo 152, held 48
        2026-01-10 11:13 look                -> promo 152, held 48
        2026-01-10 11:13 extend h 30         -> promo 152, held 48
        2026-01-10 11:14 look                -> promo 200
        """
    )


@pytest.mark.parametrize("ttl", ["0", "-1", "86401"])
def test_a_time_to_live_is_within_24_hours(ttl: str):
    Story(BARE).tell(BEGIN).tell(
        f"""
        hold h Picture images=2 ttl={ttl}     -> invalid ttl_seconds must be a whole number from 1
        hold h Picture images=2 ttl=86400     -> 48; promo 152, held 48
        extend h {ttl}                        -> invalid ttl_seconds must be a whole number from 1
        """
    )


# More than was held


def test_settling_for_more_than_was_held_is_refused():
    Story(BARE).tell(BEGIN).tell(
        """
        hold h Picture images=2  -> 48; promo 152, held 48
        settle h images=3        -> no settle_above_hold credits=72 held=48
        settle h credits=48.000001 -> no settle_above_hold
        settle h images=2        -> 48; promo 152
        """
    )


def test_the_catalog_may_take_what_is_there_instead_and_says_what_it_could_not():
    story = (
        Story(BARE, TAKE)
        .tell(BEGIN)
        .tell(
            """
        hold a Picture images=2  -> 48; promo 152, held 48
        settle a images=3        -> 72; promo 128
        hold b Picture images=5  -> 120; promo 8, held 120
        settle b images=7        -> 128; nothing
        """
        )
    )
    assert [entry.event.uncollected // 1_000_000 for entry in story.entries if
            type(entry.event).__name__ == "Settled"] == [0, 40]  # fmt: skip


def test_what_is_taken_beyond_a_hold_burns_in_order_and_claims_the_days_free_credits():
    Story(TOY, TAKE).tell(
        """
        2026-01-10 23:50  open                          -> free 100
                          subscribe basic 1000 monthly  -> free 100, subscription 1000
                          hold h Picture images=5       -> 120; subscription 980, held 120
        2026-01-11 00:01  settle h images=10            -> 240; subscription 960
        """
    )


# Ranges


def test_a_range_holds_its_most_and_settles_inside():
    Story(BARE).tell(ON_PLAN).tell(
        """
        hold h Advice               -> 10; subscription 990, held 10
        settle h credits=4.999999   -> no settle_outside_range min=5 held=10
        settle h credits=10.000001  -> no settle_outside_range
        settle h                    -> invalid say what was delivered
        settle h credits=7          -> 7; subscription 993
        hold h Advice               -> 10; subscription 983, held 10
        settle h credits=5          -> 5; subscription 988
        charge Advice               -> invalid say the actual with credits
        charge Advice credits=4     -> no settle_outside_range credits=4 held=10 min=5
        charge Advice credits=11    -> no settle_outside_range credits=11 held=10 min=5
        charge Advice credits=10    -> 10; subscription 978
        """
    )


def test_a_charge_that_is_no_range_costs_its_price():
    Story(BARE).tell(ON_PLAN).tell(
        """
        charge Picture images=1 credits=23  -> no settle_outside_range min=24
        charge Picture images=1 credits=24  -> 24; subscription 976
        """
    )


# Outcomes


@pytest.mark.parametrize("outcome", ["provider_error", "timeout", "canceled_before_start"])
def test_what_never_came_costs_nothing(outcome: str):
    Story(BARE).tell(BEGIN).tell(
        f"""
        hold h Picture images=2               -> 48; promo 152, held 48
        settle h outcome={outcome} images=1   -> invalid costs nothing
        settle h outcome={outcome} credits=1  -> invalid costs nothing
        settle h outcome={outcome}            -> 0; promo 200
        """
    )


@pytest.mark.parametrize(
    ("outcome", "rule", "given", "expected"),
    [
        ("moderated", None, "", "0; promo 200"),
        ("moderated", "full", "", "48; promo 152"),
        ("moderated", "delivered", "images=1", "24; promo 176"),
        ("moderated", "delivered", "", "invalid say what was delivered"),
        ("partial", None, "images=1", "24; promo 176"),
        ("partial", None, "credits=12", "12; promo 188"),
        ("partial", None, "", "invalid say what was delivered"),
        ("partial", "nothing", "", "0; promo 200"),
        ("partial", "full", "", "48; promo 152"),
    ],
)
def test_moderated_and_partial_cost_what_the_catalog_says(
    outcome: str, rule: str | None, given: str, expected: str
):
    policy = f"policy: {{outcomes: {{{outcome}: {rule}}}}}\nupgrades:" if rule else "upgrades:"
    Story(BARE, {"upgrades:": policy}).tell(BEGIN).tell(
        f"""
        hold h Picture images=2               -> 48; promo 152, held 48
        settle h outcome={outcome} {given}    -> {expected}
        """
    )


def test_an_outcome_nobody_knows():
    Story(BARE).tell(BEGIN).tell(
        """
        hold h Picture images=2             -> 48; promo 152, held 48
        settle h outcome=sucess             -> invalid did you mean succeeded
        settle h images=1 credits=24        -> invalid not both
        settle h images=1                   -> 24; promo 176
        """
    )


# Across everything else


def test_holds_stay_open_across_an_upgrade_a_reset_and_the_end():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                                -> nothing
                          subscribe basic 4000 monthly        -> subscription 4000
                          top_up 500                          -> subscription 4000, topup 500
        2026-02-10 09:00  hold a Picture images=10 ttl=86400
            -> 240; subscription 3760, topup 500, held 240
                          change max 24000 monthly
            -> carry_over 3760, subscription 24000, topup 500, held 240
                          settle a images=4
            -> 96; carry_over 3904, subscription 24000, topup 500
        2026-03-10 08:00  hold b Picture images=170 ttl=86400
            -> 4080; subscription 23824, topup 500, held 4080
        2026-03-10 09:00  settle b images=100
            -> 2400; subscription 24000, topup 500
                          cancel
            -> subscription 24000, topup 500
        2026-04-10 08:00  hold c Clip audio=off seconds=2440 ttl=86400
            -> 24400; topup 100, held 24400
        2026-04-10 09:00  look
            -> topup 100, held 24400
                          settle c seconds=1220
            -> 12200; topup 500
        """
    )


def test_a_hold_of_a_carried_over_grant_gives_back_into_the_carry_over():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                                -> nothing
                          subscribe basic 1000 monthly        -> subscription 1000
                          hold h Clip audio=off seconds=100 ttl=86400
            -> 1000; held 1000
                          change basic 4000 monthly           -> subscription 4000, held 1000
                          release h                           -> carry_over 1000, subscription 4000
        2026-02-10 10:00  look                                -> subscription 4000
        """
    )


def test_a_hold_made_on_a_plan_settles_by_the_price_of_that_plan():
    """Unlimited when it was held, so unlimited when it is settled; the catalog has changed too."""
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                               -> nothing
                          subscribe max 4000 monthly         -> subscription 4000
                          hold v Voice characters=500        -> 0; subscription 4000
                          hold p Picture images=2            -> 48; subscription 3952, held 48
        """
    )
    story.publish(BARE.replace("credits: 24,", "credits: 30,"), "2026-01-10T10:05:00Z")
    story.tell(
        """
        2026-01-10 10:10  settle v characters=1000  -> 0; subscription 3952, held 48
                          settle p images=1         -> 24; subscription 3976
                          charge Picture images=1   -> 30; subscription 3946
        """
    )


def test_very_many_holds_time_out_in_one_pass(monkeypatch: pytest.MonkeyPatch):
    """What is due next is found without looking through all that are still to come."""
    module = sys.modules["tallystick.core.account.advance"]
    looked: list[int] = []
    next_due = module.next_due

    def counted(account: Account, holds: Sequence[Hold] = ()) -> int | None:
        looked.append(len(holds))
        return next_due(account, holds)

    monkeypatch.setattr(module, "next_due", counted)
    many = 500
    holds = [Hold(each, (), 0, 0, 10 * each, None) for each in range(1, many + 1)]
    account, entries = advance(Account("ada", seq=many, open_holds=many), 10 * many, holds)
    assert [entry.at for entry in entries] == [hold.expires_at for hold in holds]
    assert account.seq == 2 * many
    assert sum(looked) <= 2 * many
