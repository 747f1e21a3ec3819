"""Pauses, trials and operators' resets (docs/spec.md 4.7, 5.1)."""

import pytest

from tallystick.core.instants import text
from tests.core.story import BARE, Story, kind

OPEN = """
    2026-01-31 10:00  open                                   -> nothing
                      subscribe basic 1000 {}                -> subscription 1000
"""
TRIAL = BARE.replace("    packages: [{credits: 1000}, {credits: 4000}]",
                     "    packages: [{credits: 1000}, {credits: 4000}]\n"
                     "    trial: {days: 7, credits: 200}")  # fmt: skip
UNLOCKED = BARE + "policy: {paused_plan: unlocked}\n"


def told(terms: str = "monthly", catalog: str = BARE) -> Story:
    return Story(catalog).tell(OPEN.format(terms))


def bought(story: Story) -> str:
    assert story.account.subscription is not None
    return text(story.account.subscription.paid_through)


# Pauses


def test_a_pause_over_two_boundaries_of_a_monthly_plan():
    """From the next boundary on: the running cycle runs to its end, none starts, then on again."""
    story = told().tell(
        """
        2026-02-10 10:00  pause until=2026-04-30/10:00   -> subscription 1000
                          charge Clip audio=on seconds=1 -> 20; subscription 980
        2026-02-28 10:00  look                           -> nothing
                          charge Clip audio=on seconds=1 -> no tool_not_in_plan
        2026-03-31 10:00  look                           -> nothing
        2026-04-30 10:00  look                           -> subscription 1000
        2026-05-31 10:00  look                           -> subscription 1000
        """
    )
    assert story.journal(after=5) == [
        "2026-02-28 10:00 grant_expired",
        "2026-02-28 10:00 subscription_paused",
        "2026-04-30 10:00 subscription_resumed",
        "2026-04-30 10:00 cycle_started",
        "2026-05-31 10:00 grant_expired",
        "2026-05-31 10:00 cycle_started",
    ]


def test_cycles_of_a_yearly_plan_that_were_paid_stay_paid_through_a_pause():
    """Two of twelve are had; ten stay, from the day it is resumed on."""
    story = told("yearly").tell(
        """
        2026-03-10 10:00  pause                          -> subscription 1000
        2026-03-31 10:00  look                           -> nothing
        2026-05-20 12:00  resume                         -> subscription 1000
        """
    )
    assert bought(story) == "2027-03-20T12:00:00Z"
    assert story.account.cycle is not None
    assert text(story.account.cycle.ends_at) == "2026-06-20T12:00:00Z"


def test_a_pause_that_ends_on_a_boundary_keeps_the_anchor():
    story = told("yearly").tell(
        """
        2026-03-10 10:00  pause until=2026-05-31/10:00   -> subscription 1000
        2026-05-31 10:00  look                           -> subscription 1000
        2026-06-30 10:00  look                           -> subscription 1000
        """
    )
    assert bought(story) == "2027-03-31T10:00:00Z"
    assert text(story.account.subscription.anchor) == "2026-01-31T10:00:00Z"


def test_no_payment_is_due_in_a_pause_and_one_is_when_it_ends():
    story = told("monthly intervals=1").tell(
        """
        2026-02-10 10:00  pause until=2026-04-10/10:00   -> subscription 1000
        2026-02-28 10:00  look                           -> nothing
        2026-04-10 10:00  look                           -> nothing
        2026-04-10 10:05  pay cycles=1                   -> subscription 1000
        """
    )
    assert bought(story) == "2026-05-10T10:00:00Z"
    assert [kind(e) for e in story.entries].count("past_due") == 1


def test_a_payment_in_a_pause_is_for_the_cycle_after_it():
    story = told("monthly intervals=1").tell(
        """
        2026-02-10 10:00  pause                          -> subscription 1000
        2026-03-10 10:00  pay cycles=1                   -> nothing
                          pay 2026-05-10/10:00           -> invalid a pause has no boundaries
        2026-04-10 10:00  resume                         -> subscription 1000
        """
    )
    assert bought(story) == "2026-05-10T10:00:00Z"


