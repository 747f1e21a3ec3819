"""Grants: voided, bound, to begin later, with another expiry; debts (`docs/spec.md` 3.7-10)."""

from tests.core.story import BARE, TOY, Story

BY_EXPIRY = "policy: {burn_by: expiry}\nupgrades:"


def test_void_takes_back_what_is_left():
    """A top-up of 1,000 is charged back after 4 were spent: the monthly credits stay."""
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                           -> nothing
                          subscribe basic 1000 monthly   -> subscription 1000
                          top_up 1000                    -> subscription 1000, topup 1000
                          charge Picture images=42       -> 1008; topup 992
                          void top_up                    -> nothing
                          void top_up                    -> no nothing_left grant=g4
                          void 99                        -> no grant_not_found grant=g99
                          void 1                         -> no grant_not_found grant=g1
        """
    )


def test_what_is_spent_of_a_voided_grant_is_owed_and_paid_first():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                           -> nothing
                          subscribe basic 1000 monthly   -> subscription 1000
                          top_up 1000                    -> subscription 1000, topup 1000
                          charge Picture images=50       -> 1200; topup 800
                          void top_up owe                -> owed 200
                          grant promo 60                 -> promo 60, owed 200
                          grant adjustment 50            -> promo 60, owed 150
                          top_up 100                     -> promo 60, owed 50
                          void top_up                    -> no nothing_left
                          top_up 500                     -> promo 60, topup 450
        2026-02-10 10:00  look                           -> subscription 1000, promo 60, topup 450
        """
    )
    assert story.journal(9) == [
        "2026-01-10 10:00 granted",
        "2026-02-10 10:00 cycle_started",
    ]


def test_a_renewal_pays_what_is_owed():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                           -> nothing
                          subscribe basic 1000 monthly   -> subscription 1000
                          charge Picture images=25       -> 600; subscription 400
                          void cycle_started owe         -> owed 600
        2026-02-10 10:00  look                           -> subscription 400
                          change basic 4000 monthly      -> carry_over 400, subscription 4000
        """
    )


def test_a_grant_that_was_spent_whole_can_still_be_owed_and_only_once():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                           -> nothing
                          subscribe basic 1000 monthly   -> subscription 1000
                          charge Clip audio=off seconds=100 -> 1000; nothing
                          top_up 500                     -> topup 500
                          adjust -20                     -> topup 480
                          charge Clip audio=off seconds=48  -> 480; nothing
                          void top_up                    -> no nothing_left
                          void top_up owe                -> owed 480
                          void top_up owe                -> no nothing_left
                          top_up 500                     -> topup 20
                          void top_up owe                -> owed 480
        """
    )


def test_a_cycle_that_was_ended_with_its_subscription_owes_what_was_spent_of_it():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                           -> nothing
                          subscribe basic 1000 monthly   -> subscription 1000
                          charge Clip audio=off seconds=30 -> 300; subscription 700
                          end                            -> nothing
                          void cycle_started owe         -> owed 300
        """
    )


def test_what_lapsed_or_was_taken_back_is_never_owed():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                           -> nothing
                          grant promo 100 ends=2026-01-12 -> promo 100
                          charge Picture images=1        -> 24; promo 76
        2026-01-12 00:00  look                           -> nothing
                          void grant owe                 -> owed 24
                          grant promo 50                 -> promo 50, owed 24
                          reverse grant                  -> owed 24
                          void grant owe                 -> no nothing_left
        """
    )


def test_what_lapses_at_the_very_void_is_not_owed():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                           -> nothing
                          grant promo 100 ends=2026-01-12 -> promo 100
                          charge Picture images=1        -> 24; promo 76
        2026-01-12 00:00  void grant owe                 -> owed 24
        """
    )


def test_a_part_that_is_held_stays_with_its_hold_and_lapses_when_it_comes_back():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                           -> nothing
                          subscribe basic 1000 monthly   -> subscription 1000
                          charge Clip audio=off seconds=100 -> 1000; nothing
                          top_up 500                     -> topup 500
                          hold a Picture images=10       -> 240; topup 260, held 240
                          void top_up                    -> held 240
                          void top_up                    -> no nothing_left
                          expiry top_up never            -> no nothing_left
                          settle a images=4              -> 96; nothing
        """
    )
    assert story.entries[-1].event.lapsed[0].credits == 144_000_000


