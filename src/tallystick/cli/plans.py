"""Subscriptions: subscribe, change-plan, cancel, resume, pay."""

from typing import TYPE_CHECKING, Annotated

import typer

from .commands import WRITES, Answer, command
from .context import Here
from .options import Account, Interval, MaybePlan, Package, Plan, field, parameter
from .pages import plans as pages

if TYPE_CHECKING:
    from .. import results

app = typer.Typer()
HEADING = "Subscriptions"
_OPTIONS = ("package", "interval", "starts_at", "paid_through")

StartsAt = Annotated[
    str | None,
    typer.Option("--starts-at", metavar="INSTANT", help=field("SubscribeBody", "starts_at")),
]
PaidThrough = Annotated[
    str | None,
    typer.Option(
        "--paid-through",
        metavar="INSTANT",
        help=field("SubscribeBody", "paid_through"),
    ),
]
Through = Annotated[
    str,
    typer.Argument(
        metavar="INSTANT",
        help="The instant until which it is paid now, such as 2026-03-31T10:00:00Z.",
    ),
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
    preview: Preview = False,
) -> Answer:
    """Subscribe an account to a plan."""
    billed = interval or "monthly"
    bought = here.credits.subscribe(
        account, plan, package, billed, starts_at, paid_through, preview, here.key
    )
    return _answer(bought, here)


@command(app, "change-plan", heading=HEADING, shared=WRITES)
def change_plan(
    here: Here,
    account: Account,
    plan: MaybePlan = None,
    package: Package = None,
    interval: Interval = None,
    preview: Preview = False,
) -> Answer:
    """Change the plan, the package or the interval."""
    changed = here.credits.change_plan(account, plan, package, interval, preview, here.key)
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
def pay(here: Here, account: Account, paid_through: Through) -> Answer:
    """Report a payment: the subscription is paid until an instant."""
    return _answer(here.credits.pay(account, paid_through, here.key), here)


def _answer(changed: "results.PlanChange", here: Here) -> Answer:
    return Answer(changed, lambda changed: pages.plan_change(changed, _again(here)))


def _again(here: Here) -> list[str]:
    """This command without its ``--preview``: what does what was previewed."""
    arguments = [here.given[name] for name in ("account", "plan") if here.given.get(name)]
    given = {name: here.given.get(name) for name in _OPTIONS}
    options = [
        word
        for name, value in given.items()
        if value
        for word in (f"--{name.replace('_', '-')}", value)
    ]
    return [here.command, *arguments, *options]
