"""Subscriptions: both upgrade rules, changes at once and later, payments, ends (docs/spec.md 5)."""

import pytest

from tallystick.core.instants import text
from tests.core.story import BARE, TOY, Story, kind

YEARLY = """
    2026-01-10 10:00  open                         -> nothing
                      subscribe basic 4000 yearly  -> subscription 4000
"""


# Upgrades


def test_add_full_keep_leftover():
    """The new allotment comes in full and at once, what is left is carried through one cycle, and
    the cycle restarts."""
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                          -> nothing
                          subscribe basic 4000 monthly  -> subscription 4000
                          charge Picture images=50      -> 1200; subscription 2800
        2026-01-25 08:00  change max 24000 monthly      -> carry_over 2800, subscription 24000
                          charge Picture images=50      -> 1200; carry_over 1600, subscription 24000
        2026-02-10 10:00  look                          -> carry_over 1600, subscription 24000
        2026-02-25 07:59  look                          -> carry_over 1600, subscription 24000
        2026-02-25 08:00  look                          -> subscription 24000
        """
    )
    assert story.journal(4)[:2] == [
        "2026-01-25 08:00 plan_changed",
        "2026-01-25 08:00 cycle_started",
    ]


def test_an_earlier_carry_over_keeps_its_own_end_through_a_second_upgrade():
    Story(BARE, {"packages: [{credits: 1000}, {credits: 4000}]":
                 "packages: [{credits: 1000}, {credits: 4000}, {credits: 8000}]"}).tell(
        """
        2026-01-10 10:00  open                          -> nothing
                          subscribe basic 1000 monthly  -> subscription 1000
        2026-01-15 10:00  change basic 4000 monthly     -> carry_over 1000, subscription 4000
        2026-01-20 10:00  change basic 8000 monthly     -> carry_over 5000, subscription 8000
        2026-02-15 10:00  look                          -> carry_over 4000, subscription 8000
        2026-02-20 10:00  look                          -> subscription 8000
        """
    )  # fmt: skip


def test_deduct_used_without_a_new_cycle():
    """1,000 used of 40,000, upgraded to 240,000: 239,000, and the cycle goes on."""
    Story(BARE).tell(YEARLY).tell(
        """
        charge Clip audio=off seconds=100               -> 1000; subscription 3000
        2026-01-25 08:00  change max 24000 yearly       -> subscription 23000
                          charge Picture images=1       -> 24; subscription 22976
        2026-02-10 09:59  look                          -> subscription 22976
        2026-02-10 10:00  look                          -> subscription 24000
        """
    )


def test_deduct_used_with_a_new_cycle():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                          -> nothing
                          subscribe basic 4000 monthly  -> subscription 4000
                          charge Clip audio=off seconds=100 -> 1000; subscription 3000
        2026-01-25 08:00  change max 24000 yearly       -> subscription 23000
        2026-02-10 10:00  look                          -> subscription 23000
        2026-02-25 08:00  look                          -> subscription 24000
        """
    )


def test_used_counts_what_was_spent_of_this_cycles_allotment_only():
    story = Story().tell(
        """
        2026-01-10 10:00  open                          -> free 100
                          subscribe basic 4000 yearly   -> free 100, subscription 4000
                          top_up 500                    -> free 100, subscription 4000, topup 500
                          charge Picture images=10      -> 240; subscription 3860, topup 500
                          hold h Picture images=5
            -> 120; subscription 3740, topup 500, held 120
        """
    )
    assert story.account.cycle is not None
    assert story.account.cycle.used == 140_000_000
    story.tell("settle h images=2 -> 48; subscription 3812, topup 500")
    assert story.account.cycle.used == 188_000_000
    story.tell("change max 24000 yearly -> subscription 23812, topup 500")
    assert story.account.cycle.used == 188_000_000
    story.tell("2026-02-10 10:00 look -> free 100, subscription 24000, topup 500")
    assert story.account.cycle.used == 0


