"""The naive model's subscriptions: buying, changing and ending one."""

from __future__ import annotations

from dataclasses import dataclass

from tests.model import world
from tests.model.naive import DAY, Naive, No
from tests.model.naive_calendar import month_of, months_later
from tests.model.naive_things import MILLION, Bought, Cycle, Lot

Terms = tuple[str, int, str]
THE_END: Terms = ("", 0, "")


@dataclass
class Paid:
    """What a payment says: one of these, or that a change is paid and no more (`only`)."""

    cycles: int = 0
    intervals: int = 0
    until: int | None = None
    only: bool = False

    def moves(self) -> bool:
        return bool(self.cycles or self.intervals or self.until is not None)

    def end(self, account: Naive, bought: Bought, first: int) -> int:
        """The boundary until which it pays, from the month `first` on."""
        if self.until is None:
            months = self.cycles + self.intervals * world.MONTHS[bought.interval]
            return account.boundary(bought, first + months)
        boundaries = [account.boundary(bought, month) for month in range(150)]
        away, nearest = min((abs(each - self.until), each) for each in boundaries)
        if away > DAY:
            raise No("invalid")
        return nearest


NOTHING = Paid()


def subscribe(account: Naive, terms: Terms, starts: int, paid: Paid) -> None:
    if account.bought:
        raise No("already_subscribed")
    bought = begun(account, terms, starts, month_of(starts, max(account.at, starts), account.zone))
    if paid.moves():
        bought.paid = paid.end(account, bought, bought.month + 1)
        bought.renews_itself = False
        if bought.paid <= max(account.at, starts):
            raise No("invalid")
    if starts <= account.at:
        account.claim_the_free_plans_month()  # buying takes nothing away
    account.bought, account.lapsed = bought, None
    catch_up(account)


