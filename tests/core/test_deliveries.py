"""What was delivered, down to nothing, and what is taken and given back for it."""

import pytest

from tallystick.core.events import Settled
from tallystick.core.grants import total
from tests.core.story import BARE, TOY, Story

TAKE = {"upgrades:": "policy: {settle_above_hold: take_available}\nupgrades:"}
TABLE = {
    "      - {when: {audio: off}, credits: 10, per: second}": (
        "      - {when: {audio: off}, table: {by: seconds, 5: 50, 8: 80}}"
    )
}
LEAST = {"{credits: 1, per: 5 characters}": "{credits: 1, per: 5 characters, at_least: 5}"}
BEGIN = """
    2026-01-10 10:00  open             -> nothing
                      grant promo 200  -> promo 200
"""
ALL = {"{id: free, name: Free, tools: [image, voice], pro_models: false}": "{id: free, name: Free}"}
"""Every tool on the free plan."""


@pytest.mark.parametrize("outcome", ["succeeded", "partial", "moderated", "provider_error"])
@pytest.mark.parametrize("said", ["images=0", "images=0.0", "outputs=0", "credits=0"])
def test_nothing_delivered_can_be_said_in_quantities(outcome: str, said: str):
    Story(BARE).tell(BEGIN).tell(
        f"""
        hold h Picture images=4          -> 96; promo 104, held 96
        settle h {said} outcome={outcome}  -> 0; promo 200
        """
    )


def test_nothing_delivered_costs_nothing_whatever_the_price_is():
    story = Story(BARE, TABLE | LEAST | ALL).tell(BEGIN)
    story.tell(
        """
        hold h Clip audio=off seconds=8  -> 80; promo 120, held 80
        settle h seconds=0               -> 0; promo 200
        hold h Clip audio=on seconds=3   -> 60; promo 140, held 60
        settle h minutes=0               -> 0; promo 200
        hold h Voice characters=3        -> 5; promo 195, held 5
        settle h characters=0            -> 0; promo 200
        hold h Advice consultations=2    -> 20; promo 180, held 20
        settle h consultations=0         -> 0; promo 200
        """
    )


def test_a_charge_or_a_hold_of_nothing_is_bad_input():
    Story(BARE, ALL).tell(BEGIN).tell(
        """
        charge Picture images=0           -> invalid images must be more than 0
        hold h Picture images=0           -> invalid images must be more than 0
        charge Picture outputs=0          -> invalid outputs must be a whole number from 1
        charge Clip audio=off seconds=0   -> invalid seconds must be more than 0
        hold h Picture images=2           -> 48; promo 152, held 48
        settle h images=-1                -> invalid images must be more than 0
        settle h seconds=0                -> invalid Picture has no setting or quantity 'seconds'
        """
    )


def test_what_a_table_has_no_price_for_is_settled_in_credits():
    Story(BARE, TABLE | ALL).tell(BEGIN).tell(
        """
        hold h Clip audio=off seconds=8             -> 80; promo 120, held 80
        settle h seconds=3.2 outcome=partial        -> invalid give `credits` instead
        settle h credits=32 outcome=partial         -> 32; promo 168
        """
    )


def test_what_was_taken_last_is_given_back_first():
    """A promotion burns before a top-up, so the top-up is whole again first."""
    Story(BARE).tell(
        """
        2026-01-10 10:00  open                         -> nothing
                          grant promo 30               -> promo 30
                          grant topup 100              -> promo 30, topup 100
                          hold h Picture images=5      -> 120; topup 10, held 120
                          settle h images=2            -> 48; topup 82
                          hold h Picture images=2      -> 48; topup 34, held 48
                          settle h images=0            -> 0; topup 82
        """
    )


def test_a_grant_is_named_once_although_more_than_was_held_is_taken_of_it():
    story = Story(TOY, TAKE).tell(
        """
        2026-01-10 10:00  open                    -> free 100
                          grant promo 500         -> free 100, promo 500
                          hold h Picture images=6 -> 144; promo 456, held 144
                          settle h images=9       -> 216; promo 384
        """
    )
    settled = story.entries[-1].event
    assert isinstance(settled, Settled)
    assert total(settled.spent) + total(settled.extra) == settled.credits == 216_000_000
