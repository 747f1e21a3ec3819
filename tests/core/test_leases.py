"""Leases: a hold that many generations are drawn from, until it is given back."""

import pytest

from tallystick.core.credits import show
from tests.core.beginnings import BEGIN, ON_PLAN
from tests.core.story import BARE, TOY, Story, kind
from tests.core.test_refusals import ways

LEASED = BEGIN + "lease l 100 -> 100; promo 100, held 100\n"


def drawn(story: Story) -> list[list[tuple[str, object]]]:
    """What each draw took, in its order, by source."""
    return [
        [(part.source, show(part.credits)) for part in entry.event.parts]
        for entry in story.entries
        if kind(entry) == "drawn"
    ]


# Reserve, draw, give back


def test_a_lease_reserves_and_draws_are_spent_out_of_it():
    story = Story(BARE).tell(LEASED).tell(
        """
        draw l Picture images=2           -> 48; promo 100, held 52
        +5m draw l Picture images=1       -> 24; promo 100, held 28
        charge Picture images=4           -> 96; promo 4, held 28
        draw l Picture images=1           -> 24; promo 4, held 4
        release l                         -> promo 8
        """
    )  # fmt: skip
    assert [story.entries[at].event.left for at in (3, 4, 6)] == [52_000_000, 28_000_000, 4_000_000]


def test_a_draw_beyond_what_is_left_takes_nothing_and_the_lease_goes_on():
    story = Story(BARE).tell(LEASED).tell(
        """
        draw l Picture images=4           -> 96; promo 100, held 4
        draw l Picture images=1
            -> no lease_exhausted hold=h3 credits=24 held=4 shortfall=20
        draw l Voice characters=20        -> 4; promo 100
        draw l Voice characters=1         -> no lease_exhausted credits=1 held=0 shortfall=1
        """
    )  # fmt: skip
    assert story.account.open_holds == 1
    story.tell("release l -> promo 100")
    assert story.account.open_holds == 0


def test_a_lease_can_be_drawn_from_to_the_last_millionth():
    exactly = {"name: Voice}": "name: Voice, rounding: {to: 0.000001}}"}
    Story(BARE, exactly).tell(BEGIN).tell(
        """
        lease l 0.400001               -> 0.400001; promo 199.599999, held 0.400001
        draw l Voice characters=2      -> 0.4; promo 199.599999, held 0.000001
        draw l Voice characters=1      -> no lease_exhausted credits=0.2 shortfall=0.199999
        lease m 0.000001               -> 0.000001; promo 199.599998, held 0.000002
        release l                      -> promo 199.599999, held 0.000001
        """
    )


@pytest.mark.parametrize("credits", ["0", "-1", "0.0000001", "9007199255", "ten"])
def test_a_lease_is_of_an_amount_that_can_be(credits: str):
    Story(BARE).tell(BEGIN).tell(f"lease l {credits} -> invalid credits")


def test_draws_burn_in_the_order_in_which_the_lease_took_its_parts():
    """Whatever comes later: what burns first now does not change what was reserved."""
    story = Story(TOY).tell(
        """
        2026-01-10 10:00  open                          -> free 100
                          subscribe basic 1000 monthly  -> free 100, subscription 1000
                          top_up 500                    -> free 100, subscription 1000, topup 500
                          lease l 1200                  -> 1200; topup 400, held 1200
                          grant promo 50 priority=1     -> promo 50, topup 400, held 1200
                          draw l Picture images=4       -> 96; promo 50, topup 400, held 1104
                          draw l Picture images=2       -> 48; promo 50, topup 400, held 1056
                          draw l Picture images=41      -> 984; promo 50, topup 400, held 72
                          release l                     -> promo 50, topup 472
        """
    )
    assert drawn(story) == [
        [("free", 96)],
        [("free", 4), ("subscription", 44)],
        [("subscription", 956), ("topup", 28)],
    ]


