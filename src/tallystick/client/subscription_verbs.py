"""The verbs of a subscription: bought, changed, paid, ended. Each can be previewed."""

from datetime import datetime

from .. import results
from ..core import commands, limits, queries
from ..core.commands import When
from ..core.credits import Number
from ..service.transport import Call


def subscribe(
    account: str,
    plan: str,
    package: Number | None = None,
    interval: str = "monthly",
    starts_at: When | None = None,
    paid_through: When | None = None,
    preview: bool = False,
    key: str | None = None,
    intervals: int | None = None,
    trial: bool = False,
) -> Call[results.PlanChange]:
    """Buy a plan. It renews by itself until cancelled; if `paid_through` (the boundary nearest to
    it) or the number of paid `intervals` is given, only `pay` moves it on. With `trial` the plan's
    trial comes first. With `preview` only say
    what that would do."""
    command = commands.Subscribe(
        account=account,
        plan=plan,
        package=package,
        interval=interval,
        starts_at=starts_at,
        paid_through=paid_through,
        key=key,
        intervals=intervals,
        trial=trial,
    )
    return done_or_shown(command, preview)


def change_plan(
    account: str,
    plan: str | None = None,
    package: Number | None = None,
    interval: str | None = None,
    preview: bool = False,
    key: str | None = None,
    paid_through: When | None = None,
    intervals: int | None = None,
    paid: bool = False,
    later: bool = False,
) -> Call[results.PlanChange]:
    """Change plan, package or interval; with `preview` only say what that would do.

    Where payments move the subscription, more takes effect with its payment: `paid_through`,
    `intervals`, or `paid`. With `later` an upgrade waits for the end of the paid time.
    """
    command = commands.ChangePlan(
        account=account,
        plan=plan,
        package=package,
        interval=interval,
        key=key,
        paid_through=paid_through,
        intervals=intervals,
        paid=paid,
        later=later,
    )
    return done_or_shown(command, preview)


def cancel(account: str, preview: bool = False, key: str | None = None) -> Call[results.PlanChange]:
    """End the subscription when its paid time is over; with `preview` only say what that does."""
    return done_or_shown(commands.Cancel(account, key), preview)


def resume(account: str, preview: bool = False, key: str | None = None) -> Call[results.PlanChange]:
    """Withdraw a scheduled cancellation or change; with `preview` only say what that does."""
    return done_or_shown(commands.Resume(account, key), preview)


def pay(
    account: str,
    cycles: int | When | None = None,
    intervals: int | None = None,
    paid_through: When | None = None,
    key: str | None = None,
    preview: bool = False,
) -> Call[results.PlanChange]:
    """A payment arrived: for so many `cycles` or `intervals`, or through the boundary nearest to
    `paid_through`. It revives a subscription that is past due or has lapsed.

    An instant in place of `cycles` is taken as `paid_through`, as that came second once.
    """
    if paid_through is None and isinstance(cycles, (str, datetime)):
        cycles, paid_through = None, cycles
    command = commands.Pay(
        account=account,
        paid_through=paid_through,
        key=key,
        cycles=cycles,  # type: ignore[arg-type]
        intervals=intervals,
    )
    return done_or_shown(command, preview)


def pause(
    account: str,
    until: When | None = None,
    at_once: bool = False,
    key: str | None = None,
    preview: bool = False,
) -> Call[results.PlanChange]:
    """Pause the subscription from its next boundary on, or `at_once`, until an instant or until it
    is resumed: no cycle starts and no payment is due."""
    return done_or_shown(commands.PauseSubscription(account, until, at_once, key), preview)


def reset_cycle(
    account: str,
    reason: str,
    move_anchor: bool = False,
    key: str | None = None,
    preview: bool = False,
) -> Call[results.PlanChange]:
    """Reset the running cycle now, as an operator: the rest expires and the allotment arrives. With
    `move_anchor` cycles are counted from now on."""
    return done_or_shown(commands.ResetCycle(account, reason, move_anchor, key), preview)


def end(
    account: str,
    reason: str,
    void: bool = True,
    key: str | None = None,
    preview: bool = False,
) -> Call[results.PlanChange]:
    """End the subscription now, as an operator. With `void` the rest of the cycle's credits is
    taken back; without, it stays until the cycle's end."""
    return done_or_shown(commands.EndSubscription(account, reason, void, key), preview)


def done_or_shown(command: commands.Command, preview: object) -> Call[results.PlanChange]:
    """A subscription's change, or with `preview` the same decision without the commit."""
    return Call(queries.Preview(command=command) if limits.flag(preview, "preview") else command)