def test_a_pause_at_once_locks_now_and_leaves_the_credits_of_the_cycle():
    told().tell(
        """
        2026-02-10 10:00  pause now                      -> subscription 1000
                          charge Clip audio=on seconds=1 -> no tool_not_in_plan
                          charge Picture images=1        -> 24; subscription 976
                          top_up 500                     -> no top_up_requires_subscription
                          change max 4000 monthly        -> no subscription_paused
        2026-02-20 10:00  resume                         -> subscription 976
                          charge Clip audio=on seconds=1 -> 20; subscription 956
        2026-02-28 10:00  look                           -> subscription 1000
        """
    )


def test_pausing_and_resuming_gives_nothing_twice():
    story = told()
    for day in range(1, 20):
        story.tell(f"2026-02-{day:02} 10:00 pause now -> subscription 1000")
        story.tell("+2h resume -> subscription 1000")
    story.tell("2026-02-20 10:00 pause now until=2026-02-21/10:00 -> subscription 1000")
    story.tell("2026-02-22 10:00 charge Clip audio=on seconds=1 -> 20; subscription 980")
    assert [kind(e) for e in story.entries].count("cycle_started") == 1


def test_a_pause_may_leave_the_plan_unlocked_and_top_ups_stay():
    told(catalog=UNLOCKED).tell(
        """
                          top_up 500                     -> subscription 1000, topup 500
        2026-02-10 10:00  pause                          -> subscription 1000, topup 500
        2026-03-10 10:00  charge Clip audio=on seconds=1 -> 20; topup 480
        """
    )


def test_a_pause_that_is_to_come_can_be_withdrawn_and_moved():
    told().tell(
        """
        2026-02-10 10:00  pause until=2026-02-20/10:00   -> invalid until must lie after
                          pause until=2026-03-20/10:00   -> subscription 1000
                          resume                         -> subscription 1000
        2026-02-28 10:00  pause                          -> subscription 1000
        2026-03-31 10:00  pause until=2026-05-01/10:00   -> nothing
        2026-05-01 10:00  look                           -> subscription 1000
                          resume                         -> no nothing_scheduled
        """
    )


def test_cancelling_in_a_pause_ends_it_at_once():
    story = told("yearly").tell(
        """
        2026-02-10 10:00  pause                          -> subscription 1000
        2026-03-10 10:00  cancel                         -> nothing
                          resume                         -> no no_subscription
        """
    )
    assert story.entries[-1].event.reason == "canceled"


def test_a_cancelled_subscription_that_is_paused_ends_after_its_paid_cycles():
    story = told("quarterly").tell(
        """
        2026-02-10 10:00  cancel                         -> subscription 1000
                          pause until=2026-07-10/10:00   -> subscription 1000
        2026-07-10 10:00  look                           -> subscription 1000
        2026-08-10 10:00  look                           -> subscription 1000
        2026-09-10 10:00  look                           -> nothing
        """
    )
    assert story.account.subscription is None


def test_a_pause_of_what_is_past_due_begins_now():
    told("monthly intervals=1").tell(
        """
        2026-03-01 10:00  pause                          -> nothing
                          charge Clip audio=on seconds=1 -> no tool_not_in_plan
        2026-05-01 10:00  pay cycles=1                   -> nothing
                          resume                         -> subscription 1000
        """
    )


def test_no_payment_is_due_in_a_pause_whatever_the_grace():
    story = told("monthly intervals=1", BARE + "policy: {grace_days: 0}\n").tell(
        """
        2026-02-10 10:00  pause until=2026-04-10/10:00   -> subscription 1000
        2026-02-28 10:00  look                           -> nothing
        2026-04-09 10:00  pay cycles=1                   -> nothing
        2026-04-10 10:00  look                           -> subscription 1000
        """
    )
    assert "subscription_ended" not in [kind(e) for e in story.entries]


def test_what_waits_for_its_payment_when_a_pause_begins_is_withdrawn():
    """As at a boundary that is not paid: the next payment is for the plan there is."""
    for paused in ("pause", "pause now"):
        story = told("monthly intervals=1").tell(
            f"""
            2026-02-10 10:00  change max 4000 monthly        -> subscription 1000
                              {paused}                       -> subscription 1000
            2026-03-10 10:00  pay cycles=1                   -> nothing
                              resume                         -> subscription 1000
            """
        )
        assert bought(story) == "2026-04-10T10:00:00Z"