def test_two_leases_and_a_hold_keep_apart_what_they_reserved_of_one_grant():
    Story(BARE).tell(BEGIN).tell(
        """
        lease a 100                  -> 100; promo 100, held 100
        hold h Picture images=1      -> 24; promo 76, held 124
        lease b 50                   -> 50; promo 26, held 174
        draw b Picture images=2      -> 48; promo 26, held 126
        draw b Picture images=1      -> no lease_exhausted held=2
        draw a Picture images=1      -> 24; promo 26, held 102
        settle h                     -> 24; promo 26, held 78
        release b                    -> promo 28, held 76
        release a                    -> promo 104
        """
    )


def test_a_lease_claims_the_days_free_credits_and_a_refused_one_does_not():
    story = Story(TOY).tell(
        """
        2026-01-10 10:00  open           -> free 100
                          lease l 101    -> no insufficient_credits credits=101 available=100
                          lease l 60 ttl=86400 -> 60; free 40, held 60
        """
    )
    assert story.journal() == [
        "2026-01-10 10:00 account_opened",
        "2026-01-10 10:00 granted",
        "2026-01-10 10:00 leased",
    ]
    story.tell("2026-01-11 00:00 lease m 30 -> 30; free 70, held 90")
    story.tell("release l -> free 70, held 30")
    assert [part.credits for part in story.entries[-1].event.lapsed] == [60_000_000]


def test_a_refused_lease_names_what_would_cover_it():
    story = Story(TOY).tell(
        """
        2026-01-10 10:00  open                          -> free 100
                          subscribe basic 1000 monthly  -> free 100, subscription 1000
                          charge Picture images=40      -> 960; subscription 140
                          lease l 200
            -> no insufficient_credits credits=200 available=140 shortfall=60
        """
    )
    assert ways(story) == [
        "wait 2026-01-11T00:00:00Z then 240",
        "top_up 500",
        "upgrade Basic 4000 then 4140",
        "upgrade Max 4000 then 4140",
        "upgrade Max 24000 then 24140",
        "less 140",
    ]
    story.tell("lease l 20000 -> no insufficient_credits shortfall=19860")
    assert ways(story) == ["upgrade Max 24000 then 24140", "less 140"]


# What a draw may be


def test_each_draw_asks_what_the_plan_unlocks_and_not_what_the_lease_was_made_for():
    Story(BARE).tell(BEGIN).tell(
        """
        lease l 100                          -> 100; promo 100, held 100
        draw l Clip audio=off seconds=1      -> no tool_not_in_plan tool=video plan=Free
        draw l Clip audio=off seconds=99     -> no tool_not_in_plan
        draw l Portrait images=1             -> no model_requires_subscription
        draw l Picture images=1              -> 24; promo 100, held 76
        subscribe basic 1000 monthly         -> subscription 1000, promo 100, held 76
        draw l Clip audio=off seconds=1      -> 10; subscription 1000, promo 100, held 66
        draw l Portrait images=1             -> 48; subscription 1000, promo 100, held 18
        """
    )


def test_when_the_subscription_ends_a_lease_is_drawn_from_as_the_free_plan_allows():
    Story(BARE).tell(ON_PLAN).tell(
        """
        top_up 500                                    -> subscription 1000, topup 500
        cancel                                        -> subscription 1000, topup 500
        2026-02-10 09:59 lease l 1200 ttl=86400       -> 1200; topup 300, held 1200
        draw l Clip audio=on seconds=1                -> 20; topup 300, held 1180
        2026-02-10 10:00 draw l Clip audio=on seconds=1 -> no tool_not_in_plan
        draw l Picture images=1                       -> 24; topup 300, held 1156
        release l                                     -> topup 500
        """
    )


