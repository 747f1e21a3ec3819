"""The arguments and options that several commands share, each described once."""

from typing import Annotated, TypeAlias

import typer

from . import completion

Platform: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="PLATFORM", help="A platform, such as artlist.", autocompletion=completion.platforms
    ),
]
MaybePlatform: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        envvar="TALLYSTICK_PLATFORM",
        metavar="[PLATFORM]",
        help="A platform, such as artlist; the only one in the database if left out.",
        autocompletion=completion.platforms,
    ),
]
Model: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="MODEL [NAME=VALUE]...",
        help='A model by id or name ("Veo 3.1", veo-3.1), its settings and quantities: '
        "resolution=1080p audio=on seconds=8 outputs=2; text=... counts its characters.",
        autocompletion=completion.generation,
    ),
]
MaybeModel: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[MODEL] [NAME=VALUE]...",
        help='A model by id or name ("Veo 3.1", veo-3.1), its settings and quantities: '
        "resolution=1080p audio=on seconds=8 outputs=2; text=... counts its characters. "
        "Nothing when --quote says it all.",
        autocompletion=completion.generation,
    ),
]
Quantities: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NAME=VALUE]...", help="What it really was, such as seconds=6."),
]
Account: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="ACCOUNT", help="An account's id.", autocompletion=completion.accounts),
]
NewAccount: TypeAlias = Annotated[
    str, typer.Argument(metavar="ACCOUNT", help="The id of the new account: yours to choose.")
]
Member: TypeAlias = Annotated[str, typer.Argument(metavar="MEMBER", help="A member's id.")]
Hold: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="HOLD", help="A hold, such as h9.", autocompletion=completion.holds),
]
Plan: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="PLAN", help="A plan by id or name.", autocompletion=completion.plans),
]
MaybePlan: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="[PLAN]",
        help="A plan by id or name; the present one if left out.",
        autocompletion=completion.plans,
    ),
]
OnPlan: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--plan",
        metavar="PLAN",
        help="Price it as for this plan.",
        autocompletion=completion.plans,
    ),
]
Package: TypeAlias = Annotated[
    str | None,
    typer.Option("--package", metavar="CREDITS", help="A package, named by its monthly credits."),
]
Interval: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--interval",
        metavar="INTERVAL",
        help="How it is billed: monthly, quarterly or yearly.",
        autocompletion=completion.intervals,
    ),
]
Amount: TypeAlias = Annotated[str, typer.Argument(metavar="CREDITS", help="How many credits.")]
Reason: TypeAlias = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; it stands in the ledger.")
]
WhichMember: TypeAlias = Annotated[
    str | None, typer.Option("--member", metavar="MEMBER", help="The member it is for.")
]
Labels: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--label", metavar="NAME=TEXT", help="A label, such as project=launch; may be repeated."
    ),
]
Token: TypeAlias = Annotated[
    str | None, typer.Option("--quote", metavar="TOKEN", help="Spend a quote instead.")
]
Outputs: TypeAlias = Annotated[
    str | None, typer.Option("--outputs", metavar="N", help="How many variants; 1 if left out.")
]

Database: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--db",
        envvar="TALLYSTICK_DB",
        metavar="FILE",
        help="The database, or postgresql://user@host/database; tallystick.db in this folder "
        "if left out.",
    ),
]
Server: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--server",
        envvar="TALLYSTICK_SERVER",
        metavar="URL",
        help="A server to ask instead, such as http://127.0.0.1:8700.",
    ),
]
ApiKey: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        envvar="TALLYSTICK_API_KEY",
        metavar="KEY",
        help="The API key that opens the server; its platform is the key's.",
    ),
]
ApiKeyAsKey: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        "--key",
        envvar="TALLYSTICK_API_KEY",
        metavar="KEY",
        help="The API key that opens the server; its platform is the key's.",
    ),
]
"""The same, for commands without a request key: there ``--key`` means nothing else."""
WhichPlatform: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--platform",
        envvar="TALLYSTICK_PLATFORM",
        metavar="NAME",
        help="The platform; the only one in the database if left out.",
        autocompletion=completion.platforms,
    ),
]
Key: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="KEY",
        help="A request key: the same command under the same key is done once. (An API key here "
        "is taken as --api-key.)",
    ),
]
AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON document and nothing else.")
]
