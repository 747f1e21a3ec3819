"""Roll-over at resets: a cap, a life in cycles, and what ends it (docs/spec.md 3.12)."""

import pytest

from tests.core.story import BARE, TOY, Story

BASIC = "    packages: [{credits: 1000}, {credits: 4000}]"
MAX = "    packages: [{credits: 4000}, {credits: 24000}]"


def rolling(rollover: str, catalog: str = BARE) -> Story:
    changes = {each: f"{each}\n    rollover: {rollover}" for each in (BASIC, MAX)}
    return Story(catalog, changes)


OPEN = """
    2026-01-10 10:00  open                          -> {}
                      subscribe basic 1000 monthly  -> {}subscription 1000
"""


def test_a_cap_and_two_cycles_of_life():
    rolling("{credits: 500, cycles: 2}").tell(OPEN.format("nothing", "")).tell(
        """
                          charge Picture images=10   -> 240; subscription 760
        2026-02-10 10:00  look                       -> rollover 500, subscription 1000
                          charge Picture images=1    -> 24; rollover 476, subscription 1000
        2026-03-10 10:00  look                       -> rollover 976, subscription 1000
        2026-04-10 10:00  look                       -> rollover 1000, subscription 1000
        """
    )


def test_a_share_of_the_allotment_beside_free_top_up_and_carry_over():
    rolling("{percent: 25, cycles: 1}", TOY).tell(
        """
        2026-01-10 10:00  open                          -> free 100
                          subscribe basic 1000 monthly  -> free 100, subscription 1000
                          top_up 500                    -> free 100, subscription 1000, topup 500
        2026-02-10 10:00  look
            -> free 100, rollover 250, subscription 1000, topup 500
        2026-02-20 10:00  change basic 4000 monthly
            -> free 100, carry_over 1000, rollover 250, subscription 4000, topup 500
                          charge Clip audio=off seconds=120
            -> 1200; rollover 150, subscription 4000, topup 500
        2026-03-10 10:00  look
            -> free 100, subscription 4000, topup 500
        """
    )


def test_an_upgrade_adds_and_a_downgrade_or_the_end_ends_it():
    """ElevenLabs: at most two months' worth."""
    story = rolling("{percent: 100, cycles: 2}").tell(OPEN.format("nothing", ""))
    story.tell(
        """
        2026-02-10 10:00  look                       -> rollover 1000, subscription 1000
        2026-03-10 10:00  look                       -> rollover 2000, subscription 1000
        2026-04-10 10:00  look                       -> rollover 2000, subscription 1000
                          change basic 4000 monthly
            -> carry_over 1000, rollover 2000, subscription 4000
                          change basic 1000 monthly
            -> carry_over 1000, rollover 2000, subscription 4000
        2026-05-10 10:00  look                       -> subscription 1000
        2026-06-10 10:00  look                       -> rollover 1000, subscription 1000
                          cancel                     -> rollover 1000, subscription 1000
        2026-07-10 10:00  look                       -> nothing
        """
    )


def test_a_late_payment_loses_nothing_of_it_and_none_at_all_ends_it():
    changes = {BASIC: f"{BASIC}\n    rollover: {{cycles: 2}}"}
    for when, after in (("2026-02-12 10:00", "rollover 1000, subscription 1000"),
                        ("2026-02-20 10:00", "subscription 1000")):  # fmt: skip
        Story(BARE, changes).tell(
            f"""
            2026-01-10 10:00  open                                      -> nothing
                              subscribe basic 1000 monthly intervals=1  -> subscription 1000
            2026-02-10 10:00  look                                      -> rollover 1000
            {when}            pay cycles=1                              -> {after}
            """
        )


def test_ending_it_now_takes_back_what_was_rolled_over():
    rolling("{cycles: 2}").tell(OPEN.format("nothing", "")).tell(
        """
        2026-02-10 10:00  look                       -> rollover 1000, subscription 1000
                          end                        -> nothing
        """
    )


def test_terms_that_come_later_bring_the_rule_of_their_plan():
    changes = {MAX: f"{MAX}\n    rollover: {{cycles: 2}}"}
    Story(BARE, changes).tell(
        """
        2026-01-10 10:00  open                          -> nothing
                          subscribe max 4000 monthly    -> subscription 4000
        2026-02-10 10:00  look                          -> rollover 4000, subscription 4000
                          change basic 1000 monthly     -> rollover 4000, subscription 4000
        2026-03-10 10:00  look                          -> subscription 1000
        2026-04-10 10:00  look                          -> subscription 1000
                          change max 4000 monthly later=on -> subscription 1000
        2026-05-10 10:00  look                          -> subscription 4000
        2026-06-10 10:00  look                          -> rollover 4000, subscription 4000
        """
    )


@pytest.mark.parametrize("said", ["end", "change basic 1000 monthly intervals=1"])
def test_what_was_rolled_over_ends_too_where_no_cycle_is_running(said: str):
    """The end and a downgrade end it, also while the subscription is past due."""
    after = "nothing" if said == "end" else "subscription 1000"
    rolling("{cycles: 2}").tell(
        f"""
        2026-01-10 10:00  open                                      -> nothing
                          subscribe basic 4000 monthly intervals=1  -> subscription 4000
        2026-02-10 10:00  look                                      -> rollover 4000
                          {said}                                    -> {after}
        """
    )


def test_what_lapsed_at_a_reset_was_not_spent_and_is_not_owed():
    """Of 1,000 a month 24 are spent and 500 kept: a chargeback finds 24 to be owed."""
    rolling("{credits: 500, cycles: 2}").tell(OPEN.format("nothing", "")).tell(
        """
                          charge Picture images=1          -> 24; subscription 976
        2026-02-10 10:00  look                             -> rollover 500, subscription 1000
                          void 3 owe                       -> subscription 1000, owed 24
        """
    )
