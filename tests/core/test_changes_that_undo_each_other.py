"""Two changes of plan that undo each other never leave more than before, except what their payments
bought (docs/spec.md 5.2): of random catalogs, at random instants."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from tallystick.core import commands
from tallystick.core.account import Account, perform
from tallystick.core.catalog import (
    Anchor,
    Catalog,
    Interval,
    Package,
    Plan,
    Published,
    RollOver,
    UpgradeRule,
)
from tallystick.core.credits import SCALE
from tallystick.core.events import CycleStarted, PlanChanged
from tallystick.core.history import History
from tallystick.core.instants import DAY

START = 1_767_225_600_000_000
INTERVALS: tuple[Interval, ...] = ("monthly", "quarterly", "yearly")
SIZES = st.sampled_from([100, 700, 1_000, 4_000, 24_000])
ROLLS = st.builds(
    RollOver, st.sampled_from([None, 300 * SCALE]), st.sampled_from([50, 100]), st.integers(1, 3)
)
ANCHORS = st.sampled_from([None, None, Anchor(day=1, first="proportion"), Anchor(weekday=2)])
PAIRS = st.tuples(st.sampled_from(INTERVALS), st.sampled_from(INTERVALS))
RULES = st.tuples(st.sampled_from(["add_full_keep_leftover", "deduct_used"]), st.booleans())


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """Plans in any order of size, with packages that they share, and any rule for each pair of
    intervals, or none."""
    plans = []
    for name in ("first", "second", "third")[: draw(st.integers(1, 3))]:
        sizes = sorted(draw(st.sets(SIZES, min_size=1, max_size=3)))
        plan = Plan(
            id=name,
            name=name.title(),
            packages=tuple(Package(size * SCALE) for size in sizes),
            intervals=INTERVALS,
            rollover=draw(st.one_of(st.none(), ROLLS)),
            anchor=draw(ANCHORS),
        )
        plans.append(plan)
    rules = draw(st.dictionaries(PAIRS, RULES))
    upgrades = tuple(UpgradeRule(*pair, *rule) for pair, rule in rules.items())
    return Catalog("toy", "Toy", (), (), tuple(plans), upgrades=upgrades)


class Terms(NamedTuple):
    plan: str
    package: int
    interval: Interval


@st.composite
def terms(draw: st.DrawFn, catalog: Catalog) -> Terms:
    plan = draw(st.sampled_from(catalog.plans))
    package = draw(st.sampled_from(plan.packages)).credits // SCALE
    return Terms(plan.id, package, draw(st.sampled_from(INTERVALS)))


class Lived:
    """An account with what its journal gave: the credits of new cycles and changes."""

    def __init__(self, catalog: Catalog):
        self.history = History("toy", [Published(1, 0, catalog)])
        self.account, self.now, self.given = Account("ada"), START, 0
        self.changes: list[PlanChanged] = []
        self.ask(commands.OpenAccount("ada"))

    def ask(self, command: commands.Command, wait: int = 0) -> Lived:
        self.now += wait
        performed = perform(self.account, command, self.now, self.history)
        if performed.refusal is None:
            self.account = performed.account
            for each in performed.entries:
                if isinstance(each.event, CycleStarted):
                    self.given += each.event.credits
                if isinstance(each.event, PlanChanged):
                    self.given += each.event.granted
                    self.changes.append(each.event)
        return self

    def change(self, to: Terms, wait: int, paid: int | None) -> Lived:
        asked = commands.ChangePlan(account="ada", plan=to.plan, package=to.package,
                                    interval=to.interval, intervals=paid)  # fmt: skip
        return self.ask(asked, wait)


@given(st.data())
def test_without_a_payment_nothing_is_gained_by_going_there_and_back(data: st.DataObject):
    """Paid by payments, and none is told: what is there, what is paid and what comes stay."""
    catalog = data.draw(catalogs())
    there, back = data.draw(terms(catalog)), data.draw(terms(catalog))
    waits = [data.draw(st.integers(0, 25 * DAY)) for _ in range(2)]
    bought = commands.Subscribe(account="ada", **there._asdict(), intervals=data.draw(PAID))
    plain, changed = Lived(catalog).ask(bought), Lived(catalog).ask(bought)
    paid_through = changed.account.subscription and changed.account.subscription.paid_through
    changed.change(back, waits[0], None).change(there, waits[1], None)
    if data.draw(st.booleans()):
        changed.ask(commands.Resume("ada"))
    for each in (plain, changed):
        each.now = START + sum(waits)
        each.ask(commands.Advance("ada"))
    assert changed.account.available <= plain.account.available
    if changed.account.subscription and plain.account.subscription:
        assert changed.account.subscription.paid_through == paid_through
    for each in (plain, changed):
        each.ask(commands.Advance("ada"), 800 * DAY)
    assert changed.given <= plain.given


PAID = st.integers(1, 2)


@given(st.data())
def test_with_payments_one_of_the_two_changes_grants_and_only_what_it_was_paid_for(
    data: st.DataObject,
):
    """One that renews by itself pays for its upgrades: of two changes that undo each other at most
    one is at once and grants, and it has more credits."""
    catalog = data.draw(catalogs())
    there, back = data.draw(terms(catalog)), data.draw(terms(catalog))
    paid = [data.draw(st.sampled_from([None, 1])) for _ in range(2)]
    waits = [data.draw(st.integers(0, 3 * DAY)) for _ in range(2)]
    lived = Lived(catalog).ask(commands.Subscribe(account="ada", **there._asdict()))
    before, given = lived.account.available, lived.given
    lived.change(back, waits[0], paid[0]).change(there, waits[1], paid[1])
    granting = [each for each in lived.changes if each.change == "upgrade"]
    assert len(granting) <= 1
    most = max(there.package, back.package) * SCALE
    due = 2 * most if _meets_a_boundary(catalog) else most * len(granting)
    assert lived.given - given <= due
    assert lived.account.available <= before + due
    if not granting and not _meets_a_boundary(catalog):
        assert lived.account.available == before


def _meets_a_boundary(catalog: Catalog) -> bool:
    """Whether a cycle may begin within days: there the new cycles give what they give anyway."""
    return any(plan.anchor is not None for plan in catalog.plans)