def test_an_expiry_is_moved_earlier_later_and_to_never():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                           -> nothing
                          grant promo 100 ends=2026-01-20 -> promo 100
                          expiry grant 2026-01-15        -> promo 100
        2026-01-15 00:00  look                           -> nothing
                          expiry grant 2026-02-01        -> no nothing_left
                          grant promo 100 ends=2026-01-20 -> promo 100
                          expiry grant never             -> promo 100
        2026-03-01 00:00  look                           -> promo 100
                          expiry grant 2026-03-01        -> invalid must lie after 2026-03-01
                          expiry grant 2026-03-02        -> promo 100
                          expiry 99 never                -> no grant_not_found
        2026-03-02 00:00  look                           -> nothing
        """
    )


def test_the_credits_of_a_cycle_live_longer_and_still_count_as_used():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                           -> nothing
                          subscribe basic 1000 monthly   -> subscription 1000
                          expiry cycle_started 2026-03-01 -> subscription 1000
                          charge Picture images=5        -> 120; subscription 880
        """
    )
    assert story.account.cycle is not None
    assert story.account.cycle.used == 120_000_000
    story.tell("2026-02-10 10:00  look -> subscription 1880")
    story.tell("2026-03-01 00:00  look -> subscription 1000")


def test_a_grant_that_begins_later_waits_until_then():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                           -> nothing
                          grant promo 100 begins=2026-01-20 ends=2026-01-19
            -> invalid must lie after 2026-01-20
                          grant promo 100 begins=2026-01-09 -> invalid must not lie before now
                          grant promo 100 begins=2026-01-20 ends=2026-01-25 -> nothing
                          charge Picture images=1
            -> no insufficient_credits available=0
                          expiry grant 2026-01-20        -> invalid must lie after 2026-01-20
        """
    )
    assert story.refusal.ways_out[0].kind == "wait"
    assert story.refusal.ways_out[0].at == story.account.later[0].effective_at
    story.tell(
        """
        2026-01-19 23:59  look                           -> nothing
        2026-01-20 00:00  look                           -> promo 100
                          charge Picture images=1        -> 24; promo 76
        2026-01-25 00:00  look                           -> nothing
        """
    )
    assert story.journal(2) == [
        "2026-01-20 00:00 grant_began",
        "2026-01-20 00:00 charged",
        "2026-01-25 00:00 grant_expired",
    ]


def test_a_grant_that_begins_later_can_be_voided_or_reversed_and_pays_debts_when_it_begins():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                           -> nothing
                          grant promo 100 begins=2026-01-20 -> nothing
                          void grant                     -> nothing
                          grant promo 100 begins=2026-01-20 -> nothing
                          reverse grant                  -> nothing
                          grant promo 50                 -> promo 50
                          charge Picture images=2        -> 48; promo 2
                          void grant owe                 -> owed 48
                          grant adjustment 100 begins=2026-01-20 -> owed 48
        2026-01-20 00:00  look                           -> adjustment 52
        """
    )


def test_a_promotion_for_video_is_neither_seen_nor_burned_by_others():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                           -> nothing
                          subscribe basic 1000 monthly   -> subscription 1000
                          charge Clip audio=off seconds=98  -> 980; subscription 20
                          grant promo 100 tools=video priority=1 -> subscription 20, promo 100
                          charge Picture images=1
            -> no insufficient_credits available=20 shortfall=4
                          charge Clip audio=off seconds=3 -> 30; subscription 20, promo 70
                          lease d 21                     -> no insufficient_credits available=20
                          hold a Clip audio=off seconds=9
            -> 90; promo 0, held 90
                          release a                      -> subscription 20, promo 70
                          grant promo 9 models=nope      -> invalid nope
                          grant promo 9 tools=nope       -> invalid nope
                          adjust -65                     -> subscription 20, promo 5
        """.replace("promo 0, ", "")
    )
    assert [grant.tools for grant in story.account.grants] == [(), ("video",)]


def test_a_grant_for_a_model_offers_that_model_as_the_cheaper_one():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                           -> nothing
                          grant promo 24 models=Picture  -> promo 24
                          charge Picture images=2
            -> no insufficient_credits available=24 shortfall=24
        """
    )
    assert not [way for way in story.refusal.ways_out if way.kind == "cheaper"]
    story.tell("subscribe basic 1000 monthly -> subscription 1000, promo 24")
    story.tell("adjust -1000 source=subscription -> promo 24")
    story.tell("charge Portrait images=1 -> no insufficient_credits available=0")
    assert [way.model for way in story.refusal.ways_out if way.kind == "cheaper"] == ["Picture"]


