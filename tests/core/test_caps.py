"""Caps in windows, of members and of the account; what is held at once; fair use."""

import pytest

from tallystick import InvalidCatalog
from tallystick.core import cap_windows, instants
from tests.core.story import BARE, Story

PLAN = """
    2026-01-10 10:00  open ann ben                  -> nothing
                      subscribe basic 4000 monthly  -> subscription 4000
"""
FAIR = {
    "    unlimited: [voice]\n": (
        "    unlimited: [voice]\n    fair_use: [{tool: voice, up_to: 100 characters, every: day}]\n"
    )
}
CHARGED = {
    "    unlimited: [voice]\n": (
        "    unlimited: [voice]\n"
        "    fair_use: [{tool: voice, up_to: 100 characters, every: day, beyond: charge}]\n"
    )
}
NOBODY = {"upgrades:": "policy: {member_required: false}\nupgrades:"}


@pytest.mark.parametrize(
    ("every", "before", "after"),
    [
        ("hour", "2026-01-10 10:59:59", "2026-01-10 11:00"),
        ("day", "2026-01-10 23:59:59", "2026-01-11 00:00"),
        ("week", "2026-01-11 23:59:59", "2026-01-12 00:00"),
        ("month", "2026-01-31 23:59:59", "2026-02-01 00:00"),
        ("cycle", "2026-02-10 09:59:59", "2026-02-10 10:00"),
    ],
)
def test_a_cap_counts_by_its_window(every: str, before: str, after: str):
    left = 3952 if every == "cycle" else 3904
    Story(BARE).tell(PLAN).tell(
        f"""
        member ann 48/{every}                         -> subscription 4000
        charge Picture images=2 member=ann            -> 48; subscription 3952
        {before} charge Picture images=1 member=ann   -> no member_cap_reached used=48 cap=48
        {after} charge Picture images=2 member=ann    -> 48; subscription {left}
        """
    )


def test_a_cap_by_day_and_one_for_life_count_side_by_side():
    Story(BARE).tell(PLAN).tell(
        """
        member ann 48/day 100/life                       -> subscription 4000
        charge Picture images=2 member=ann               -> 48; subscription 3952
        charge Picture images=1 member=ann               -> no member_cap_reached every=day
        +1d charge Picture images=2 member=ann           -> 48; subscription 3904
        +1d charge Picture images=1 member=ann           -> no member_cap_reached every=life used=96
        +90d charge Clip audio=off seconds=1 member=ann  -> no member_cap_reached every=life
        """
    )


def test_a_cap_may_be_for_some_tools_only():
    Story(BARE).tell(PLAN).tell(
        """
        member ann 30/day/video                         -> subscription 4000
        charge Picture images=9 member=ann              -> 216; subscription 3784
        charge Clip audio=off seconds=3 member=ann      -> 30; subscription 3754
        charge Clip audio=off seconds=1 member=ann      -> no member_cap_reached used=30
        charge Picture images=9 member=ann              -> 216; subscription 3538
        """
    )


def test_a_cap_belongs_to_the_name_whatever_happens_to_the_membership():
    Story(BARE).tell(PLAN).tell(
        """
        member ann cap=50                   -> subscription 4000
        charge Picture images=2 member=ann  -> 48; subscription 3952
        remove_member ann                   -> subscription 3952
        charge Picture images=1 member=ann  -> no member_unknown
        member ann cap=50                   -> subscription 3952
        charge Picture images=1 member=ann  -> no member_cap_reached used=48
        member ben 100/life                 -> subscription 3952
        charge Picture images=4 member=ben  -> 96; subscription 3856
        remove_member ben                   -> subscription 3856
        member ben 100/life                 -> subscription 3856
        charge Picture images=1 member=ben  -> no member_cap_reached used=96
        """
    )


def test_what_a_hold_gives_back_counts_for_a_member_who_was_removed_meanwhile():
    Story(BARE).tell(PLAN).tell(
        """
        member ann cap=50                   -> subscription 4000
        hold h Picture images=2 member=ann  -> 48; subscription 3952, held 48
        remove_member ann                   -> subscription 3952, held 48
        release h                           -> subscription 4000
        member ann cap=50                   -> subscription 4000
        charge Picture images=2 member=ann  -> 48; subscription 3952
        """
    )


