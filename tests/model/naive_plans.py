"""The naive model's subscriptions: buying, changing and ending one."""

from __future__ import annotations

from dataclasses import dataclass

from tests.model import world
from tests.model.naive import Naive
from tests.model.naive_calendar import wall_days_later
from tests.model.naive_cycles import DAY, cycles_of
from tests.model.naive_things import MILLION, THE_END, Bought, Cycle, Lot, No, Pause, Terms


@dataclass
class Paid:
    """What a payment says: one of these, or that a change is paid and no more (`only`)."""

    cycles: int = 0
    intervals: int = 0
    until: int | None = None
    only: bool = False
    nothing: bool = False
    """Nothing is paid yet, and payments are what pays."""

    def moves(self) -> bool:
        return bool(self.cycles or self.intervals or self.until is not None)

    def end(self, account: Naive, bought: Bought, first: int) -> int:
        """The boundary until which it pays, from the month `first` on."""
        if self.until is None:
            return account.boundary(
                bought, first + self.cycles + self.intervals * cycles_of(bought)
            )
        boundaries = [account.boundary(bought, month) for month in range(400)]
        away, nearest = min((abs(each - self.until), each) for each in boundaries)
        if away > DAY:
            raise No("invalid")
        return nearest


NOTHING = Paid()


def subscribe(account: Naive, terms: Terms, starts: int, paid: Paid, trial: bool = False) -> None:
    if account.bought:
        raise No("already_subscribed")
    if trial and terms[0] in account.tried_plans:
        raise No("trial_used")
    since = max(account.at, starts)
    bought = begun(account, terms, starts, since)
    if trial:
        begin_with_trial(account, bought, since)
    if paid.moves() or paid.nothing:
        bought.paid = paid.end(account, bought, max(0, bought.month + 1))
        bought.renews_itself = False
        if bought.paid < since or (bought.paid == since and not trial):
            raise No("invalid")
    if starts <= account.at:
        account.claim_the_free_plans_month()  # buying takes nothing away
    account.bought, account.lapsed = bought, None
    catch_up(account)


def begin_with_trial(account: Naive, bought: Bought, since: int) -> None:
    """The trial comes before the first cycle, and paid time begins at its end."""
    if bought.plan not in account.prices.trials:
        raise No("invalid")
    days, credits = account.prices.trials[bought.plan]
    bought.trial, bought.month, bought.renews = credits * MILLION, -2, since
    bought.anchor = bought.paid = wall_days_later(since, days, account.zone)
    account.tried_plans.add(bought.plan)


