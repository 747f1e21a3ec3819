"""Goodwill: what a receipt charged, given back as an adjustment (`docs/spec.md` 7.5)."""

from tallystick.core import holds
from tallystick.core.events import Granted, Reversed
from tests.core.story import BARE, Story

ON_PLAN = """
    2026-01-10 10:00  open                          -> nothing
                      subscribe basic 1000 monthly  -> subscription 1000
"""


def test_goodwill_is_a_grant_of_its_own_and_bounded_by_the_charge():
    story = (
        Story(BARE)
        .tell(ON_PLAN)
        .tell(
            """
        charge Picture images=4                    -> 96; subscription 904
        adjust 30 receipt=last ends=2026-03-01     -> subscription 904, adjustment 30
        adjust 66.000001 receipt=last              -> no refund_above_charge charged=96 refunded=30
        adjust full receipt=last                   -> subscription 904, adjustment 96
        adjust full receipt=last                   -> no refund_above_charge charged=96 refunded=96
        adjust 1 receipt=last                      -> no refund_above_charge
        2026-03-02 10:00 look                      -> subscription 1000, adjustment 66
        """
        )
    )
    assert story.account.cycle is not None
    given = [entry.event for entry in story.entries if isinstance(entry.event, Granted)]
    charge = story.seqs["receipt"]
    assert [each.receipt for each in given if each.source == "adjustment"] == [charge, charge]


def test_refunds_and_goodwill_share_one_bound():
    story = (
        Story(BARE)
        .tell(ON_PLAN)
        .tell(
            """
        charge Picture images=4                    -> 96; subscription 904
        refund images=1                            -> 24; subscription 928
        adjust 50 receipt=last                     -> subscription 928, adjustment 50
        refund images=1                            -> no refund_above_charge charged=96 refunded=74
        refund credits=22.5                        -> no refund_above_charge
        refund credits=2                           -> 2; subscription 930, adjustment 50
        adjust full receipt=last                   -> subscription 930, adjustment 70
        refund                                     -> no refund_above_charge refunded=96
        """
        )
    )
    row = story.refunds[story.seqs["receipt"]]
    assert (row.refunded, row.adjusted, row.given_back) == (26_000_000, 70_000_000, 96_000_000)
    replayed = holds.replay((each.seq, each.at, each.event) for each in story.entries)
    assert replayed[row.id] == row


def test_goodwill_changes_neither_used_nor_a_cap():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open ben                 -> nothing
                          subscribe basic 1000 monthly       -> subscription 1000
                          member ben cap=100                 -> subscription 1000
                          charge Picture images=4 member=ben -> 96; subscription 904
                          adjust full receipt=last           -> subscription 904, adjustment 96
                          charge Picture images=1 member=ben -> no member_cap_reached
        """
    )
    assert story.account.cycle is not None
    assert story.account.cycle.used == 96_000_000
    assert story.account.members[0].used == 96_000_000


def test_goodwill_that_is_reversed_can_be_given_again():
    story = (
        Story(BARE)
        .tell(ON_PLAN)
        .tell(
            """
        charge Picture images=1                    -> 24; subscription 976
        adjust full receipt=last                   -> subscription 976, adjustment 24
        reverse adjust                             -> subscription 976
        adjust full receipt=last                   -> subscription 976, adjustment 24
        adjust full receipt=last                   -> no refund_above_charge
        """
        )
    )
    (undone,) = [entry.event for entry in story.entries if isinstance(entry.event, Reversed)]
    assert undone.receipt == story.seqs["receipt"]


def test_bad_input_of_goodwill():
    Story(BARE).tell(ON_PLAN).tell(
        """
        charge Picture images=1                    -> 24; subscription 976
        adjust full                                -> invalid name its receipt
        adjust                                     -> invalid an amount is needed
        adjust receipt=last                        -> invalid in full: one of them
        adjust 5 full receipt=last                 -> invalid in full: one of them
        adjust -5 receipt=last                     -> invalid credits must be between
        adjust 0 receipt=last                      -> invalid credits must be between
        adjust 5 receipt=last used                 -> invalid used
        adjust 5 receipt=last source=promo         -> invalid source
        adjust 5 receipt=last ends=2026-01-02      -> invalid expires_at must lie after
        adjust 5 receipt=r1                        -> no entry_not_found
        adjust full receipt=r99                    -> no entry_not_found
        """
    )


def test_a_charge_of_nothing_has_nothing_to_give_back():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                     -> nothing
                          subscribe max 4000 monthly  -> subscription 4000
                          charge Voice characters=9   -> 0; subscription 4000
                          adjust full receipt=last   -> no refund_above_charge charged=0
                          adjust 1 receipt=last      -> no refund_above_charge charged=0
        """
    )
