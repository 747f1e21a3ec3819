"""Generations: hold, settle, release, extend, charge, lease, draw; the list of what was charged."""

from typing import Annotated

import typer

from . import completion
from .commands import WRITES, Answer, command
from .context import Here
from .options import (
    Account,
    Amount,
    Hold,
    Labels,
    MaybeModel,
    Model,
    Outputs,
    Quantities,
    Reason,
    Receipt,
    Token,
    WhichMember,
    field,
    parameter,
)
from .pages import charges as pages

app = typer.Typer()
HEADING = "Generations"

Ttl = Annotated[
    str | None,
    typer.Option("--ttl-seconds", metavar="N", help=field("HoldBody", "ttl_seconds")),
]
Lease = Annotated[
    str,
    typer.Argument(
        metavar="LEASE", help="The lease's id, such as h9.", autocompletion=completion.holds
    ),
]
Seconds = Annotated[
    str,
    typer.Argument(
        metavar="SECONDS", help="How long from now, in seconds, up to 86400 (24 hours)."
    ),
]
Actual = Annotated[
    str | None,
    typer.Option("--credits", metavar="CREDITS", help=field("SettleBody", "credits")),
]
InAll = Annotated[
    str | None,
    typer.Option("--credits", metavar="CREDITS", help=field("IncreaseBody", "credits")),
]
GivenBack = Annotated[
    str | None,
    typer.Option("--credits", metavar="CREDITS", help=field("RefundBody", "credits")),
]
Outcome = Annotated[
    str,
    typer.Option(
        "--outcome",
        metavar="OUTCOME",
        help="succeeded, partial, moderated, provider_error, timeout or canceled_before_start.",
    ),
]
Since = Annotated[str | None, typer.Option("--since", metavar="INSTANT", help=parameter("since"))]
Until = Annotated[str | None, typer.Option("--until", metavar="INSTANT", help=parameter("until"))]
OfTool = Annotated[str | None, typer.Option("--tool", metavar="TOOL", help="Only this tool.")]
OfModel = Annotated[str | None, typer.Option("--model", metavar="MODEL", help="Only this model.")]
OfMember = Annotated[
    str | None, typer.Option("--member", metavar="MEMBER", help="Only this member.")
]


@command(app, "hold", heading=HEADING, shared=WRITES)
def hold(
    here: Here,
    account: Account,
    model: MaybeModel = None,
    quote: Token = None,
    ttl_seconds: Ttl = None,
    outputs: Outputs = None,
    member: WhichMember = None,
    label: Labels = None,
) -> Answer:
    """Reserve the price of a generation while it runs."""
    from . import arguments

    name, values = arguments.generation(model)
    held = here.credits.hold(
        account,
        name,
        outputs=arguments.outputs(values, outputs),
        quote=quote,
        ttl_seconds=None if ttl_seconds is None else arguments.whole(ttl_seconds, "ttl_seconds"),
        member=member,
        labels=arguments.labels(label),
        key=here.key,
        **values,
    )
    return Answer(held, pages.held)


@command(app, "settle", heading=HEADING, shared=WRITES)
def settle(
    here: Here,
    account: Account,
    hold: Hold,
    quantity: Quantities = None,
    credits: Actual = None,
    outcome: Outcome = "succeeded",
) -> Answer:
    """Close a hold with what the work cost. The rest goes back."""
    from . import arguments

    actual = arguments.quantities(quantity)
    settled = here.credits.settle(account, hold, credits, outcome, here.key, **actual)
    return Answer(settled, pages.settled)


@command(app, "refund", heading=HEADING, shared=WRITES)
def refund(
    here: Here,
    account: Account,
    receipt: Receipt,
    reason: Reason,
    quantity: Quantities = None,
    credits: GivenBack = None,
) -> Answer:
    """Give back a charge, whole or in part."""
    from . import arguments

    back = arguments.quantities(quantity)
    refunded = here.credits.refund(account, receipt, credits, reason, here.key, **back)
    return Answer(refunded, pages.refunded)


@command(app, "release", heading=HEADING, shared=WRITES)
def release(here: Here, account: Account, hold: Hold) -> Answer:
    """Close a hold without a charge."""
    return Answer(here.credits.release(account, hold, here.key), pages.released)


@command(app, "extend", heading=HEADING, shared=WRITES)
def extend(here: Here, account: Account, hold: Hold, seconds: Seconds) -> Answer:
    """Extend a hold."""
    from .arguments import whole

    lives = whole(seconds, "seconds")
    return Answer(here.credits.extend(account, hold, lives, here.key), pages.extended)


@command(app, "increase", heading=HEADING, shared=WRITES)
def increase(
    here: Here, account: Account, hold: Hold, quantity: Quantities = None, credits: InAll = None
) -> Answer:
    """Let a hold reserve more."""
    from . import arguments

    needed = arguments.quantities(quantity)
    increased = here.credits.increase(account, hold, credits, here.key, **needed)
    return Answer(increased, pages.increased)


@command(app, "charge", heading=HEADING, shared=WRITES)
def charge(
    here: Here,
    account: Account,
    model: MaybeModel = None,
    quote: Token = None,
    credits: Actual = None,
    outputs: Outputs = None,
    member: WhichMember = None,
    label: Labels = None,
) -> Answer:
    """Quote, hold and settle in one step."""
    from . import arguments

    name, values = arguments.generation(model)
    charged = here.credits.charge(
        account,
        name,
        outputs=arguments.outputs(values, outputs),
        quote=quote,
        credits=credits,
        member=member,
        labels=arguments.labels(label),
        key=here.key,
        **values,
    )
    return Answer(charged, pages.charged)


@command(app, "lease", heading=HEADING, shared=WRITES)
def lease(
    here: Here,
    account: Account,
    credits: Amount,
    ttl_seconds: Ttl = None,
    member: WhichMember = None,
    label: Labels = None,
) -> Answer:
    """Reserve credits for many generations."""
    from . import arguments

    lives = None if ttl_seconds is None else arguments.whole(ttl_seconds, "ttl_seconds")
    given = arguments.labels(label)
    leased = here.credits.lease(account, credits, lives, member, given, here.key)
    return Answer(leased, pages.leased)


@command(app, "draw", heading=HEADING, shared=WRITES)
def draw(
    here: Here,
    account: Account,
    hold: Lease,
    model: Model,
    credits: Actual = None,
    outputs: Outputs = None,
    label: Labels = None,
) -> Answer:
    """Charge a generation to a lease."""
    from . import arguments

    name, values = arguments.request(model)
    drawn = here.credits.draw(
        account,
        hold,
        name,
        outputs=arguments.outputs(values, outputs),
        credits=credits,
        labels=arguments.labels(label),
        key=here.key,
        **values,
    )
    return Answer(drawn, pages.drawn)


@command(app, "usage", heading=HEADING)
def usage(
    here: Here,
    account: Account,
    since: Since = None,
    until: Until = None,
    tool: OfTool = None,
    model: OfModel = None,
    member: OfMember = None,
    label: Labels = None,
) -> Answer:
    """List the charges of an account, each with its receipt."""
    from . import arguments

    lines = here.credits.usage(account, since, until, tool, model, member, arguments.labels(label))
    return Answer(lines, lambda lines: pages.usage(lines, account))