def begun(account: Naive, terms: Terms, anchor: int, month: int) -> Bought:
    """A subscription that starts with a month's cycle; its first interval is paid."""
    every = world.MONTHS[terms[2]]
    until = (month // every + 1) * every
    return Bought(
        *terms,
        anchor,
        month - 1,
        months_later(anchor, month, account.zone),
        months_later(anchor, until, account.zone),
    )


def catch_up(account: Naive) -> None:
    while account.next_due() <= account.at:
        account.fall_due(account.at)


def kind_of(old: Terms, new: Terms) -> str:
    higher = world.PLANS.index(new[0]) - world.PLANS.index(old[0])
    if new[1] < old[1]:
        return "downgrade"
    if new[1] > old[1]:
        return "upgrade"
    if higher:
        same = new[2] == old[2]
        return ("switch" if same else "upgrade") if higher > 0 else "downgrade"
    return "interval"


def change(account: Naive, terms: Terms, paid: Paid = NOTHING, later: bool = False) -> str:
    """Other terms, at once, when paid, or later; returns what kind of change that is."""
    bought = must_have(account)
    old = (bought.plan, bought.package, bought.interval)
    if terms == old:
        raise No("no_change")
    return changed(account, bought, terms, paid, later)


def changed(account: Naive, bought: Bought, terms: Terms, paid: Paid, later: bool) -> str:
    kind = kind_of((bought.plan, bought.package, bought.interval), terms)
    stands_still = not account.cycle and account.at >= bought.anchor
    now = kind in ("upgrade", "switch") or stands_still
    now = now or (not account.cycle and bought.renews_itself)
    if later or not now:
        schedule(account, bought, terms, paid)
        return kind
    if not bought.renews_itself and not paid.moves() and not paid.only:
        bought.later, bought.later_at, bought.waits = terms, paid_until(account, bought), True
        return kind
    take(account, bought, terms, paid, kind, stands_still)
    return kind


def schedule(account: Naive, bought: Bought, terms: Terms, paid: Paid) -> None:
    bought.later, bought.later_at, bought.waits = terms, paid_until(account, bought), False
    if paid.moves():
        interval, bought.interval = bought.interval, terms[2]
        until = paid.end(account, bought, first_unpaid(account, bought))
        bought.interval = interval
        bought.paid, bought.renews_itself = max(bought.paid, until), False


def take(
    account: Naive, bought: Bought, terms: Terms, paid: Paid, kind: str, stands_still: bool
) -> None:
    """The terms change now."""
    if account.cycle and kind == "upgrade":
        bought.later, bought.waits = None, False
        upgrade(account, bought, account.cycle, terms, paid)
        return
    ahead = max(0, first_unpaid(account, bought) - bought.month - 1)
    bought.plan, bought.package, bought.interval = terms
    bought.later, bought.waits = None, False
    every = world.MONTHS[terms[2]]
    if stands_still:
        account.claim_the_free_plans_month()
        first = first_of_late(account, bought)
        until = paid.end(account, bought, first) if paid.moves() else None
        revive(account, bought, until or account.boundary(bought, first + every))
    elif account.cycle and paid.moves():
        bought.paid = paid.end(account, bought, bought.month + ahead)
        bought.renews_itself = False
    elif not account.cycle and paid.moves():
        first = 0 if bought.renews_itself else first_unpaid(account, bought)
        bought.paid, bought.renews_itself = paid.end(account, bought, first), False
    elif not account.cycle and bought.renews_itself:
        bought.paid = account.boundary(bought, every)


def first_of_late(account: Naive, bought: Bought) -> int:
    """The month that a late payment is for: never one that is over."""
    running = month_of(bought.anchor, account.at, account.zone)
    return max(running, first_unpaid(account, bought))


def revive(account: Naive, bought: Bought, until: int) -> None:
    """It goes on at the running month, or stands where it is paid to."""
    bought.paid, bought.renews_itself, bought.past_due = until, False, False
    running = month_of(bought.anchor, account.at, account.zone)
    month = min(running, first_unpaid(account, bought))
    bought.month, bought.renews = month - 1, account.boundary(bought, month)
    account.bought, account.lapsed = bought, None
    catch_up(account)


def upgrade(account: Naive, bought: Bought, cycle: Cycle, terms: Terms, paid: Paid) -> None:
    rule, restart = world.UPGRADES.get(
        (bought.interval, terms[2]), ("add_full_keep_leftover", "true")
    )
    of_cycle = [
        lot for lot in account.lots if lot.source == "subscription" and lot.ends == cycle.ends
    ]
    if rule == "deduct_used":
        deduct_used(account, bought, cycle, terms, of_cycle, restart == "true", paid)
        return
    next_month = months_later(account.at, 1, account.zone)
    for lot in of_cycle:
        lot.source, lot.ends = "carry_over", next_month
    restarted(account, bought, terms, paid)
    catch_up(account)


def restarted(account: Naive, bought: Bought, terms: Terms, paid: Paid) -> Bought:
    """The subscription anew from now on; months that were paid ahead stay paid."""
    ahead = max(0, first_unpaid(account, bought) - bought.month - 1)
    fresh = begun(account, terms, account.at, 0)
    fresh.renews_itself = bought.renews_itself and not paid.moves()
    if paid.moves():
        fresh.paid = paid.end(account, fresh, ahead)
    else:
        fresh.paid = account.boundary(fresh, max(world.MONTHS[terms[2]], 1 + ahead))
    account.bought = fresh
    return fresh


def deduct_used(
    account: Naive,
    bought: Bought,
    cycle: Cycle,
    terms: Terms,
    of_cycle: list[Lot],
    restart: bool,
    paid: Paid,
) -> None:
    difference = (terms[1] - bought.package) * MILLION
    if restart:
        fresh = restarted(account, bought, terms, paid)
        fresh.month, fresh.renews = 0, months_later(account.at, 1, account.zone)
        cycle.starts, cycle.ends = account.at, fresh.renews
    else:
        go_on(account, bought, terms, paid)
    cycle.allotment = terms[1] * MILLION
    for lot in of_cycle:
        lot.ends = cycle.ends
    if difference > 0:
        account.add("subscription", difference, account.at, cycle.ends)


def go_on(account: Naive, bought: Bought, terms: Terms, paid: Paid) -> None:
    """Other terms in the running cycle. (Here no rule goes on with another interval.)"""
    ahead = max(0, first_unpaid(account, bought) - bought.month - 1)
    assert bought.interval == terms[2]
    bought.plan, bought.package, bought.interval = terms
    if paid.moves():
        bought.paid = paid.end(account, bought, bought.month + ahead)
        bought.renews_itself = False


def cancel(account: Naive) -> None:
    bought = must_have(account)
    if not account.cycle and account.at < bought.anchor:
        account.bought = None
        return
    if bought.later == THE_END:
        raise No("no_change")
    bought.later, bought.later_at, bought.waits = THE_END, paid_until(account, bought), False
    if bought.past_due:
        bought.renews = account.at
        catch_up(account)


def resume(account: Naive) -> None:
    bought = must_have(account)
    if bought.later is None:
        raise No("nothing_scheduled")
    bought.later, bought.waits = None, False


def pay(account: Naive, paid: Paid) -> str:
    """A payment: for what waits for it, or for more time. Returns what it did."""
    bought = account.bought
    if not bought and account.lapsed and account.at < account.lapsed_until:
        bought = account.lapsed
    if not bought:
        raise No("no_subscription")
    if bought.waits and bought.later:
        account.bought = bought
        return changed(account, bought, bought.later, paid, False)
    stands_still = not account.cycle and account.at >= bought.anchor
    first = first_of_late(account, bought) if stands_still else first_unpaid(account, bought)
    until = paid.end(account, bought, first)
    if until <= bought.paid:
        raise No("no_change")
    if bought.later == THE_END:
        bought.later_at = until
    if stands_still:
        if not account.bought:
            account.claim_the_free_plans_month()
        revive(account, bought, until)
    else:
        bought.paid, bought.renews_itself = until, False
    return "pay"


def end(account: Naive, void: bool) -> None:
    """An operator ends it now, and takes back what is left of the cycle."""
    bought = must_have(account)
    if void and account.cycle:
        for lot in account.lots:
            if lot.source == "subscription" and lot.ends == account.cycle.ends:
                lot.left, lot.ends = 0, account.at
    assert bought
    account.bought = account.cycle = account.lapsed = None


def first_unpaid(account: Naive, bought: Bought) -> int:
    """The first month that is not paid for."""
    month = 0
    while account.boundary(bought, month) < bought.paid:
        month += 1
    return month


def paid_until(account: Naive, bought: Bought) -> int:
    """The first boundary that is not paid for."""
    return account.boundary(bought, first_unpaid(account, bought))


def must_have(account: Naive) -> Bought:
    if not account.bought:
        raise No("no_subscription")
    return account.bought