def test_a_pause_that_is_over_before_a_boundary_that_moved_pauses_nothing():
    """The upgrade moves the boundary to 20 March, after the end of the pause."""
    story = told().tell(
        """
        2026-02-10 10:00  pause until=2026-03-10/10:00   -> subscription 1000
        2026-02-20 10:00  change basic 4000 monthly      -> carry_over 1000, subscription 4000
        2026-03-20 10:00  look                           -> subscription 4000
        2026-04-19 10:00  look                           -> subscription 4000
        """
    )
    assert story.account.cycle is not None
    assert text(story.account.cycle.started_at) == "2026-03-20T10:00:00Z"
    assert text(story.account.cycle.ends_at) == "2026-04-20T10:00:00Z"


def test_no_cycle_is_reset_in_a_pause():
    told().tell(
        """
        2026-02-10 10:00  pause now                      -> subscription 1000
                          reset                          -> no no_running_cycle
        2026-03-10 10:00  reset move                     -> no no_running_cycle
        """
    )


FIRSTS = BARE.replace("    packages: [{credits: 1000}, {credits: 4000}]",
                      "    packages: [{credits: 1000}, {credits: 4000}]\n"
                      "    anchor: {day: 1, first: proportion}")  # fmt: skip


def test_cycles_of_the_calendar_that_were_paid_come_whole_after_a_pause_and_at_a_reset():
    """Only what is bought in the middle of a month is a part of one."""
    Story(FIRSTS).tell(
        """
        2026-01-16 12:00  open                           -> nothing
                          subscribe basic 1000 quarterly -> subscription 500
        2026-02-10 10:00  pause                          -> subscription 1000
        2026-03-01 00:00  look                           -> nothing
        2026-03-20 12:00  resume                         -> subscription 1000
        2026-03-25 12:00  reset move                     -> subscription 1000
        2026-04-01 00:00  look                           -> subscription 1000
        """
    )


# Trials


def test_a_trial_that_is_paused_before_it_begins_begins_when_it_is_resumed():
    """Neither the trial is lost nor a cycle given that nobody paid for."""
    story = Story(TRIAL).tell(
        """
        2026-01-10 10:00  open                                                     -> nothing
             subscribe basic 1000 monthly trial=on intervals=0 starts=2026-01-12   -> nothing
                          pause now                                                -> nothing
        2026-01-15 10:00  look                                                     -> nothing
        2026-01-25 08:00  resume                                           -> subscription 200
        2026-02-01 07:59  look                                             -> subscription 200
        2026-02-01 08:00  look                                                     -> nothing
        """
    )
    assert [kind(e) for e in story.entries].count("past_due") == 1
    story = Story(TRIAL).tell(
        """
        2026-01-10 10:00  open                                                     -> nothing
             subscribe basic 1000 monthly trial=on intervals=2 starts=2026-01-12   -> nothing
                          pause until=2026-02-12                                   -> nothing
        2026-02-12 00:00  look                                             -> subscription 200
        2026-02-19 00:00  look                                            -> subscription 1000
        """
    )
    assert bought(story) == "2026-04-19T00:00:00Z"


def test_a_trial_that_is_paid_late_with_another_plan_goes_on_with_that():
    for said in ("change max 4000 monthly intervals=1", "change basic 4000 monthly paid=on"):
        story = Story(TRIAL).tell(
            f"""
            2026-01-10 10:00  open                                               -> nothing
                              subscribe basic 1000 monthly trial=on intervals=0  -> subscription 200
            2026-01-18 10:00  {said}                                           -> subscription 4000
            """
        )
        assert bought(story) == "2026-02-17T10:00:00Z"