def begun(account: Naive, terms: Terms, anchor: int, since: int) -> Bought:
    """A subscription that starts with the cycle that runs at `since`; its first interval is
    paid."""
    prices = account.prices
    bought = Bought(
        *terms,
        anchor,
        -1,
        anchor,
        anchor,
        grace_days=prices.grace_days,
        revival_days=prices.revival_days,
        on=prices.calendars.get(terms[0]),
        first=prices.first,
        roll=prices.rolls.get(terms[0]),
    )
    month, every = account.month_at(bought, since), cycles_of(bought)
    bought.month, bought.renews = month - 1, account.boundary(bought, month)
    bought.paid = account.boundary(bought, (month // every + 1) * every)
    return bought


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
    if bought.pause and bought.pause.begun:
        raise No("subscription_paused")
    return changed(account, bought, terms, paid, later)


def changed(account: Naive, bought: Bought, terms: Terms, paid: Paid, later: bool) -> str:
    kind = kind_of((bought.plan, bought.package, bought.interval), terms)
    stands_still = not account.cycle and account.at >= bought.anchor
    now = kind in ("upgrade", "switch") or (bought.renews_itself and not had(account, bought))
    if not stands_still and (later or not now):
        schedule(account, bought, terms, paid)
        bought.later_kind = kind
        return kind
    if not bought.renews_itself and not paid.moves() and not paid.only:
        bought.later, bought.later_at, bought.waits = terms, paid_until(account, bought), True
        bought.later_kind = kind
        return kind
    take(account, bought, terms, paid, kind, stands_still)
    return kind


def had(account: Naive, bought: Bought) -> bool:
    """Whether it has begun, and pays for what runs."""
    return account.cycle is not None and not bought.in_trial


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
    if account.cycle and kind == "upgrade" and not bought.in_trial:
        bought.later, bought.waits = None, False
        upgrade(account, bought, account.cycle, terms, paid)
        return
    ahead = max(0, first_unpaid(account, bought) - bought.month - 1)
    bought.plan, bought.package, bought.interval = terms
    bought.roll = account.prices.rolls.get(bought.plan)
    bought.later, bought.waits = None, False
    every = cycles_of(bought)
    if stands_still:
        if kind == "downgrade":
            end_rollover(account)
        account.claim_the_free_plans_month()
        first = first_of_late(account, bought)
        until = paid.end(account, bought, first) if paid.moves() else None
        revive(account, bought, until or account.boundary(bought, first + every))
    elif had(account, bought) and paid.moves():
        bought.paid = paid.end(account, bought, bought.month + ahead)
        bought.renews_itself = False
    elif not had(account, bought) and paid.moves():
        first = 0 if bought.renews_itself else first_unpaid(account, bought)
        bought.paid, bought.renews_itself = paid.end(account, bought, first), False
    elif not had(account, bought) and bought.renews_itself and not bought.in_trial:
        bought.paid = account.boundary(bought, every)


def first_of_late(account: Naive, bought: Bought) -> int:
    """The month that a late payment is for: never one that is over."""
    running = account.month_at(bought, account.at)
    return max(running, first_unpaid(account, bought))


def revive(account: Naive, bought: Bought, until: int) -> None:
    """It goes on at the running month, or stands where it is paid to."""
    bought.paid, bought.renews_itself, bought.past_due = until, False, False
    running = account.month_at(bought, account.at)
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
    fresh = restarted(account, bought, terms, paid)
    for lot in of_cycle:
        lot.source, lot.ends = "carry_over", account.boundary(fresh, 1)
    catch_up(account)


def restarted(account: Naive, bought: Bought, terms: Terms, paid: Paid) -> Bought:
    """The subscription anew from now on; months that were paid ahead stay paid."""
    ahead = max(0, first_unpaid(account, bought) - bought.month - 1)
    fresh = begun(account, terms, account.at, account.at)
    fresh.first, fresh.pause = "full", bought.pause
    fresh.renews_itself = bought.renews_itself and not paid.moves()
    if paid.moves():
        fresh.paid = paid.end(account, fresh, ahead)
    else:
        fresh.paid = account.boundary(fresh, max(cycles_of(fresh), 1 + ahead))
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
        fresh.month, fresh.renews = 0, account.boundary(fresh, 1)
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
    bought.roll = account.prices.rolls.get(bought.plan)
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
    if not account.cycle:
        bought.later_at = bought.renews = account.at
        catch_up(account)


def resume(account: Naive) -> None:
    bought = must_have(account)
    if bought.later is None and bought.pause is None:
        raise No("nothing_scheduled")
    if bought.pause and bought.pause.begun:
        if account.plan == "free":
            account.last_free.append(account.at)
        account.go_on(bought, account.at)
        catch_up(account)
        return
    bought.later, bought.waits, bought.pause = None, False, None


def pause(account: Naive, until: int, at_once: bool) -> None:
    """From its next turn on, or at once; what has not begun cannot be paused sooner."""
    bought = must_have(account)
    coming = not account.cycle and account.at < bought.anchor
    waits = coming or bool(account.cycle and not at_once)
    starts, begun = bought.renews if waits else account.at, not waits
    if bought.pause and bought.pause.begun:
        starts, begun = bought.pause.starts, True
    if until <= max(starts, account.at):
        raise No("invalid")
    bought.pause = Pause(starts, until, account.prices.paused_plan == "unlocked", begun)
    bought.past_due = False
    if begun:
        bought.renews = min(account.cycle.ends, until) if account.cycle else until
        account.forget_what_waits(bought)


def reset(account: Naive, move: bool) -> None:
    """The cycle ends now, and its allotment comes again."""
    bought, cycle = must_have(account), account.cycle
    paused = bought.pause is not None and bought.pause.begun
    if not cycle or bought.in_trial or paused:
        raise No("no_running_cycle")
    for lot in account.lots:
        if account.is_of_cycle(lot):
            lot.ends = account.at
    if move:
        ahead = max(0, first_unpaid(account, bought) - bought.month - 1)
        bought.anchor, bought.month, bought.first = account.at, -1, "full"
        bought.paid = account.boundary(bought, 1 + ahead)
        if bought.later is not None:
            bought.later_at = paid_until(account, bought)
    else:
        bought.month -= 1
    bought.renews = account.at
    catch_up(account)


def pay(account: Naive, paid: Paid) -> str:
    """A payment: for what waits for it, or for more time. Returns what it did."""
    bought = account.bought
    if not bought and account.lapsed and account.at < account.lapsed_until:
        bought = account.lapsed
    if not bought:
        raise No("no_subscription")
    paused = bought.pause is not None and bought.pause.begun
    if paused and paid.until is not None:
        raise No("invalid")
    if bought.waits and bought.later:
        account.bought = bought
        return changed(account, bought, bought.later, paid, False)
    stands_still = not account.cycle and account.at >= bought.anchor and not paused
    first = first_of_late(account, bought) if stands_still else first_unpaid(account, bought)
    until = paid_for(account, bought, paid, first)
    if until <= bought.paid:
        raise No("no_change")
    if bought.later == THE_END:
        bought.later_at = until
    if not account.bought:
        account.claim_the_free_plans_month()
    if stands_still:
        revive(account, bought, until)
    else:
        bought.paid, bought.renews_itself = until, False
        account.bought, account.lapsed = bought, None
        catch_up(account)
    return "pay"


def paid_for(account: Naive, bought: Bought, paid: Paid, first: int) -> int:
    """Until when a payment pays; its interval is that of the terms which are to come."""
    interval = bought.interval
    if bought.later and bought.later != THE_END:
        bought.interval = bought.later[2]
    until = paid.end(account, bought, first)
    bought.interval = interval
    return until


def end(account: Naive, void: bool) -> None:
    """An operator ends it now, and takes back what is left of the cycle."""
    must_have(account)
    if void:
        for lot in account.lots:
            if account.is_of_cycle(lot):
                lot.left, lot.ends = 0, account.at
        end_rollover(account)
    account.bought = account.cycle = account.lapsed = None


def end_rollover(account: Naive) -> None:
    for lot in account.lots:
        if lot.source == "rollover":
            lot.left, lot.ends = 0, min(lot.ends, account.at)


def first_unpaid(account: Naive, bought: Bought) -> int:
    return account.first_unpaid(bought)


def paid_until(account: Naive, bought: Bought) -> int:
    """The first boundary that is not paid for."""
    return account.boundary(bought, first_unpaid(account, bought))


def must_have(account: Naive) -> Bought:
    if not account.bought:
        raise No("no_subscription")
    return account.bought