def test_by_expiry_the_soonest_burns_first_whatever_its_source():
    """A promotion that ends at midnight beside monthly credits."""
    Story(BARE, {"upgrades:": BY_EXPIRY}).tell(
        """
        2026-01-10 10:00  open                           -> nothing
                          subscribe basic 1000 monthly   -> subscription 1000
                          grant promo 100 ends=2026-01-11 -> subscription 1000, promo 100
                          charge Picture images=4        -> 96; subscription 1000, promo 4
                          top_up 500          -> subscription 1000, promo 4, topup 500
                          charge Picture images=1        -> 24; subscription 980, topup 500
                          grant promo 10 ends=2026-02-10/10:00
            -> subscription 980, promo 10, topup 500
                          charge Clip audio=off seconds=98 -> 980; promo 10, topup 500
                          adjust 5                       -> promo 10, adjustment 5, topup 500
                          grant promo 24 priority=49
            -> promo 34, adjustment 5, topup 500
                          charge Picture images=1 -> 24; promo 10, adjustment 5, topup 500
        """
    )


def test_an_adjustment_takes_from_a_grant_or_a_source_and_counts_as_used():
    """A subscriber is imported with 3,000 of 4,000 used."""
    story = Story(TOY).tell(
        """
        2026-01-10 10:00  open                           -> free 100
                          subscribe basic 4000 monthly   -> free 100, subscription 4000
                          adjust -3000 source=subscription used -> free 100, subscription 1000
        """
    )
    assert story.account.cycle is not None
    assert story.account.cycle.used == 3_000_000_000
    story.tell(
        """
        top_up 500                            -> free 100, subscription 1000, topup 500
        adjust -499 grant=top_up              -> free 100, subscription 1000, topup 1
        adjust -2 grant=top_up                -> no insufficient_credits available=1
        adjust -101 source=free               -> no insufficient_credits available=100
        adjust -100 source=free               -> subscription 1000, topup 1
        adjust -2 source=free grant=top_up    -> invalid not both
        adjust 2 source=free                  -> invalid source
        adjust 2 used                         -> invalid used
        adjust -2 ends=2026-02-01             -> invalid expires_at
        adjust -2 source=nope                 -> invalid nope
        adjust -2 grant=99                    -> no grant_not_found
        adjust 7 ends=2026-01-12              -> subscription 1000, adjustment 7, topup 1
        """
    )
    story.tell("2026-01-12 00:00  look -> free 100, subscription 1000, topup 1")


def test_an_unused_cycle_is_reversed_and_named_as_its_grant_or_its_entry():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                           -> nothing
                          subscribe basic 1000 monthly   -> subscription 1000
                          charge Picture images=1        -> 24; subscription 976
                          reverse cycle_started          -> no entry_final
        2026-02-10 10:00  look                           -> subscription 1000
        """
    )
    story.tell(f"reverse {story.grant('cycle_started')[1:]} -> nothing")
    story.tell("reverse 1 -> no entry_final")


def test_bundles_are_sold_unless_the_operator_says_otherwise():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                           -> nothing
                          subscribe basic 1000 monthly   -> subscription 1000
                          top_up 499 bundle              -> invalid 500 or 2,000
                          top_up 500 bundle              -> subscription 1000, topup 500
                          top_up 499                     -> subscription 1000, topup 999
        """
    )


def test_a_plan_that_gives_more_free_credits_gives_the_difference_the_same_day():
    """Ten a day on Free, twenty on Basic, which is bought at noon after the ten were claimed."""
    free = "free_credits:\n  - {credits: 10, every: day, plans: [free]}\n"
    free += "  - {credits: 20, every: day, plans: [basic]}"
    Story(changes={"free_credits: [{credits: 100, every: day}]": free}).tell(
        """
        2026-01-10 10:00  open                           -> free 10
                          charge Voice characters=25     -> 5; free 5
        2026-01-10 12:00  subscribe basic 1000 monthly   -> free 15, subscription 1000
                          charge Voice characters=25     -> 5; free 10, subscription 1000
        2026-01-11 00:00  look                           -> free 20, subscription 1000
        """
    )


def test_two_allowances_of_one_period_are_both_given():
    """Sixty a day for all, five a day more on Free."""
    free = "free_credits:\n  - {credits: 60, every: day}\n"
    free += "  - {credits: 5, every: day, plans: [free]}"
    Story(changes={"free_credits: [{credits: 100, every: day}]": free}).tell(
        """
        2026-01-10 10:00  open                           -> free 65
                          charge Voice characters=25     -> 5; free 60
                          subscribe basic 1000 monthly   -> free 60, subscription 1000
        2026-01-11 00:00  look                           -> free 60, subscription 1000
        """
    )
