"""Payments: boundaries, late payments, grace and revival, the end (docs/spec.md 5.1, 5.2)."""

import pytest

from tallystick.core.instants import parse, text
from tests.core.paid import bought, told
from tests.core.story import BARE, Story, later

# What a payment says


@pytest.mark.parametrize(
    ("said", "paid_through"),
    [
        ("2026-03-31/10:00", "2026-03-31T10:00:00Z"),
        ("2026-03-31/00:00", "2026-03-31T10:00:00Z"),  # the provider counts in days
        ("2026-03-30/10:00", "2026-03-31T10:00:00Z"),  # a day before, and no more
        ("2026-04-01/10:00", "2026-03-31T10:00:00Z"),
        ("2026-04-30/09:59", "2026-04-30T10:00:00Z"),
        ("cycles=1", "2026-03-31T10:00:00Z"),
        ("cycles=3", "2026-05-31T10:00:00Z"),
        ("intervals=2", "2026-04-30T10:00:00Z"),
    ],
)
def test_a_payment_means_the_boundary_nearest_to_it(said: str, paid_through: str):
    story = told().tell(f"2026-02-28 09:00 pay {said} -> subscription 1000")
    assert bought(story) == paid_through


@pytest.mark.parametrize("said", ["2026-03-30/09:59", "2026-04-01/10:01", "2026-03-15/10:00"])
def test_an_instant_that_no_boundary_is_near_is_refused_with_those_beside_it(said: str):
    story = told()
    answer = story.ask(["pay", said])
    assert answer.startswith("invalid paid_through")
    assert "2026-03-31 10:00:00 UTC" in answer
    assert len(story.entries) == 3


def test_how_near_is_policy():
    wide = BARE + "policy: {payment_tolerance_seconds: 432000}\n"
    story = told(wide).tell("pay 2026-04-05/09:00 -> subscription 1000")
    assert bought(story) == "2026-03-31T10:00:00Z"
    told(wide).tell("pay 2026-04-05/11:00 -> invalid 2026-03-31 10:00:00 UTC and 2026-04-30")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("", "say what was paid"),
        ("cycles=0", "cycles must be a whole number from 1 to 120"),
        ("intervals=121", "intervals must be a whole number from 1 to 120"),
        ("cycles=1 intervals=1", "say cycles or intervals, not both"),
        ("2040-01-01 ", "within ten years"),
    ],
)
def test_a_payment_says_one_thing(said: str, words: str):
    told().tell(f"pay {said} -> invalid {words}")


@pytest.mark.parametrize("said", ["2026-02-28/10:00", "2026-02-27/12:00", "2026-01-31/10:00"])
def test_what_is_paid_already_is_so_already(said: str):
    told().tell(f"pay {said} -> no no_change paid_through={_micros('2026-02-28 10:00')}")


def _micros(when: str) -> int:
    return parse(when.replace(" ", "T") + "Z", "when") // 1_000_000


def test_intervals_are_those_of_the_plan():
    story = Story(BARE).tell(
        """
        2026-01-31 10:00  open                                            -> nothing
                          subscribe basic 1000 quarterly intervals=1      -> subscription 1000
        """
    )
    assert bought(story) == "2026-04-30T10:00:00Z"
    story.tell("pay intervals=1 -> subscription 1000")
    assert bought(story) == "2026-07-31T10:00:00Z"
    story.tell("pay cycles=1 -> subscription 1000")
    assert bought(story) == "2026-08-31T10:00:00Z"


def test_a_subscription_is_bought_until_the_nearest_boundary_too():
    story = Story(BARE).tell(
        """
        2026-01-31 10:00  open                                          -> nothing
        subscribe basic 1000 monthly paid=2026-02-20/10:00              -> invalid 2026-02-28 10:00
        subscribe basic 1000 monthly paid=2026-02-01/09:00              -> invalid after the start
        subscribe basic 1000 monthly paid=2026-02-28/00:00              -> subscription 1000
        """
    )
    assert bought(story) == "2026-02-28T10:00:00Z"


# Late payments