@pytest.mark.parametrize("change", ["change max 24000 monthly", "change max 24000 yearly"])
def test_an_upgrade_never_shows_a_negative_balance_on_the_way(change: str):
    """Not even with everything spent or held: no entry of it goes below nothing."""
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                               -> nothing
                          subscribe basic 4000 monthly       -> subscription 4000
                          charge Clip audio=off seconds=300  -> 3000; subscription 1000
                          hold h Clip audio=off seconds=100  -> 1000; held 1000
        """
    )
    before = len(story.entries)
    story.ask(change.split())
    assert all(entry.before >= 0 and entry.after >= 0 for entry in story.entries[before:])
    assert all(grant.remaining >= 0 for grant in story.account.grants)
    story.ask(["settle", "h", "seconds=50"])
    assert story.account.held == 0


def test_buying_and_changing_a_subscription_never_touches_a_top_up():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                          -> nothing
                          subscribe basic 4000 monthly  -> subscription 4000
                          top_up 500                    -> subscription 4000, topup 500
                          change max 24000 monthly
            -> carry_over 4000, subscription 24000, topup 500
                          change max 4000 monthly
            -> carry_over 4000, subscription 24000, topup 500
                          resume
            -> carry_over 4000, subscription 24000, topup 500
                          cancel
            -> carry_over 4000, subscription 24000, topup 500
        2026-02-10 10:00  look                          -> topup 500
                          subscribe basic 1000 yearly   -> subscription 1000, topup 500
        """
    )
    topup = [entry.seq for entry in story.entries if kind(entry) == "granted"]
    assert topup == [4]


def test_moving_to_a_higher_plan_with_the_same_package_keeps_the_package():
    """40,000 stay 40,000: entitlements change at once, balance and cycle stay."""
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                          -> nothing
                          subscribe basic 4000 monthly  -> subscription 4000
                          charge Voice characters=50    -> 10; subscription 3990
        2026-01-20 10:00  change max                    -> subscription 3990
                          charge Voice characters=50    -> 0; subscription 3990
        2026-02-10 10:00  look                          -> subscription 4000
        """
    )
    assert story.entries[4].event.change == "switch"
    assert story.account.cycle is not None
    assert text(story.account.cycle.ends_at) == "2026-03-10T10:00:00Z"


# Changes that wait


@pytest.mark.parametrize(
    ("asked", "change"),
    [
        ("change basic 1000 monthly", "downgrade"),
        ("change basic 4000 yearly", "interval"),
        ("change basic 1000 quarterly", "downgrade"),
    ],
)
def test_a_downgrade_and_a_change_of_interval_wait_until_the_paid_time_is_over(
    asked: str, change: str
):
    story = Story(BARE).tell(
        f"""
        2026-01-10 10:00  open                          -> nothing
                          subscribe basic 4000 monthly  -> subscription 4000
                          {asked}                       -> subscription 4000
        2026-02-10 09:59  look                          -> subscription 4000
        """
    )
    assert story.entries[3].event.change == change
    _, package, interval = asked.split()[1:]
    story.tell(f"2026-02-10 10:00 look -> subscription {package}")
    assert story.account.subscription is not None
    terms = story.account.subscription.terms
    assert (terms.package, terms.interval) == (int(package) * 1_000_000, interval)


def test_a_yearly_subscriber_goes_down_only_when_the_year_is_over():
    Story(BARE).tell(YEARLY).tell(
        """
        2026-03-01 10:00  change basic 1000 monthly  -> subscription 4000
        2027-01-10 09:59  look                       -> subscription 4000
        2027-01-10 10:00  look                       -> subscription 1000
        """
    )


def test_what_waits_can_be_withdrawn_and_replaced():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                          -> nothing
                          subscribe basic 4000 monthly  -> subscription 4000
                          resume                        -> no nothing_scheduled
                          cancel                        -> subscription 4000
                          cancel                        -> no no_change
                          resume                        -> subscription 4000
                          change basic 1000 monthly     -> subscription 4000
                          cancel                        -> subscription 4000
                          change basic 4000 monthly     -> no no_change
                          change basic 1000 monthly     -> subscription 4000
        2026-02-10 10:00  look                          -> subscription 1000
                          resume                        -> no nothing_scheduled
        """
    )


def test_an_upgrade_withdraws_a_cancellation():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                          -> nothing
                          subscribe basic 1000 monthly  -> subscription 1000
                          cancel                        -> subscription 1000
                          change basic 4000 monthly     -> carry_over 1000, subscription 4000
        2026-02-10 10:00  look                          -> subscription 4000
        """
    )


def test_top_ups_survive_the_end_and_are_then_bound_by_the_free_plan():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                          -> nothing
                          top_up 500                    -> no top_up_requires_subscription
                          subscribe basic 1000 monthly  -> subscription 1000
                          top_up 500                    -> subscription 1000, topup 500
                          charge Portrait images=1      -> 48; subscription 952, topup 500
                          cancel                        -> subscription 952, topup 500
        2026-02-10 10:00  look                          -> topup 500
                          charge Picture images=1       -> 24; topup 476
                          charge Clip audio=on seconds=1 -> no tool_not_in_plan plan=Free
                          charge Portrait images=1      -> no model_requires_subscription
                          top_up 500                    -> no top_up_requires_subscription
        2030-01-01 00:00  look                          -> topup 476
        """
    )


