"""Holds that reserve more than before, and those that are settled after their time-out."""

from tests.core.story import BARE, Story

BEGIN = """
    2026-01-10 10:00  open             -> nothing
                      grant promo 200  -> promo 200
"""
NEVER = {"upgrades:": "policy: {settle_late_seconds: 0}\nupgrades:"}


def test_a_hold_is_increased_twice_and_settled():
    Story(BARE).tell(BEGIN).tell(
        """
        hold h Picture images=1   -> 24; promo 176, held 24
        increase h images=2       -> promo 152, held 48
        increase h images=5       -> promo 80, held 120
        settle h images=4         -> 96; promo 104
        hold h Picture images=1   -> 24; promo 80, held 24
        increase h credits=60     -> promo 44, held 60
        settle h                  -> 60; promo 44
        """
    )


def test_what_an_increase_took_last_goes_back_first():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                         -> nothing
                          grant topup 24               -> topup 24
                          hold h Picture images=1      -> 24; held 24
                          grant promo 30               -> promo 30, held 24
                          increase h images=2          -> promo 6, held 48
                          settle h images=1            -> 24; promo 30
        """
    )


def test_what_is_bound_pays_for_no_increase_of_another_tool_or_model():
    """As for the hold itself: by credits or by quantities, of a hold or of a lease."""
    for bound in ("tools=video", "models=Portrait"):
        Story(BARE).tell(
            f"""
            2026-01-10 10:00  open                         -> nothing
                              grant promo 500 {bound}      -> promo 500
                              grant topup 60               -> promo 500, topup 60
                              hold h Picture images=1      -> 24; promo 500, topup 36, held 24
                              increase h images=2          -> promo 500, topup 12, held 48
                              increase h images=3    -> no insufficient_credits available=12
                              increase h credits=61  -> no insufficient_credits available=12
                              increase h credits=60        -> promo 500, held 60
                              settle h                     -> 60; promo 500
                              lease l 1                    -> no insufficient_credits
                              grant topup 1                -> promo 500, topup 1
                              lease l 1                    -> 1; promo 500, held 1
                              increase l credits=2         -> no insufficient_credits available=0
            """
        )
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                         -> nothing
                          grant topup 48               -> topup 48
                          hold h Picture images=1      -> 24; topup 24, held 24
                          grant promo 500 tools=image  -> promo 500, topup 24, held 24
                          increase h images=9          -> promo 308, topup 24, held 216
        """
    )


def test_an_increase_is_for_more_and_is_paid():
    Story(BARE).tell(BEGIN).tell(
        """
        hold h Picture images=2   -> 48; promo 152, held 48
        increase h images=2       -> invalid reserves 48 already
        increase h credits=1      -> invalid reserves 48 already
        increase h                -> invalid say what the hold is to reserve in all
        increase h images=9       -> no insufficient_credits credits=168 available=152 shortfall=16
        release h                 -> promo 200
        increase h images=3       -> no hold_closed
        increase h7 images=3      -> no hold_not_found
        lease l 100               -> 100; promo 100, held 100
        increase l images=3       -> invalid is a lease
        draw l Picture images=1   -> 24; promo 100, held 76
        increase l credits=150    -> promo 26, held 150
        """
    )


def test_caps_count_an_increase_in_the_window_in_which_it_was_made():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open ann                                    -> nothing
                          subscribe basic 4000 monthly                -> subscription 4000
                          member ann 60/day 70/cycle                  -> subscription 4000
                          hold h Picture images=1 member=ann ttl=86400
            -> 24; subscription 3976, held 24
                          increase h images=3                         -> no member_cap_reached
        2026-01-11 00:00  increase h images=2                         -> subscription 3952, held 48
                          increase h images=4
            -> no member_cap_reached used=48
                          settle h images=1                           -> 24; subscription 3976
                          charge Picture images=1 member=ann          -> 24; subscription 3952
                          charge Clip audio=off seconds=3 member=ann
            -> no member_cap_reached used=48
        """
    )


def test_a_success_after_its_time_out_is_settled_late_at_the_price_of_the_hold():
    story = Story(BARE).tell(BEGIN).tell("hold h Picture images=2 -> 48; promo 152, held 48")
    story.publish(
        BARE.replace("credits: 24, per: image", "credits: 90, per: image"), "2026-01-10T10:10:00Z"
    )
    story.tell(
        """
        2026-01-10 11:00  settle h images=2   -> 48; promo 152
                          settle h images=2   -> no hold_closed how=settled credits=48
                          release h           -> no hold_closed how=settled
                          refund              -> 48; promo 200
        """
    )


def test_a_late_settlement_needs_its_credits_and_comes_in_time():
    Story(BARE).tell(BEGIN).tell(
        """
        hold h Picture images=2            -> 48; promo 152, held 48
        hold i Picture images=2            -> 48; promo 104, held 96
        +1h charge Picture images=8        -> 192; promo 8
        settle h                           -> no insufficient_credits credits=48 available=8
        settle h images=3                  -> no settle_above_hold
        settle h outcome=provider_error    -> no hold_closed how=timed_out
        grant promo 100                    -> promo 108
        2026-01-11 10:14:59 settle h       -> 48; promo 60
        2026-01-11 10:15 settle i          -> no hold_closed how=timed_out
        """
    )
    Story(BARE, NEVER).tell(BEGIN).tell(
        """
        hold h Picture images=2            -> 48; promo 152, held 48
        +1h settle h                       -> no hold_closed how=timed_out
        """
    )


def test_a_late_settlement_counts_for_its_member_and_the_cycle():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open ann                             -> nothing
                          subscribe basic 1000 monthly         -> subscription 1000
                          member ann 72/day                    -> subscription 1000
                          hold h Picture images=2 member=ann   -> 48; subscription 952, held 48
        +1h               charge Picture images=2 member=ann   -> 48; subscription 952
                          settle h                             -> 48; subscription 904
                          charge Picture images=1 member=ann   -> no member_cap_reached used=96
        """
    )
    assert story.account.cycle
    assert story.account.cycle.used == 96_000_000