def test_holds_settlements_and_refunds_count_in_windows():
    Story(BARE).tell(PLAN).tell(
        """
        member ann 48/day                   -> subscription 4000
        hold h Picture images=2 member=ann  -> 48; subscription 3952, held 48
        charge Picture images=1 member=ann  -> no member_cap_reached used=48
        settle h images=1                   -> 24; subscription 3976
        charge Picture images=1 member=ann  -> 24; subscription 3952
        charge Picture images=1 member=ann  -> no member_cap_reached used=48
        refund                              -> 24; subscription 3976
        charge Picture images=1 member=ann  -> 24; subscription 3952
        hold h Picture images=1 member=ann  -> no member_cap_reached used=48
        """
    )


def test_a_hold_of_yesterday_gives_nothing_back_to_the_cap_of_today():
    Story(BARE).tell(PLAN).tell(
        """
        member ann 48/day                                   -> subscription 4000
        hold h Picture images=2 member=ann ttl=86400        -> 48; subscription 3952, held 48
        2026-01-11 00:00 charge Picture images=2 member=ann -> 48; subscription 3904, held 48
                         release h                          -> subscription 3952
                         charge Picture images=1 member=ann -> no member_cap_reached used=48
        """
    )


def test_the_account_as_a_whole_has_caps_and_a_limit_of_what_is_held():
    Story(BARE).tell(PLAN).tell(
        """
        limits 100/day held=60                     -> subscription 4000
        hold a Picture images=2 member=ann         -> 48; subscription 3952, held 48
        hold b Picture images=1 member=ben         -> no held_limit_reached limit=60 held=48
        charge Picture images=1 member=ben         -> 24; subscription 3928, held 48
        settle a                                   -> 48; subscription 3928
        hold b Picture images=1 member=ben         -> 24; subscription 3904, held 24
        charge Picture images=1 member=ann         -> no account_cap_reached cap=100 used=96
        +1d release b                              -> no hold_closed
        charge Picture images=4 member=ann         -> 96; subscription 3832
        limits                                     -> subscription 3832
        charge Picture images=4 member=ann         -> 96; subscription 3736
        """
    )


def test_a_lease_counts_whole_and_its_draws_by_their_tools():
    Story(BARE).tell(PLAN).tell(
        """
        member ann 120/day 30/day/video                 -> subscription 4000
        lease l 100 member=ann                          -> 100; subscription 3900, held 100
        charge Picture images=1 member=ann              -> no member_cap_reached used=100
        draw l Clip audio=off seconds=3                 -> 30; subscription 3900, held 70
        draw l Clip audio=off seconds=1                 -> no member_cap_reached used=30
        release l                                       -> subscription 3970
        charge Picture images=3 member=ann              -> 72; subscription 3898
        charge Picture images=1 member=ann              -> no member_cap_reached used=102
        """
    )


def test_who_spends_is_named_where_there_are_members_unless_the_catalog_does_without():
    Story(BARE).tell(PLAN).tell(
        """
        charge Picture images=1  -> no member_required
        hold h Picture images=1  -> no member_required
        lease l 10               -> no member_required
        quote q Picture images=1 -> 24
        """
    )
    Story(BARE, NOBODY).tell(PLAN).tell("charge Picture images=1 -> 24; subscription 3976")


def test_bad_caps():
    Story(BARE).tell(PLAN).tell(
        """
        member ann 5/year          -> invalid year
        member ann 5/day 6/day     -> invalid two caps
        member ann 5/day/vidoe     -> invalid vidoe
        member ann -1/day          -> invalid credits must be between
        limits held=-1             -> invalid held must be between
        member ann 5/day cap=4     -> invalid not both
        """
    )


# Fair use


def test_an_unlimited_tool_is_free_up_to_its_fair_use_and_then_refused():
    Story(BARE, FAIR).tell(
        """
        2026-01-10 10:00  open                          -> nothing
                          subscribe max 4000 monthly    -> subscription 4000
                          charge Voice characters=60    -> 0; subscription 4000
                          hold h Voice characters=40    -> 0; subscription 4000
                          charge Voice characters=1     -> no fair_use_reached up_to=100 done=100
                          settle h characters=10        -> 0; subscription 4000
                          charge Voice characters=30    -> 0; subscription 4000
                          charge Voice characters=1     -> no fair_use_reached
                          refund                        -> 0; subscription 4000
                          charge Voice characters=30    -> 0; subscription 4000
        2026-01-11 00:00  charge Voice characters=100   -> 0; subscription 4000
        """
    )