# Payment


def test_a_subscription_that_is_paid_by_hand_ends_when_nobody_pays():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                                          -> nothing
                          subscribe basic 1000 monthly paid=2026-02-10/10:00 -> subscription 1000
        2026-02-10 10:00  look                                          -> nothing
        2026-02-13 10:00  look                                          -> nothing
        """
    )
    assert story.journal(after=4) == ["2026-02-10 10:00 past_due",
                                      "2026-02-13 10:00 subscription_ended"]  # fmt: skip
    assert story.entries[-1].event.reason == "unpaid"


def test_a_payment_moves_paid_through_and_a_failed_one_takes_nothing_back():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                                               -> nothing
                          pay 2026-03-10                                     -> no no_subscription
                          subscribe basic 1000 monthly paid=2026-02-10/10:00 -> subscription 1000
                          pay 2026-02-10/10:00                               -> no no_change
        2026-02-01 10:00  pay 2026-03-10/10:00                               -> subscription 1000
        2026-02-10 10:00  charge Picture images=1                            -> 24; subscription 976
        2026-03-10 09:59  look                                               -> subscription 976
        2026-03-10 10:00  look                                               -> nothing
        """
    )


# Starting


def test_a_subscription_that_starts_later_gives_nothing_before():
    story = Story(TOY).tell(
        """
        2026-01-10 10:00  open                                            -> free 100
                          subscribe basic 1000 monthly starts=2026-02-01  -> free 100
                          top_up 500                         -> no top_up_requires_subscription
                          charge Clip audio=on seconds=1     -> no tool_not_in_plan
                          subscribe basic 1000 monthly       -> no already_subscribed
                          change max 4000 yearly             -> free 100
        2026-02-01 00:00  look                               -> free 100, subscription 4000
        """
    )
    assert story.journal()[-1] == "2026-02-01 00:00 cycle_started"


def test_a_subscription_that_starts_later_can_be_called_off():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                                            -> nothing
                          subscribe basic 1000 monthly starts=2026-02-01  -> nothing
                          cancel                                          -> nothing
        2026-02-01 00:00  look                                            -> nothing
                          cancel                                          -> no no_subscription
        """
    )


def test_a_subscription_that_started_earlier_gives_the_running_cycle_only():
    Story(BARE).tell(
        """
        2026-03-20 10:00  open                     -> nothing
        subscribe basic 1000 yearly starts=2026-01-31/10:00
            -> subscription 1000
                          charge Picture images=1  -> 24; subscription 976
        2026-03-31 09:59  look                     -> subscription 976
        2026-03-31 10:00  look                     -> subscription 1000
        """
    )


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("subscribe gold 1000 monthly", "unknown plan"),
        ("subscribe free 100 monthly", "is not sold"),
        ("subscribe basic 999 monthly", "comes with 1,000 or 4,000 credits a month"),
        ("subscribe basic 1000 weekly", "billed monthly or quarterly or yearly"),
        ("subscribe basic", "comes with"),
        ("subscribe basic 1000 monthly starts=2040-01-01", "within ten years"),
        ("subscribe basic 1000 monthly paid=2026-01-10", "after the start"),
    ],
)
def test_terms_that_are_not_offered_are_told_what_is(asked: str, words: str):
    Story(BARE).tell(f"2026-01-10 10:00 open -> nothing\n{asked} -> invalid {words}")


def test_a_catalog_edit_takes_nothing_from_anybody():
    """A plan and a package that are no longer sold stay for those who have them."""
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                          -> nothing
                          subscribe basic 1000 monthly  -> subscription 1000
                          charge Picture images=1       -> 24; subscription 976
        """
    )
    dropped = BARE.replace("{credits: 1000}, {credits: 4000}", "{credits: 4000}")
    story.publish(dropped.replace("credits: 24,", "credits: 30,"), "2026-01-15T00:00:00Z")
    story.tell(
        """
        2026-01-20 10:00  charge Clip audio=off seconds=1 -> 10; subscription 966
                          charge Picture images=1         -> 30; subscription 936
        2026-02-10 10:00  look                            -> subscription 1000
                          change basic 1000 yearly        -> invalid comes with 4,000 credits
                          change basic 4000 monthly       -> carry_over 1000, subscription 4000
        """
    )
