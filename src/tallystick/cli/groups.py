"""Commands and groups of them: how words are taken from the command line, and how help looks."""

from itertools import groupby
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

from .context import KEY, TAKES

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTCUTS = {
    **{name: ("account", name) for name in ("open", "balance", "entries", "receipt", "holds")},
    **{name: ("catalog", name) for name in ("lint", "diff", "publish")},
    "accounts": ("account", "list"),
    "members": ("account", "members"),
    "catalogs": ("catalog", "list"),
    "prices": ("catalog", "show"),
}
"""Words that stand for a command of a group: ``tallystick balance ana``."""

OLDER = {
    "--from": "--since",
    "--to": "--until",
    "--as-of": "--at",
    "--at": "--effective-at",
}
"""Spellings of options that a command takes for another one, unless it has them itself."""

_ENDING = frozenset(
    {"accept", "adjust", "archive", "cancel", "end", "migrate", "pause", "refund", "release",
     "remove", "repair", "reset", "restore", "reverse", "revoke", "rollback", "rotate", "void",
     "withdraw"}
)  # fmt: skip
"""Commands that take something away or end it: none is offered to someone who typed another."""

_GIVING = frozenset(
    {"change-plan", "charge", "draw", "extend", "grant", "hold", "increase", "lease", "open",
     "pay", "resume", "set", "settle", "subscribe", "top-up"}
)  # fmt: skip
"""Commands that write and are offered; one that writes and is not here is not."""


class _AsTyped:
    """Takes words as they are typed: every argument here is text or a flag."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        several = param.multiple or param.nargs == -1
        return () if value is None and several else value


class _Plain:
    """Spares a command typer's reading of values, and the names of its types in the help.

    That reading would load pydantic to make text out of text: 70 of 300 ms. A typer that reads
    values in another way does not look at what is set here.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        params = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            param.get_runtime_param = _AsTyped
            if param.param_type_name == "argument":
                param.display_type_rich = lambda ctx: None
        return params


class Worded(_Plain, TyperCommand):
    """A command whose usage line shows its arguments as the code wrote them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        own = {name for each in self.params for name in each.opts}
        return super().parse_args(ctx, [_said_now(word, own) for word in args])

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        arguments = [each for each in self.params if each.param_type_name == "argument"]
        return [*(str(each.metavar) for each in arguments), "[OPTIONS]"]


def _said_now(word: str, own: set[str]) -> str:
    """An option in its present spelling, for a command that has the options `own`."""
    name, equals, value = word.partition("=")
    now = OLDER.get(name)
    return f"{now}{equals}{value}" if now in own and name not in own else word


_WHOLE = 1_000
"""More characters than a first sentence has, so that none is cut."""


class Headed(_Plain, TyperGroup):
    """A group whose help lists its commands under their headings, in the order of the code."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help(), err=True)
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the words name; a shortcut of the whole program stands for its own.
        For any other word what it may have meant is said, but never what would end something."""
        if args[0] in SHORTCUTS and args[0] not in self.commands and ctx.parent is None:
            args = [*SHORTCUTS[args[0]], *args[1:]]
        is_known = args[0] in self.commands or args[0].startswith("-")
        if not is_known and not ctx.resilient_parsing:
            ctx.fail(f"No such command '{args[0]}'.{self._meant(ctx, args[0])}")
        return super().resolve_command(ctx, args)

    def _meant(self, ctx: Any, word: str) -> str:
        from ..core.spelling import near

        words = ctx.command_path.split()[1:]
        known = [*(name for name, _ in self._listed(ctx)), *(() if words else SHORTCUTS)]
        meant = near(word, known, 3, 0.6)
        if not meant or not _is_offered([*words, meant[0]]):
            return ""
        offered = [f"'{name}'" for name in meant if _is_offered([*words, name])]
        return f" Did you mean {', '.join(offered)}?"

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Each command with its first sentence, which wraps where it has no room."""
        listed = list(self._listed(ctx))
        width = max(len(name) for name, _ in listed)
        for heading, rows in groupby(listed, key=lambda row: row[1].rich_help_panel):
            with formatter.section(heading or "Commands"):
                formatter.write_dl(
                    [(name.ljust(width), each.get_short_help_str(_WHOLE)) for name, each in rows]
                )

    def _listed(self, ctx: Any) -> "Iterator[tuple[str, Any]]":
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                yield name, command


def _is_offered(words: list[str]) -> bool:
    """Whether a command, by its whole name, may be offered to someone who typed another word."""
    writes = KEY in TAKES.get(" ".join(words), ())
    return words[-1] not in _ENDING and (not writes or words[-1] in _GIVING)


def group(parent: typer.Typer, name: str, said: str, heading: str | None = None) -> typer.Typer:
    """A group of commands below `parent`; `said` is its line in the help."""
    made = typer.Typer(cls=Headed, help=said, rich_markup_mode=None)
    parent.add_typer(made, name=name, rich_help_panel=heading)
    return made