def test_a_payment_a_second_late_gives_the_cycle_from_then_on():
    story = told().tell(
        """
        2026-02-28 10:00:01  pay 2026-03-31/10:00   -> subscription 1000
        2026-03-31 09:59     look                   -> subscription 1000
        """
    )
    assert story.journal(after=3) == [
        "2026-02-28 10:00 grant_expired",
        "2026-02-28 10:00 past_due",
        "2026-02-28 10:00 paid_through",
        "2026-02-28 10:00 cycle_started",
    ]
    assert story.account.cycle is not None
    assert text(story.account.cycle.started_at) == "2026-02-28T10:00:00Z"
    assert text(story.account.cycle.ends_at) == "2026-03-31T10:00:00Z"
    assert text(story.entries[-1].at) == "2026-02-28T10:00:01Z"


def test_what_the_plan_unlocks_goes_on_in_grace_without_new_credits():
    promo = "grant promo 100 -> subscription 1000, promo 100"
    told().tell(promo).tell(
        """
        2026-02-28 10:00  look                              -> promo 100
                          charge Clip audio=on seconds=1    -> 20; promo 80
                          top_up 500                        -> promo 80, topup 500
        2026-03-03 09:59  charge Clip audio=on seconds=1    -> 20; promo 60, topup 500
        2026-03-03 10:00  charge Clip audio=on seconds=1    -> no tool_not_in_plan plan=Free
                          top_up 500                        -> no top_up_requires_subscription
        """
    )


@pytest.mark.parametrize(
    ("policy", "unlocked", "locked"),
    [
        ("{}", "2026-03-03 09:59", "2026-03-03 10:00"),
        ("{grace_days: 10}", "2026-03-10 09:59", "2026-03-10 10:00"),
        ("{grace_days: 0}", "2026-02-28 09:59", "2026-02-28 10:00"),
    ],
)
def test_grace_is_as_long_as_the_catalog_says(policy: str, unlocked: str, locked: str):
    story = told(f"{BARE}policy: {policy}\n")
    story.tell("grant promo 100 -> subscription 1000, promo 100")
    for when, answer in ((unlocked, "48; "), (locked, "no model_requires_subscription")):
        story.now = later(story.now, when)
        assert story.ask(["charge", "Portrait", "images=1"]).startswith(answer)


@pytest.mark.parametrize(
    ("when", "said", "answer", "ends"),
    [
        ("2026-03-02 10:00", "cycles=1", "subscription 1000", "2026-03-31T10:00:00Z"),
        ("2026-03-10 10:00", "cycles=1", "subscription 1000", "2026-03-31T10:00:00Z"),
        ("2026-03-10 10:00", "2026-03-31/10:00", "subscription 1000", "2026-03-31T10:00:00Z"),
        ("2026-03-31 09:59", "cycles=1", "subscription 1000", "2026-03-31T10:00:00Z"),
        # nobody had the cycle of March: a payment for one is for that of April
        ("2026-04-01 10:00", "cycles=1", "subscription 1000", "2026-04-30T10:00:00Z"),
        ("2026-04-01 10:00", "intervals=2", "subscription 1000", "2026-04-30T10:00:00Z"),
        ("2026-04-02 09:59", "cycles=1", "subscription 1000", "2026-04-30T10:00:00Z"),
    ],
)
def test_a_late_payment_revives_it_on_its_old_anchor(when: str, said: str, answer: str, ends: str):
    story = told().tell(f"{when} pay {said} -> {answer}")
    assert story.account.cycle is not None
    assert text(story.account.cycle.ends_at) == ends
    assert story.account.subscription is not None
    assert text(story.account.subscription.anchor) == "2026-01-31T10:00:00Z"


def test_after_grace_and_revival_it_has_ended_for_good():
    """Three days of grace and thirty more, to the second."""
    told().tell(
        """
        2026-04-02 10:00  pay cycles=1                       -> no no_subscription
                          subscribe basic 1000 monthly       -> subscription 1000
        """
    )


def test_how_long_a_payment_revives_is_the_catalogs():
    once = told(f"{BARE}policy: {{revival_days: 5}}\n")
    once.tell("2026-03-08 09:59 pay cycles=1 -> subscription 1000")
    once = told(f"{BARE}policy: {{revival_days: 5}}\n")
    once.tell("2026-03-08 10:00 pay cycles=1 -> no no_subscription")
    never = told(f"{BARE}policy: {{grace_days: 0, revival_days: 0}}\n")
    never.tell("2026-02-28 10:00 pay cycles=1 -> no no_subscription")


