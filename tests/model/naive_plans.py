"""The naive model's subscriptions: buying, changing, ending and paying for one."""

from __future__ import annotations

from tests.model import world
from tests.model.naive import Naive, No
from tests.model.naive_calendar import month_of, months_later
from tests.model.naive_things import MILLION, Bought, Cycle, Lot

Terms = tuple[str, int, str]
THE_END: Terms = ("", 0, "")


def subscribe(account: Naive, terms: Terms, starts: int, paid: int | None) -> None:
    if account.bought:
        raise No("already_subscribed")
    if starts <= account.at:
        account.claim_the_free_plans_month()  # buying takes nothing away
    month = month_of(starts, max(account.at, starts), account.zone)
    account.bought = begun(account, terms, starts, month, paid)
    catch_up(account)


def begun(account: Naive, terms: Terms, anchor: int, month: int, paid: int | None) -> Bought:
    """A subscription that starts with a month's cycle; its first interval is paid."""
    every = world.MONTHS[terms[2]]
    until = (month // every + 1) * every
    return Bought(
        *terms,
        anchor,
        month - 1,
        months_later(anchor, month, account.zone),
        months_later(anchor, until, account.zone) if paid is None else paid,
        renews_itself=paid is None,
    )


def catch_up(account: Naive) -> None:
    while account.next_due() <= account.at:
        account.fall_due(account.at)


def change(account: Naive, terms: Terms) -> str:
    """Other terms, at once or later; returns what kind of change that is."""
    bought = must_have(account)
    old = (bought.plan, bought.package, bought.interval)
    if terms == old:
        raise No("no_change")
    higher = world.PLANS.index(terms[0]) - world.PLANS.index(old[0])
    if not account.cycle:
        account.bought = begun(account, terms, bought.anchor, 0, None)
        return "switch"
    if higher > 0 and terms[1:] == old[1:]:
        bought.plan, bought.later = terms[0], None
        return "switch"
    if higher > 0 or terms[1] > old[1]:
        upgrade(account, bought, account.cycle, terms)
        return "upgrade"
    bought.later, bought.later_at = terms, paid_until(account, bought)
    return "interval" if terms[:2] == old[:2] else "downgrade"


def upgrade(account: Naive, bought: Bought, cycle: Cycle, terms: Terms) -> None:
    rule, restart = world.UPGRADES.get(
        (bought.interval, terms[2]), ("add_full_keep_leftover", "true")
    )
    of_cycle = [
        lot for lot in account.lots if lot.source == "subscription" and lot.ends == cycle.ends
    ]
    if rule == "deduct_used":
        deduct_used(account, bought, cycle, terms, of_cycle, restart == "true")
        return
    next_month = months_later(account.at, 1, account.zone)
    for lot in of_cycle:
        lot.source, lot.ends = "carry_over", next_month
    restarted(account, bought, terms)
    catch_up(account)


def restarted(account: Naive, bought: Bought, terms: Terms) -> Bought:
    """The subscription anew from now on; who pays by hand goes on paying by hand."""
    fresh = begun(account, terms, account.at, 0, None)
    fresh.renews_itself = bought.renews_itself
    account.bought = fresh
    return fresh


def deduct_used(
    account: Naive,
    bought: Bought,
    cycle: Cycle,
    terms: Terms,
    of_cycle: list[Lot],
    restart: bool,
) -> None:
    difference = (terms[1] - bought.package) * MILLION
    less = -difference
    for lot in of_cycle:
        taken = max(0, min(lot.left, less))
        lot.left -= taken
        less -= taken
    if restart:
        fresh = restarted(account, bought, terms)
        fresh.month, fresh.renews = 0, months_later(account.at, 1, account.zone)
        cycle.starts, cycle.ends = account.at, fresh.renews
    else:
        bought.plan, bought.package, bought.interval = terms
        bought.later = None
    cycle.allotment = terms[1] * MILLION
    for lot in of_cycle:
        lot.ends = cycle.ends
    if difference > 0:
        account.add("subscription", difference, account.at, cycle.ends)


def cancel(account: Naive) -> None:
    bought = must_have(account)
    if not account.cycle:
        account.bought = None
        return
    if bought.later == THE_END:
        raise No("no_change")
    bought.later, bought.later_at = THE_END, paid_until(account, bought)


def resume(account: Naive) -> None:
    bought = must_have(account)
    if bought.later is None:
        raise No("nothing_scheduled")
    bought.later = None


def pay(account: Naive, until: int) -> None:
    bought = must_have(account)
    if until <= bought.paid:
        raise No("invalid")
    bought.paid, bought.renews_itself = until, False


def paid_until(account: Naive, bought: Bought) -> int:
    """The first boundary that is not paid for."""
    month = 0
    while account.boundary(bought, month) < bought.paid:
        month += 1
    return account.boundary(bought, month)


def must_have(account: Naive) -> Bought:
    if not account.bought:
        raise No("no_subscription")
    return account.bought
