"""A server: serve, and the settings it is served with."""

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..config import FILE, SETTINGS, ConfigSetting
from . import completion
from .commands import Answer, command
from .context import Here
from .pages import server as pages

if TYPE_CHECKING:
    from ..config import Configuration

app = typer.Typer()
HEADING = "A server"

ConfigFile = Annotated[
    str | None,
    typer.Option(
        "--config",
        envvar="TALLYSTICK_CONFIG",
        metavar="FILE",
        help=f"Read settings from this file; {FILE} in this folder if left out.",
    ),
]
_METAVARS = {int: "N", float: "SECONDS", bool: "on|off", str: "TEXT"}
_OWN_METAVARS = {"db": "URL", "host": "ADDRESS", "port": "PORT", "clock_ahead_days": "DAYS"}


def _option(setting: ConfigSetting) -> Any:
    metavar = "|".join(setting.choices) or _OWN_METAVARS.get(setting.name, _METAVARS[setting.kind])
    return typer.Option(
        setting.flag,
        metavar=metavar,
        help=setting.said,
        autocompletion=completion.among(setting.choices or _SWITCH.get(setting.kind, ())),
    )


_SWITCH = {bool: ("on", "off")}
_FLAGS = [
    Parameter(
        each.name,
        Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[str | None, _option(each)],
    )
    for each in SETTINGS
]


def _with_flags(work: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that takes ``**flags`` an option for every setting."""
    own = list(signature(work).parameters.values())[:-1]
    work.__signature__ = Signature([*own, *_FLAGS])  # type: ignore[attr-defined]
    return work


@command(app, "serve", heading=HEADING, shared=())
@_with_flags
def serve(here: Here, config: ConfigFile = None, **flags: str | None) -> None:
    """Serve every platform of a database over HTTP, until stopped."""
    from .server_process import run

    code = run(_configuration(flags, config), here)
    if code:
        raise typer.Exit(code)


@command(app, "config", heading=HEADING, shared=())
@_with_flags
def config(here: Here, config: ConfigFile = None, **flags: str | None) -> Answer:
    """Show every setting of a server, its value, and where it comes from."""
    from ..config import unread

    found = _configuration(flags, config)
    listed = {
        "file": found.file,
        "settings": [
            {
                "name": each.setting.name,
                "value": each.shown,
                "source": each.source,
                "place": each.place or None,
            }
            for each in found.chosen.values()
        ],
        "unread": unread(),
    }
    return Answer(listed, pages.configuration)


def _configuration(flags: dict[str, str | None], file: str | None) -> "Configuration":
    from ..config import load

    return load(flags, file)