def test_what_was_bought_in_the_meantime_is_not_revived_but_paid():
    story = told().tell(
        """
        2026-03-10 10:00  subscribe max 4000 monthly   -> subscription 4000
                          pay cycles=1                 -> subscription 4000
        """
    )
    assert bought(story) == "2026-05-10T10:00:00Z"


def test_a_payment_for_time_that_is_over_gives_nothing_and_loses_nothing():
    """Told through 31 March on 2 April: the year of cycles is not moved, the grace runs from there,
    and the next payment starts the running cycle."""
    story = told().tell(
        """
        2026-04-02 09:59  pay 2026-03-31/10:00   -> nothing
                          charge Portrait images=1 -> no insufficient_credits
                          pay cycles=1           -> subscription 1000
        """
    )
    assert bought(story) == "2026-04-30T10:00:00Z"


def test_lazily_and_eagerly_a_late_payment_is_the_same():
    eager = told()
    for when in ("2026-02-28 10:00", "2026-03-03 10:00", "2026-03-09 00:00"):
        eager.tell(f"{when} look -> nothing")
    eager.tell("2026-03-10 10:00 pay cycles=1 -> subscription 1000")
    lazy = told().tell("2026-03-10 10:00 pay cycles=1 -> subscription 1000")
    assert [(e.at, e.event) for e in lazy.entries] == [(e.at, e.event) for e in eager.entries]


# Cancelled, then paid


def test_a_payment_moves_the_end_of_a_cancelled_subscription():
    story = told().tell(
        """
        2026-02-10 10:00  cancel                 -> subscription 1000
        2026-02-20 10:00  pay cycles=1           -> subscription 1000
        2026-02-28 10:00  look                   -> subscription 1000
        2026-03-31 10:00  look                   -> nothing
        """
    )
    assert story.entries[-1].event.reason == "canceled"


def test_a_payment_after_the_cancelled_end_gives_its_time_and_ends_then():
    story = told().tell(
        """
        2026-02-10 10:00  cancel                 -> subscription 1000
        2026-02-28 10:00  look                   -> nothing
        2026-02-28 10:01  pay cycles=1           -> subscription 1000
        2026-03-31 10:00  look                   -> nothing
        """
    )
    assert story.entries[-1].event.reason == "canceled"


def test_cancelling_when_past_due_ends_it_at_once():
    story = told().tell(
        """
        2026-03-01 10:00  cancel                     -> nothing
                          charge Portrait images=1   -> no model_requires_subscription
                          cancel                     -> no no_subscription
        """
    )
    assert story.entries[-1].event.reason == "canceled"


# End now


def test_an_operator_ends_it_now_and_takes_back_the_rest_of_the_cycle():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                          -> nothing
                          subscribe basic 4000 yearly   -> subscription 4000
                          top_up 500                    -> subscription 4000, topup 500
                          charge Picture images=1       -> 24; subscription 3976, topup 500
        2026-01-12 10:00  end                           -> topup 500
                          charge Portrait images=1      -> no model_requires_subscription
        2026-02-10 10:00  look                          -> topup 500
                          end                           -> no no_subscription
                          pay cycles=1                  -> no no_subscription
        """
    )
    assert story.entries[-1].event.why == "a reason"


def test_ending_it_without_void_leaves_the_cycles_credits_until_their_end():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                          -> nothing
                          subscribe basic 4000 yearly   -> subscription 4000
        2026-01-12 10:00  end void=off                  -> subscription 4000
                          charge Picture images=1       -> 24; subscription 3976
        2026-02-10 10:00  look                          -> nothing
        """
    )


def test_what_open_holds_reserve_of_a_voided_cycle_lapses_when_it_comes_back():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                          -> nothing
                          subscribe basic 1000 yearly   -> subscription 1000
                          hold a Picture images=10      -> 240; subscription 760, held 240
                          hold b Clip audio=off seconds=76 -> 760; held 1000
        2026-01-10 10:05  end                           -> held 1000
                          settle a images=2             -> 48; held 760
                          release b                     -> nothing
        """
    )


def test_a_subscription_that_has_not_begun_is_ended_too():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                                            -> nothing
                          subscribe basic 1000 monthly starts=2026-02-01  -> nothing
                          end                                             -> nothing
        2026-02-01 00:00  look                                            -> nothing
        """
    )
