"""The arguments and options that several commands share, each described once.

What stands for a field of a request is described by the field docs.
"""

from typing import Annotated, TypeAlias

import typer

from ..wire import field_docs, parameter_docs
from . import completion


def plain(text: str) -> str:
    """A text of the field docs or problem docs for a terminal, where back quotes mean nothing."""
    return text.replace("`", "")


def parameter(name: str) -> str:
    """What a parameter means, as the field docs say."""
    return plain(parameter_docs.PARAMETERS[name])


def field(shape: str, name: str) -> str:
    """What a field of a shape means, as the field docs say."""
    return plain(field_docs.of(shape, name))


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
        "Leave it out with --quote.",
        autocompletion=completion.generation,
    ),
]
Quantities: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NAME=VALUE]...", help=field("SettleBody", "quantities")),
]
Account: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="ACCOUNT", help=parameter("account"), autocompletion=completion.accounts
    ),
]
NewAccount: TypeAlias = Annotated[
    str, typer.Argument(metavar="ACCOUNT", help=field("AccountBody", "id"))
]
Member: TypeAlias = Annotated[str, typer.Argument(metavar="MEMBER", help=parameter("member"))]
Hold: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="HOLD", help="A hold, such as h9.", autocompletion=completion.holds),
]
Plan: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="PLAN", help=parameter("plan"), autocompletion=completion.plans),
]
MaybePlan: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="[PLAN]",
        help="The new plan, by id or name; the present one if left out.",
        autocompletion=completion.plans,
    ),
]
OnPlan: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--plan",
        metavar="PLAN",
        help=field("EstimateBody", "plan"),
        autocompletion=completion.plans,
    ),
]
Package: TypeAlias = Annotated[
    str | None,
    typer.Option("--package", metavar="CREDITS", help=parameter("package")),
]
Interval: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--interval",
        metavar="INTERVAL",
        help=field("PlanChange", "interval"),
        autocompletion=completion.intervals,
    ),
]
Amount: TypeAlias = Annotated[str, typer.Argument(metavar="CREDITS", help="How many credits.")]
Receipt: TypeAlias = Annotated[str, typer.Argument(metavar="RECEIPT", help=parameter("receipt"))]
Reason: TypeAlias = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="The reason, which the ledger keeps.")
]
WhichMember: TypeAlias = Annotated[
    str | None, typer.Option("--member", metavar="MEMBER", help=field("GenerationBody", "member"))
]
Labels: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--label", metavar="NAME=TEXT", help="A label, such as project=launch; may be repeated."
    ),
]
Token: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--quote", metavar="TOKEN", help="The token of a quote to spend, instead of a model."
    ),
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
        help="The database: a file, or postgresql://user@host/database; tallystick.db in this "
        "folder if left out.",
    ),
]
Server: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--server",
        envvar="TALLYSTICK_SERVER",
        metavar="URL",
        help="A server to use instead of a database, such as http://127.0.0.1:8700.",
    ),
]
ApiKey: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        envvar="TALLYSTICK_API_KEY",
        metavar="KEY",
        help="The API key for the server. It decides the platform.",
    ),
]
ApiKeyAsKey: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        "--key",
        envvar="TALLYSTICK_API_KEY",
        metavar="KEY",
        help="The API key for the server. It decides the platform.",
    ),
]
"""The same, for commands without an idempotency key, where ``--key`` has no other meaning."""
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
        help="An idempotency key: the same command under the same key is carried out once. (An API "
        "key given here is taken as --api-key.)",
    ),
]
AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON document and nothing else.")
]
By: TypeAlias = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", help="Who does it; you, by your login, if left out."),
]
