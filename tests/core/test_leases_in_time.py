"""Leases as time goes by: time-outs, expiries, resets, upgrades, and the caps of members."""

from tallystick.core.credits import show
from tests.core.beginnings import BEGIN, ON_PLAN
from tests.core.story import BARE, Story, kind

# Time


def test_a_lease_times_out_at_its_instant_and_returns_what_was_not_drawn():
    story = Story(BARE).tell(BEGIN).tell(
        """
        lease l 100 ttl=60                                -> 100; promo 100, held 100
        2026-01-10 10:00:59.999999 draw l Picture images=1 -> 24; promo 100, held 76
        2026-01-10 10:01:00 draw l Picture images=1        -> no hold_closed how=timed_out
        look                                               -> promo 176
        release l                                          -> no hold_closed how=timed_out
        extend l 60                                        -> no hold_closed how=timed_out
        """
    )  # fmt: skip
    closed = story.entries[-1].event
    assert (kind(story.entries[-1]), closed.how, closed.credits) == (
        "released", "timed_out", 76_000_000,
    )  # fmt: skip


def test_a_lease_is_extended_again_and_again():
    Story(BARE).tell(BEGIN).tell(
        """
        lease l 100 ttl=60            -> 100; promo 100, held 100
        +50s extend l 60              -> promo 100, held 100
        +59s draw l Picture images=1  -> 24; promo 100, held 76
        extend l 86400                -> promo 100, held 76
        +23h extend l 86400           -> promo 100, held 76
        +23h draw l Picture images=1  -> 24; promo 100, held 52
        +1h look                      -> promo 152
        """
    )


def test_a_lease_lives_as_long_as_the_catalog_says_of_a_hold():
    Story(BARE, {"upgrades:": "policy: {hold_ttl_seconds: 120}\nupgrades:"}).tell(BEGIN).tell(
        """
        lease l 100                           -> 100; promo 100, held 100
        +119s draw l Picture images=1         -> 24; promo 100, held 76
        +1s look                              -> promo 176
        lease m 100 ttl=86401                 -> invalid ttl_seconds must be a whole number from 1
        """
    )


def test_what_was_leased_can_be_drawn_after_its_grant_has_ended_and_the_rest_lapses():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                                  -> nothing
                          grant promo 100 ends=2026-01-10/11:00 -> promo 100
                          grant promo 100                       -> promo 200
                          lease l 150 ttl=7200                  -> 150; promo 50, held 150
        2026-01-10 11:00  draw l Picture images=2               -> 48; promo 50, held 102
                          draw l Picture images=1               -> 24; promo 50, held 78
                          release l                             -> promo 100
        """
    )
    given_back = story.entries[-1].event
    assert [part.credits for part in given_back.lapsed] == [28_000_000]
    assert [part.credits for part in given_back.returned] == [50_000_000]


def test_a_grant_that_ended_leaves_the_account_with_its_last_leased_credit():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                                -> nothing
                          grant promo 48 ends=2026-01-10/11:00 -> promo 48
                          lease l 48 ttl=7200                 -> 48; held 48
        2026-01-10 11:30  draw l Picture images=1             -> 24; held 24
        """
    )
    assert len(story.account.grants) == 1
    story.tell("draw l Picture images=1 -> 24; nothing")
    assert story.account.grants == ()
    assert story.account.open_holds == 1, "it is empty, and open until it is released"
    story.tell("release l -> nothing")


# Across resets and plan changes


def test_a_lease_across_a_reset_spends_the_old_cycles_credits():
    story = Story(BARE).tell(ON_PLAN).tell(
        """
        2026-02-10 09:00  lease l 500 ttl=86400    -> 500; subscription 500, held 500
                          draw l Picture images=1  -> 24; subscription 500, held 476
        """
    )  # fmt: skip
    assert story.account.cycle.used == 24_000_000
    story.tell("2026-02-10 10:00 draw l Picture images=2 -> 48; subscription 1000, held 428")
    assert story.account.cycle.used == 0, "the old cycle's credits paid"
    story.tell("charge Picture images=1 -> 24; subscription 976, held 428")
    story.tell("release l -> subscription 976")
    assert story.account.cycle.used == 24_000_000
    assert [part.credits for part in story.entries[-1].event.lapsed] == [428_000_000]