def test_what_a_plan_makes_unlimited_draws_nothing_even_from_an_empty_lease():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                         -> nothing
                          subscribe max 4000 monthly   -> subscription 4000
                          lease l 24                   -> 24; subscription 3976, held 24
                          draw l Voice characters=500  -> 0; subscription 3976, held 24
                          draw l Picture images=1      -> 24; subscription 3976
                          draw l Voice characters=500  -> 0; subscription 3976
                          draw l Picture images=1      -> no lease_exhausted
        """
    )
    waived = story.entries[4].event
    assert (waived.priced.plan, waived.priced.list_credits) == ("max", 100_000_000)
    assert story.account.cycle.used == 24_000_000


def test_a_range_is_drawn_with_its_actual():
    Story(BARE).tell(ON_PLAN).tell(
        """
        lease l 12                        -> 12; subscription 988, held 12
        draw l Advice                     -> invalid say the actual with credits
        draw l Advice credits=4           -> no settle_outside_range min=5
        draw l Advice credits=11          -> no settle_outside_range held=10
        draw l Advice credits=7           -> 7; subscription 988, held 5
        draw l Advice credits=6           -> no lease_exhausted credits=6 held=5
        draw l Advice credits=5           -> 5; subscription 988
        draw l Picture images=1 credits=1 -> no settle_outside_range min=24
        draw l Pictures images=1          -> invalid the nearest: Picture
        draw l Picture seconds=1          -> invalid seconds
        """
    )


def test_a_draw_is_priced_by_the_catalog_and_the_plan_of_its_own_instant():
    story = Story(BARE).tell(ON_PLAN).tell("lease l 200 -> 200; subscription 800, held 200")
    story.publish(BARE.replace("credits: 24,", "credits: 30,"), "2026-01-10T10:05:00Z")
    story.tell(
        """
        draw l Picture images=1        -> 24; subscription 800, held 176
        +5m draw l Picture images=1    -> 30; subscription 800, held 146
        draw l Voice characters=50     -> 10; subscription 800, held 136
        change max 4000 monthly        -> carry_over 800, subscription 4000, held 136
        draw l Voice characters=50     -> 0; carry_over 800, subscription 4000, held 136
        """
    )
    versions = [entry.event.priced.version for entry in story.entries if kind(entry) == "drawn"]
    assert versions == [1, 2, 2, 2]


def test_what_is_left_of_a_lease_may_do_for_something_cheaper():
    story = Story(BARE).tell(ON_PLAN).tell(
        """
        lease l 50                          -> 50; subscription 950, held 50
        draw l Clip audio=on seconds=4      -> no lease_exhausted credits=80 held=50 shortfall=30
        """
    )  # fmt: skip
    assert ways(story) == ["cheaper Clip audio=off 40", "less 40"]


# What a lease is not


def test_a_lease_is_not_settled_and_a_hold_is_not_drawn_from():
    Story(BARE).tell(LEASED).tell(
        """
        hold h Picture images=1         -> 24; promo 76, held 124
        settle l                        -> invalid is a lease: draw from it, and release it
        settle l credits=5              -> invalid is a lease
        settle l outcome=provider_error -> invalid is a lease
        draw h Picture images=1         -> invalid is a hold for one generation: settle or release
        settle h                        -> 24; promo 76, held 100
        draw h Picture images=1         -> no hold_closed how=settled credits=24
        draw nothing Picture images=1   -> no hold_not_found hold=nothing
        """
    )


def test_a_quote_made_beside_a_lease_is_spent_from_the_rest():
    Story(BARE).tell(BEGIN).tell(
        """
        quote q Picture images=5     -> 120
        quote r Picture images=4     -> 96
        lease l 100                  -> 100; promo 100, held 100
        charge quote=q               -> no insufficient_credits available=100 shortfall=20
        charge quote=r               -> 96; promo 4, held 100
        draw l Picture images=1      -> 24; promo 4, held 76
        """
    )


def test_even_where_a_settlement_takes_what_is_there_a_draw_stays_within_its_lease():
    Story(BARE, {"upgrades:": "policy: {settle_above_hold: take_available}\nupgrades:"}).tell(
        LEASED
    ).tell("draw l Picture images=5 -> no lease_exhausted credits=120 held=100 shortfall=20")
