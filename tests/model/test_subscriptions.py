"""Payments, changes, pauses, trials, resets and roll-over in any order, at and around boundaries:
nothing is granted that is not paid, and nothing is lost where a payment is late."""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.databases import CHOSEN, fresh_database
from tests.model import naive_plans as plans
from tests.model.driver import Pair
from tests.model.living import KEYED, TERMS, ZONES, Living
from tests.model.schedules import CALENDARS, ROLLS
from tests.model.world import BANK_ORDER, DEFAULT_ORDER, World

TRIALS = {"basic": (7, 200), "max": (31, 900)}
PLANS = ["basic", "max"]
WITH_MIDNIGHTS = [zone for zone in ZONES if zone != "Africa/Cairo"]
"""Zones whose clocks jump at another hour, so that every calendar day begins at midnight."""

worlds = st.builds(
    World,
    zone=st.sampled_from(WITH_MIDNIGHTS),
    order=st.sampled_from([DEFAULT_ORDER, BANK_ORDER]),
    grace_days=st.sampled_from([3, 3, 0]),
    revival_days=st.sampled_from([30, 30, 0]),
    paused_plan=st.sampled_from(["locked", "unlocked"]),
    trials=st.just(TRIALS),
    calendars=st.one_of(st.just({}), CALENDARS.map(lambda each: dict.fromkeys(PLANS, each))),
    first=st.sampled_from(["full", "proportion", "nothing"]),
    rolls=st.one_of(st.just({}), st.dictionaries(st.sampled_from(PLANS), ROLLS)),
)


class Subscribing(Living):
    """An account whose subscription is what everything happens to."""

    @initialize(world=worlds, terms=TERMS, trial=st.booleans(), paid=st.sampled_from([None, 0, 1]))
    def open(self, world: World, terms: plans.Terms, trial: bool, paid: int | None) -> None:
        self.database = ExitStack()
        url = self.database.enter_context(fresh_database(CHOSEN))
        self.pair = Pair(url, world)
        self.subscribe(terms, None, False, paid, trial)

    @rule(images=st.sampled_from([1, 5, 30]), keyed=KEYED)
    def charge(self, images: int, keyed: bool) -> None:
        self.pair.both(
            "charge",
            lambda model: model.charge("picture", Fraction(images), 1, None),
            "picture",
            images=images,
            keyed=keyed,
        )


TestSubscribing = Subscribing.TestCase
TestSubscribing.settings = settings(settings.default)
