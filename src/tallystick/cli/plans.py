"""Subscriptions: subscribe, change-plan, cancel, resume, pay, pause, end; reset-cycle."""

from typing import TYPE_CHECKING, Annotated

import typer

from . import arguments
from .commands import WRITES, Answer, command
from .context import Here
from .options import Account, Interval, MaybePlan, Package, Plan, field, parameter
from .pages import plans as pages

if TYPE_CHECKING:
    from .. import results

app = typer.Typer()
HEADING = "Subscriptions"
_OPTIONS = ("package", "interval", "starts_at", "paid_through", "intervals", "cycles", "until")
_FLAGS = ("paid", "later", "keep_credits", "trial", "at_once", "move_anchor")

StartsAt = Annotated[
    str | None,
    typer.Option("--starts-at", metavar="INSTANT", help=field("SubscribeBody", "starts_at")),
]
PaidThrough = Annotated[
    str | None,
    typer.Option("--paid-through", metavar="INSTANT", help=field("SubscribeBody", "paid_through")),
]
NewPaidThrough = Annotated[
    str | None,
    typer.Option("--paid-through", metavar="INSTANT", help=field("ChangePlanBody", "paid_through")),
]
Intervals = Annotated[
    int | None,
    typer.Option("--intervals", metavar="N", help=field("SubscribeBody", "intervals")),
]
NewIntervals = Annotated[
    int | None,
    typer.Option("--intervals", metavar="N", help=field("ChangePlanBody", "intervals")),
]
Paid = Annotated[bool, typer.Option("--paid", help=field("ChangePlanBody", "paid"))]
Later = Annotated[bool, typer.Option("--later", help=field("ChangePlanBody", "later"))]
Through = Annotated[
    str | None,
    typer.Argument(metavar="[INSTANT]", help=field("PayBody", "paid_through")),
]
PaidUntil = Annotated[
    str | None,
    typer.Option("--paid-through", metavar="INSTANT", help="The same as the argument."),
]
PaidCycles = Annotated[
    int | None, typer.Option("--cycles", metavar="N", help=field("PayBody", "cycles"))
]
PaidIntervals = Annotated[
    int | None, typer.Option("--intervals", metavar="N", help=field("PayBody", "intervals"))
]
Trial = Annotated[bool, typer.Option("--trial", help=field("SubscribeBody", "trial"))]
PausedUntil = Annotated[
    str | None, typer.Option("--until", metavar="INSTANT", help=field("PauseBody", "until"))
]
AtOnce = Annotated[bool, typer.Option("--at-once", help=field("PauseBody", "at_once"))]
MoveAnchor = Annotated[bool, typer.Option("--move-anchor", help=field("ResetBody", "move_anchor"))]
Reason = Annotated[str, typer.Argument(metavar="REASON", help=field("EndBody", "reason"))]
KeepCredits = Annotated[
    bool,
    typer.Option("--keep-credits", help="Leave the rest of the cycle's credits until its end."),
]
Preview = Annotated[bool, typer.Option("--preview", help=parameter("preview"))]


@command(app, "subscribe", heading=HEADING, shared=WRITES)
def subscribe(
    here: Here,
    account: Account,
    plan: Plan,
    package: Package = None,
    interval: Interval = None,
    starts_at: StartsAt = None,
    paid_through: PaidThrough = None,
    intervals: Intervals = None,
    trial: Trial = False,
    preview: Preview = False,
) -> Answer:
    """Subscribe an account to a plan."""
    billed = interval or "monthly"
    bought = here.credits.subscribe(
        account,
        plan,
        package,
        billed,
        starts_at,
        paid_through,
        preview,
        here.key,
        _whole(intervals, "intervals"),
        trial,
    )
    return _answer(bought, here)


@command(app, "change-plan", heading=HEADING, shared=WRITES)
def change_plan(
    here: Here,
    account: Account,
    plan: MaybePlan = None,
    package: Package = None,
    interval: Interval = None,
    paid_through: NewPaidThrough = None,
    intervals: NewIntervals = None,
    paid: Paid = False,
    later: Later = False,
    preview: Preview = False,
) -> Answer:
    """Change the plan, the package or the interval."""
    changed = here.credits.change_plan(
        account,
        plan,
        package,
        interval,
        preview,
        here.key,
        paid_through,
        _whole(intervals, "intervals"),
        paid,
        later,
    )
    return _answer(changed, here)


@command(app, "cancel", heading=HEADING, shared=WRITES)
def cancel(here: Here, account: Account, preview: Preview = False) -> Answer:
    """Cancel the subscription when its paid time ends."""
    return _answer(here.credits.cancel(account, preview, here.key), here)


@command(app, "resume", heading=HEADING, shared=WRITES)
def resume(here: Here, account: Account, preview: Preview = False) -> Answer:
    """Withdraw a scheduled cancellation or change."""
    return _answer(here.credits.resume(account, preview, here.key), here)


@command(app, "pay", heading=HEADING, shared=WRITES)
def pay(
    here: Here,
    account: Account,
    paid_through: Through = None,
    cycles: PaidCycles = None,
    intervals: PaidIntervals = None,
    until: PaidUntil = None,
    preview: Preview = False,
) -> Answer:
    """Report a payment: for cycles, for intervals, or until an instant."""
    through = paid_through or until
    cycles, intervals = _whole(cycles, "cycles"), _whole(intervals, "intervals")
    return _answer(here.credits.pay(account, cycles, intervals, through, here.key, preview), here)


@command(app, "pause", heading=HEADING, shared=WRITES)
def pause(
    here: Here,
    account: Account,
    until: PausedUntil = None,
    at_once: AtOnce = False,
    preview: Preview = False,
) -> Answer:
    """Pause a subscription."""
    return _answer(here.credits.pause(account, until, at_once, here.key, preview), here)


@command(app, "reset-cycle", heading=HEADING, shared=WRITES)
def reset_cycle(
    here: Here,
    account: Account,
    reason: Reason,
    move_anchor: MoveAnchor = False,
    preview: Preview = False,
) -> Answer:
    """Reset the running cycle now, as an operator."""
    return _answer(here.credits.reset_cycle(account, reason, move_anchor, here.key, preview), here)


@command(app, "end", heading=HEADING, shared=WRITES)
def end(
    here: Here,
    account: Account,
    reason: Reason,
    keep_credits: KeepCredits = False,
    preview: Preview = False,
) -> Answer:
    """End a subscription now, as an operator."""
    return _answer(here.credits.end(account, reason, not keep_credits, here.key, preview), here)


def _whole(given: int | str | None, where: str) -> int | None:
    return None if given is None else arguments.whole(str(given), where)


def _answer(changed: "results.PlanChange", here: Here) -> Answer:
    return Answer(changed, lambda changed: pages.plan_change(changed, _again(here)))


def _again(here: Here) -> list[str]:
    """This command without its ``--preview``: what does what was previewed."""
    arguments = [
        here.given[name]
        for name in ("account", "plan", "reason", "paid_through")
        if here.given.get(name)
    ]
    given = {name: here.given.get(name) for name in _OPTIONS}
    options = [
        word
        for name, value in given.items()
        if value
        for word in (f"--{name.replace('_', '-')}", str(value))
    ]
    flags = [f"--{name.replace('_', '-')}" for name in _FLAGS if here.given.get(name)]
    return [here.command, *arguments, *options, *flags]
