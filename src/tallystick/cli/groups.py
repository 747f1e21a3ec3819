"""Commands and groups of them: how words are taken from the command line, and how help looks."""

from itertools import groupby
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Iterator


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

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        arguments = [each for each in self.params if each.param_type_name == "argument"]
        return [*(str(each.metavar) for each in arguments), "[OPTIONS]"]


class Headed(_Plain, TyperGroup):
    """A group whose help lists its commands under their headings, in the order of the code."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help(), err=True)
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        listed = list(self._listed(ctx))
        width = max(len(name) for name, _ in listed)
        room = formatter.width - width - 6
        for heading, rows in groupby(listed, key=lambda row: row[1].rich_help_panel):
            with formatter.section(heading or "Commands"):
                formatter.write_dl(
                    [(name.ljust(width), each.get_short_help_str(room)) for name, each in rows]
                )

    def _listed(self, ctx: Any) -> "Iterator[tuple[str, Any]]":
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                yield name, command


def group(parent: typer.Typer, name: str, said: str, heading: str | None = None) -> typer.Typer:
    """A group of commands below `parent`; `said` is its line in the help."""
    made = typer.Typer(cls=Headed, help=said, rich_markup_mode=None)
    parent.add_typer(made, name=name, rich_help_panel=heading)
    return made