def test_a_trial_has_its_own_length_and_credits_and_then_it_renews():
    story = Story(TRIAL).tell(
        """
        2026-01-10 10:00  open                                      -> nothing
                          subscribe basic 1000 monthly trial=on     -> subscription 200
                          charge Clip audio=on seconds=1            -> 20; subscription 180
        2026-01-17 09:59  look                                      -> subscription 180
        2026-01-17 10:00  look                                      -> subscription 1000
        2026-02-17 10:00  look                                      -> subscription 1000
        """
    )
    assert bought(story) == "2026-03-17T10:00:00Z"


def test_a_trial_that_is_not_paid_gives_no_credits_and_ends():
    Story(TRIAL).tell(
        """
        2026-01-10 10:00  open                                                  -> nothing
                          subscribe basic 1000 monthly trial=on intervals=0     -> subscription 200
        2026-01-17 10:00  look                                                  -> nothing
                          charge Portrait images=1                   -> no insufficient_credits
        2026-01-20 10:00  charge Portrait images=1   -> no model_requires_subscription
        """
    )


def test_a_trial_that_is_paid_in_time_or_late_goes_on_from_its_end():
    for when in ("2026-01-15 10:00", "2026-01-17 10:01", "2026-01-25 10:00"):
        story = Story(TRIAL).tell(
            """
            2026-01-10 10:00  open                                               -> nothing
                              subscribe basic 1000 monthly trial=on intervals=0  -> subscription 200
            """
        )
        story.tell(f"{when} pay intervals=1 -> subscription {200 if '15' in when else 1000}")
        assert bought(story) == "2026-02-17T10:00:00Z"


def test_an_account_has_one_trial_of_a_plan_and_a_plan_may_have_none():
    Story(TRIAL).tell(
        """
        2026-01-10 10:00  open                                   -> nothing
                          subscribe max 4000 monthly trial=on    -> invalid Max has no trial
                          subscribe basic 1000 monthly trial=on  -> subscription 200
                          cancel                                 -> subscription 200
        2026-01-17 10:00  look                                   -> nothing
                          subscribe basic 1000 monthly trial=on  -> no trial_used plan=Basic
                          subscribe basic 1000 monthly           -> subscription 1000
        """
    )


def test_a_change_in_a_trial_changes_what_comes_after_it():
    story = Story(TRIAL).tell(
        """
        2026-01-10 10:00  open                                   -> nothing
                          subscribe basic 1000 monthly trial=on  -> subscription 200
                          change max 24000 yearly                -> subscription 200
                          change basic 1000 monthly              -> subscription 200
                          change max 4000 yearly                 -> subscription 200
                          reset                                  -> no no_running_cycle
        2026-01-17 10:00  look                                   -> subscription 4000
        """
    )
    assert bought(story) == "2027-01-17T10:00:00Z"


# An operator's reset


@pytest.mark.parametrize(
    ("moved", "ends", "paid"),
    [("", "2026-02-28T10:00:00Z", "2027-01-31T10:00:00Z"),
     ("move", "2026-03-10T08:00:00Z", "2027-02-10T08:00:00Z")],
)  # fmt: skip
def test_an_operator_resets_a_cycle_now_with_or_without_its_anchor(
    moved: str, ends: str, paid: str
):
    story = told("yearly").tell(
        f"""
                          charge Picture images=10   -> 240; subscription 760
        2026-02-10 08:00  reset {moved}              -> subscription 1000
        """
    )
    assert story.account.cycle is not None
    assert (text(story.account.cycle.ends_at), story.account.cycle.used) == (ends, 0)
    assert bought(story) == paid
    assert story.journal(after=4) == [
        "2026-02-10 08:00 cycle_reset",
        "2026-02-10 08:00 grant_expired",
        "2026-02-10 08:00 cycle_started",
    ]
    story.tell("2026-03-10 08:00 look -> subscription 1000")


def test_what_is_held_at_a_reset_lapses_when_it_comes_back():
    told().tell(
        """
                          hold h Picture images=10   -> 240; subscription 760, held 240
        +1m               reset                      -> subscription 1000, held 240
                          settle h images=2          -> 48; subscription 1000
        """
    )


def test_only_a_running_cycle_is_reset():
    told("monthly intervals=1").tell(
        """
        2026-02-28 10:00  reset       -> no no_running_cycle
        2026-03-03 10:00  reset       -> no no_subscription
        """
    )
