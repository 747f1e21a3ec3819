"""Members share an account's pool, each within their own cap of a cycle."""

from tests.core.story import BARE, Story

PLAN = """
    2026-01-10 10:00  open ann ben                  -> nothing
                      subscribe basic 1000 monthly  -> subscription 1000
                      member ann cap=50             -> subscription 1000
"""


def test_members_share_one_pool_and_a_cap_binds_only_its_member():
    Story(BARE).tell(PLAN).tell(
        """
        charge Picture images=2 member=ann   -> 48; subscription 952
        charge Picture images=1 member=ann
            -> no member_cap_reached member=ann cap=50 used=48 credits=24
        charge Picture images=10 member=ben  -> 240; subscription 712
        charge Picture images=1              -> no member_required members=('ben',_'ann')
        """
    )


def test_a_cap_counts_what_is_held_and_what_a_settlement_gives_back():
    Story(BARE).tell(PLAN).tell(
        """
        hold h Picture images=2 member=ann   -> 48; subscription 952, held 48
        charge Picture images=1 member=ann   -> no member_cap_reached used=48
        settle h images=1                    -> 24; subscription 976
        charge Picture images=1 member=ann   -> 24; subscription 952
        hold h Picture images=1 member=ann   -> no member_cap_reached used=48
        charge Clip audio=off seconds=1 member=ann -> no member_cap_reached credits=10
        """
    )


def test_a_release_and_a_time_out_give_the_cap_back():
    Story(BARE).tell(PLAN).tell(
        """
        hold h Picture images=2 member=ann        -> 48; subscription 952, held 48
        release h                                 -> subscription 1000
        hold h Picture images=2 member=ann ttl=60 -> 48; subscription 952, held 48
        +1m charge Picture images=2 member=ann    -> 48; subscription 952
        """
    )


def test_a_cap_starts_anew_with_each_cycle():
    Story(BARE).tell(PLAN).tell(
        """
        charge Picture images=2 member=ann   -> 48; subscription 952
        2026-02-10 09:59 charge Picture images=1 member=ann -> no member_cap_reached
        2026-02-10 10:00 charge Picture images=2 member=ann -> 48; subscription 952
        """
    )


def test_a_hold_of_the_last_cycle_gives_nothing_back_to_the_cap_of_this_one():
    Story(BARE).tell(PLAN).tell(
        """
        2026-02-10 09:00  hold h Picture images=2 member=ann ttl=86400
            -> 48; subscription 952, held 48
        2026-02-10 10:00  charge Picture images=2 member=ann  -> 48; subscription 952, held 48
                          release h                           -> subscription 952
                          charge Picture images=1 member=ann  -> no member_cap_reached used=48
        """
    )


def test_a_cap_can_be_raised_lowered_and_lifted():
    Story(BARE).tell(PLAN).tell(
        """
        charge Picture images=2 member=ann  -> 48; subscription 952
        member ann cap=100                  -> subscription 952
        charge Picture images=2 member=ann  -> 48; subscription 904
        member ann cap=10                   -> subscription 904
        charge Clip audio=off seconds=1 member=ann -> no member_cap_reached used=96
        member ann                          -> subscription 904
        charge Picture images=9 member=ann  -> 216; subscription 688
        member ann cap=-1                   -> invalid cap must be between
        """
    )


def test_without_a_subscription_a_cap_counts_by_the_accounts_own_month():
    Story(BARE).tell(
        """
        2026-01-31 10:00  open ann                               -> nothing
                          grant promo 500                        -> promo 500
                          member ann cap=24                      -> promo 500
        2026-02-28 09:59  charge Picture images=1 member=ann     -> 24; promo 476
                          charge Picture images=1 member=ann     -> no member_cap_reached
        2026-02-28 10:00  charge Picture images=1 member=ann     -> 24; promo 452
        2026-03-31 09:59  charge Picture images=1 member=ann     -> no member_cap_reached
        2026-03-31 10:00  charge Picture images=1 member=ann     -> 24; promo 428
        """
    )


def test_a_subscription_that_starts_in_the_past_gives_no_cap_twice():
    """Its cycle begins before what was counted: the count goes on to the cycle's end."""
    Story(BARE).tell(
        """
        2026-01-10 10:00  open ann                                -> nothing
                          grant promo 500                         -> promo 500
                          member ann cap=48                       -> promo 500
                          charge Picture images=1 member=ann      -> 24; promo 476
                          subscribe basic 1000 monthly starts=2026-01-05
            -> subscription 1000, promo 476
                          charge Picture images=1 member=ann
            -> 24; subscription 976, promo 476
                          charge Picture images=1 member=ann      -> no member_cap_reached used=48
        2026-02-05 00:00  charge Picture images=1 member=ann
            -> 24; subscription 976, promo 476
        """
    )


def test_when_a_subscription_is_over_the_accounts_month_gives_no_cap_twice():
    """Of an account opened on 31 January the month began an hour before the last cycle did."""
    Story(BARE).tell(
        """
        2026-01-31 09:00  open ann                             -> nothing
                          grant promo 500                      -> promo 500
                          member ann cap=48                    -> promo 500
        2026-02-28 10:00  subscribe basic 1000 monthly         -> subscription 1000, promo 500
                          cancel                               -> subscription 1000, promo 500
        2026-03-27 10:00  charge Picture images=2 member=ann
            -> 48; subscription 952, promo 500
        2026-03-28 10:00  charge Picture images=1 member=ann   -> no member_cap_reached used=48
        2026-03-31 09:00  charge Picture images=2 member=ann   -> 48; promo 452
        """
    )


def test_who_is_no_member_is_refused_where_there_are_members():
    Story(BARE).tell(PLAN).tell(
        """
        charge Picture images=1 member=zoe  -> no member_unknown
        remove_member zoe                   -> no member_unknown
        remove_member ann                   -> subscription 1000
        charge Picture images=1 member=ann  -> no member_unknown
        remove_member ben                   -> subscription 1000
        charge Picture images=1 member=zoe  -> 24; subscription 976
        charge Picture images=1 member=ann  -> no member_unknown
        charge Picture images=1             -> 24; subscription 952
        """
    )


def test_a_generation_that_costs_nothing_never_meets_a_cap():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open ann                              -> nothing
                          subscribe max 4000 monthly            -> subscription 4000
                          member ann cap=0                      -> subscription 4000
                          charge Voice characters=50 member=ann -> 0; subscription 4000
                          charge Picture images=1 member=ann    -> no member_cap_reached cap=0
        """
    )
