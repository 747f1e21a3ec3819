"""Refunds: a settled charge that is given back, whole or in part (`docs/spec.md` 7.5)."""

from tallystick.core.events import Refunded
from tests.core.story import BARE, Story

LIVES = {"upgrades:": "policy: {refund_lapsed_days: 3}\nupgrades:"}
TAKE = {"upgrades:": "policy: {settle_above_hold: take_available}\nupgrades:"}
ON_PLAN = """
    2026-01-10 10:00  open                          -> nothing
                      subscribe basic 1000 monthly  -> subscription 1000
"""


def test_a_charge_is_given_back_whole_or_in_part_and_never_more_than_it_was():
    Story(BARE).tell(ON_PLAN).tell(
        """
        charge Picture images=4     -> 96; subscription 904
        refund credits=10           -> 10; subscription 914
        refund images=1             -> 24; subscription 938
        refund credits=62.000001    -> no refund_above_charge charged=96 refunded=34
        refund images=4             -> invalid at most 3
        refund                      -> 62; subscription 1000
        refund                      -> no refund_above_charge charged=96 refunded=96
        refund credits=1            -> no refund_above_charge
        refund images=1             -> no refund_above_charge
        """
    )


def test_quantities_are_given_back_as_the_price_says():
    Story(BARE).tell(ON_PLAN).tell(
        """
        charge Voice characters=12      -> 3; subscription 997
        refund characters=1             -> invalid give `credits` instead
        refund characters=2             -> 1; subscription 998
        refund characters=10            -> 2; subscription 1000
        charge Picture images=2 outputs=3  -> 144; subscription 856
        refund outputs=1                -> 48; subscription 904
        refund images=1                 -> 48; subscription 952
        refund outputs=2                -> 48; subscription 1000
        charge Advice credits=7         -> 7; subscription 993
        refund consultations=1          -> 7; subscription 1000
        """
    )


def test_bad_input_of_a_refund():
    Story(BARE).tell(ON_PLAN).tell(
        """
        charge Picture images=4        -> 96; subscription 904
        refund r99                     -> no entry_not_found
        refund r1                      -> no entry_not_found
        refund credits=0               -> invalid credits must be between
        refund credits=-1              -> invalid credits must be between
        refund images=0                -> invalid images must be more than 0
        refund seconds=1               -> invalid no setting or quantity 'seconds'
        refund credits=1 images=1      -> invalid give credits or quantities
        """
    )


def test_what_was_taken_last_goes_back_first_to_the_very_grants_with_their_expiry():
    """The promotion has left the account, and comes back as it was."""
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                                        -> nothing
                          grant promo 30 ends=2026-01-20 priority=5   -> promo 30
                          grant topup 100                             -> promo 30, topup 100
                          charge Picture images=3                     -> 72; topup 58
                          refund credits=50                           -> 50; promo 8, topup 100
        """
    )
    promo = next(grant for grant in story.account.grants if grant.source == "promo")
    assert (promo.amount, promo.remaining, promo.priority) == (30_000_000, 8_000_000, 5)
    story.tell("2026-01-20 00:00 look -> topup 100")


def test_a_refund_of_half_a_charge_after_its_grant_expired_lapses():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                                  -> nothing
                          grant promo 100 ends=2026-01-11       -> promo 100
                          grant topup 100                       -> promo 100, topup 100
                          charge Picture images=6               -> 144; topup 56
        2026-01-12 10:00  refund images=3                       -> 72; topup 100
        """
    )
    refund = story.entries[-1].event
    assert isinstance(refund, Refunded)
    assert [part.credits for part in refund.returned] == [44_000_000]
    assert [part.credits for part in refund.lapsed] == [28_000_000]


def test_what_has_expired_meanwhile_lives_some_days_more_if_policy_says_so():
    Story(BARE, LIVES).tell(
        """
        2026-01-10 10:00  open                                  -> nothing
                          grant promo 100 ends=2026-01-11       -> promo 100
                          grant topup 100                       -> promo 100, topup 100
                          charge Picture images=6               -> 144; topup 56
        2026-01-12 10:00  refund images=3                       -> 72; promo 28, topup 100
        2026-01-15 09:59  look                                  -> promo 28, topup 100
        2026-01-15 10:00  look                                  -> topup 100
                          refund                                -> 72; promo 72, topup 100
        """
    )


def test_used_and_the_cap_of_a_member_follow_a_refund():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open ann                             -> nothing
                          subscribe basic 1000 monthly         -> subscription 1000
                          member ann cap=96                    -> subscription 1000
                          charge Picture images=4 member=ann   -> 96; subscription 904
                          charge Picture images=1 member=ann   -> no member_cap_reached used=96
                          refund images=1                      -> 24; subscription 928
                          charge Picture images=1 member=ann   -> 24; subscription 904
        """
    )
    assert story.account.cycle
    assert story.account.cycle.used == 96_000_000


def test_a_refund_of_the_last_cycle_leaves_used_and_caps_of_this_one_alone():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open ann                             -> nothing
                          subscribe basic 1000 monthly         -> subscription 1000
                          member ann cap=48                    -> subscription 1000
                          charge Picture images=2 member=ann   -> 48; subscription 952
        2026-02-10 10:00  charge Clip audio=off seconds=1 member=ann -> 10; subscription 990
                          refund r5                            -> 48; subscription 990
                          charge Picture images=2 member=ann   -> no member_cap_reached used=10
        """
    )
    assert story.account.cycle
    assert story.account.cycle.used == 10_000_000


def test_a_settlement_gives_back_what_it_took_beyond_the_hold_first():
    Story(BARE, TAKE).tell(
        """
        2026-01-10 10:00  open                     -> nothing
                          grant promo 48           -> promo 48
                          grant topup 100          -> promo 48, topup 100
                          hold h Picture images=2  -> 48; topup 100, held 48
                          settle h images=3        -> 72; topup 76
                          refund credits=30        -> 30; promo 6, topup 100
        """
    )


def test_a_charge_taken_short_gives_back_what_it_took_and_no_more():
    Story(BARE, TAKE).tell(
        """
        2026-01-10 10:00  open                     -> nothing
                          grant promo 60           -> promo 60
                          hold h Picture images=2  -> 48; promo 12, held 48
                          settle h images=4        -> 60; nothing
                          refund images=2          -> 30; promo 30
                          refund images=2          -> 30; promo 60
        """
    )


def test_a_draw_is_given_back_to_the_account_and_not_to_its_lease():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                     -> nothing
                          grant promo 200          -> promo 200
                          lease l 100              -> 100; promo 100, held 100
                          draw l Picture images=2  -> 48; promo 100, held 52
                          refund                   -> 48; promo 148, held 52
                          release l                -> promo 200
        """
    )


def test_what_cost_nothing_is_given_back_once():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                     -> nothing
                          subscribe max 4000 monthly  -> subscription 4000
                          charge Voice characters=50  -> 0; subscription 4000
                          refund                      -> 0; subscription 4000
                          refund                      -> no refund_above_charge charged=0
        """
    )
