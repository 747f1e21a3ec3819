"""Questions about prices: quote, estimate, capacity."""

from typing import Annotated

import typer

from .commands import Answer, command
from .context import HERE, Here
from .options import Model, OnPlan, Outputs, Package, Plan, Platform, field, parameter
from .pages import pricing as pages

HEADING = "Prices"

app = typer.Typer()

OfAccount = Annotated[
    str | None,
    typer.Option(
        "--account",
        metavar="ACCOUNT",
        help="Quote for this account: whether it may, which grants would burn, the balance after.",
    ),
]
Lines = Annotated[
    list[str],
    typer.Option(
        "--line", metavar="LINE", help="Such as '30 x Veo 3.1 seconds=8'; may be repeated."
    ),
]
Days = Annotated[str, typer.Option("--days", metavar="N", help=field("EstimateBody", "days"))]
Buffer = Annotated[
    str, typer.Option("--buffer", metavar="SHARE", help="A share to add, such as 20% or 0.2.")
]
OfTool = Annotated[str | None, typer.Option("--tool", metavar="TOOL", help=parameter("tool"))]
WithTool = Annotated[
    str | None, typer.Option("--tool", metavar="TOOL", help=field("EstimateBody", "tool"))
]


@command(app, "quote", heading=HEADING, shared=HERE)
def quote(
    here: Here,
    platform: Platform,
    model: Model,
    account: OfAccount = None,
    plan: OnPlan = None,
    outputs: Outputs = None,
) -> Answer:
    """Show the price of a generation before it is made."""
    from . import arguments

    name, values = arguments.request(model)
    many = arguments.outputs(values, outputs)
    credits = here.at(platform) if account else here.prices(platform)
    made = credits.quote(name, account, plan, many, **values)
    return Answer(made, lambda quote: pages.quote(quote, here))


@command(app, "estimate", heading=HEADING, shared=HERE)
def estimate(
    here: Here,
    platform: Platform,
    line: Lines,
    days: Days = "1",
    buffer: Buffer = "0",
    plan: OnPlan = None,
    tool: WithTool = None,
) -> Answer:
    """Estimate what work costs: lines times days, plus a buffer."""
    from . import arguments

    many = arguments.whole(days, "days")
    made = here.prices(platform).estimate(line, many, buffer, plan, tool)
    return Answer(made, pages.estimate)


@command(app, "capacity", heading=HEADING, shared=HERE)
def capacity(
    here: Here, platform: Platform, plan: Plan, package: Package = None, tool: OfTool = None
) -> Answer:
    """Show what a plan's monthly credits pay for."""
    return Answer(here.prices(platform).capacity(plan, package, tool), pages.capacity)