def test_beyond_fair_use_it_may_cost_what_it_costs_elsewhere():
    Story(BARE, CHARGED).tell(
        """
        2026-01-10 10:00  open                          -> nothing
                          subscribe max 4000 monthly    -> subscription 4000
                          charge Voice characters=60    -> 0; subscription 4000
                          charge Voice characters=50    -> 10; subscription 3990
                          charge Voice characters=40    -> 0; subscription 3990
                          hold h Voice characters=5     -> 1; subscription 3989, held 1
                          settle h characters=10 outcome=partial -> no settle_above_hold
                          settle h                      -> 1; subscription 3989
        """
    )


MESHES = {
    "tools:\n": "units: [{one: mesh, many: meshes}, {one: mesh_hour, many: mesh_hours}]\ntools:\n",
    "models:\n": "models:\n"
    "  - {name: Sculpt, tool: voice, rates: [{credits: 3, per: mesh}]}\n"
    "  - {name: Cast, tool: voice, rates: [{terms: [{credits: 1, per: mesh}, {credits: 9}]}]}\n",
    "    unlimited: [voice]\n": "    unlimited: [voice]\n"
    "    fair_use: [{tool: voice, up_to: 9 meshes, every: day}]\n",
}


@pytest.mark.parametrize("written", ["9 meshes", "9 mesh"])
def test_fair_use_is_counted_in_units_of_the_catalogs_own(written: str):
    """By one price and by a sum, in a hold that is settled for less, and given back."""
    changes = {name: each.replace("9 meshes", written) for name, each in MESHES.items()}
    story = Story(BARE, changes).tell(
        """
        2026-01-10 10:00  open                       -> nothing
                          subscribe max 4000 monthly -> subscription 4000
                          charge Sculpt meshes=4     -> 0; subscription 4000
                          hold h Cast meshes=5       -> 0; subscription 4000
                          charge Sculpt meshes=1     -> no fair_use_reached done=9
                          settle h meshes=2          -> 0; subscription 4000
                          charge Cast meshes=3       -> 0; subscription 4000
                          charge Cast meshes=1       -> no fair_use_reached done=9
                          refund meshes=2            -> 0; subscription 4000
                          charge Sculpt meshes=2     -> 0; subscription 4000
                          charge Sculpt meshes=1     -> no fair_use_reached done=9
        """
    )
    assert "9 meshes a day" in story.refusal.message


def test_fair_use_of_a_unit_that_the_catalog_has_not_is_a_mistake_in_it():
    changes = {name: each.replace("9 meshes", "9 mashes") for name, each in MESHES.items()}
    with pytest.raises(InvalidCatalog, match="unknown unit 'mashes'; did you mean 'meshes"):
        Story(BARE, changes)


def test_what_failed_uses_nothing_up():
    Story(BARE, FAIR).tell(
        """
        2026-01-10 10:00  open                               -> nothing
                          subscribe max 4000 monthly         -> subscription 4000
                          hold h Voice characters=100        -> 0; subscription 4000
                          settle h outcome=provider_error    -> 0; subscription 4000
                          hold h Voice characters=100 ttl=60 -> 0; subscription 4000
        +1m               charge Voice characters=100        -> 0; subscription 4000
                          charge Voice characters=1          -> no fair_use_reached
        """
    )


def test_windows_of_the_calendar_are_local():
    berlin = "Europe/Berlin"

    def at(text: str) -> int:
        return instants.parse(text, "at")

    def found(every: str, when: str) -> list[str]:
        return [instants.text(each) for each in cap_windows.window(every, at(when), berlin)]

    assert found("hour", "2026-03-29T00:30:00Z") == ["2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"]
    assert found("day", "2026-03-29T12:00:00Z") == ["2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"]
    assert found("week", "2026-03-29T12:00:00Z") == ["2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z"]
    assert found("month", "2026-12-31T23:30:00Z") == [
        "2026-12-31T23:00:00Z",
        "2027-01-31T23:00:00Z",
    ]