def test_an_upgrade_that_keeps_the_leftover_keeps_what_is_leased_as_carry_over():
    story = Story(BARE).tell(ON_PLAN).tell(
        """
        lease l 600 ttl=86400            -> 600; subscription 400, held 600
        draw l Picture images=5          -> 120; subscription 400, held 480
        change basic 4000 monthly        -> carry_over 400, subscription 4000, held 480
        draw l Picture images=5          -> 120; carry_over 400, subscription 4000, held 360
        """
    )  # fmt: skip
    assert story.account.cycle.used == 0, "the old cycle's credits paid"
    story.tell("release l -> carry_over 760, subscription 4000")
    burned = [entry.event.parts[0].source for entry in story.entries if kind(entry) == "drawn"]
    assert burned == ["subscription"] * 2, "the source they were reserved from"
    story.tell("2026-02-10 10:00 look -> subscription 4000")


def test_an_upgrade_that_deducts_counts_what_is_drawn_and_not_what_is_leased():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                          -> nothing
                          subscribe basic 4000 yearly   -> subscription 4000
                          lease l 1000 ttl=86400        -> 1000; subscription 3000, held 1000
                          draw l Picture images=10      -> 240; subscription 3000, held 760
                          change max 24000 yearly       -> subscription 23000, held 760
                          draw l Picture images=10      -> 240; subscription 23000, held 520
        """
    )
    assert story.account.cycle.used == 480_000_000
    story.tell("release l -> subscription 23520")
    assert story.account.cycle.used == 480_000_000


def test_an_upgrade_with_a_new_cycle_goes_on_counting_what_is_drawn():
    story = Story(BARE).tell(
        """
        2026-01-10 10:00  open                          -> nothing
                          subscribe basic 4000 monthly  -> subscription 4000
                          lease l 4000 ttl=86400        -> 4000; held 4000
        +1h               change max 24000 yearly       -> subscription 20000, held 4000
                          draw l Picture images=10      -> 240; subscription 20000, held 3760
        """
    )
    assert story.account.cycle.used == 240_000_000
    story.tell("release l -> subscription 23760")


def test_no_balance_passes_the_largest_amount_when_a_lease_comes_back():
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                                 -> nothing
                          grant promo 9007199254               -> promo 9007199254
                          lease l 9007199254 ttl=86400         -> 9007199254; held 9007199254
                          grant promo 1                        -> no balance_limit
                          draw l Picture images=1              -> 24; held 9007199230
                          grant promo 24                       -> promo 24, held 9007199230
                          subscribe basic 1000 monthly         -> no balance_limit
                          release l                            -> promo 9007199254
        """
    )


# Members


MEMBERS = """
    2026-01-10 10:00  open ann ben                  -> nothing
                      subscribe basic 1000 monthly  -> subscription 1000
                      member ann cap=100            -> subscription 1000
"""


def used(story: Story) -> object:
    member = story.account.member("ann")
    return member and show(member.used)


def test_a_lease_counts_whole_against_its_members_cap_until_it_is_given_back():
    story = Story(BARE).tell(MEMBERS).tell(
        """
        lease l 101 member=ann                -> no member_cap_reached cap=100 used=0 credits=101
        lease l 90 member=ann                 -> 90; subscription 910, held 90
        charge Picture images=1 member=ann    -> no member_cap_reached used=90
        draw l Picture images=1               -> 24; subscription 910, held 66
        charge Picture images=1 member=ann    -> no member_cap_reached used=90
        """
    )  # fmt: skip
    assert used(story) == 90
    story.tell("release l -> subscription 976")
    assert used(story) == 24
    story.tell("charge Picture images=3 member=ann -> 72; subscription 904")


def test_a_lease_that_times_out_gives_the_cap_back():
    story = Story(BARE).tell(MEMBERS).tell(
        """
        lease l 90 member=ann ttl=60          -> 90; subscription 910, held 90
        draw l Picture images=1               -> 24; subscription 910, held 66
        +1m charge Picture images=3 member=ann -> 72; subscription 904
        """
    )  # fmt: skip
    assert used(story) == 96


def test_a_lease_of_the_last_cycle_counts_in_that_one():
    story = Story(BARE).tell(MEMBERS).tell(
        """
        2026-02-10 09:00  lease l 90 member=ann ttl=86400    -> 90; subscription 910, held 90
        2026-02-10 10:00  charge Picture images=1 member=ann -> 24; subscription 976, held 90
                          draw l Picture images=1            -> 24; subscription 976, held 66
        """
    )  # fmt: skip
    assert used(story) == 24
    story.tell("release l -> subscription 976")
    assert used(story) == 24


def test_a_lease_is_for_members_where_there_are_members():
    Story(BARE).tell(MEMBERS).tell(
        """
        lease l 10 member=zoe            -> no member_unknown
        lease l 50 member=ann            -> 50; subscription 950, held 50
        remove_member ann                -> subscription 950, held 50
        lease m 50 member=ann            -> no member_unknown
        draw l Picture images=1          -> 24; subscription 950, held 26
        release l                        -> subscription 976
        """
    )
