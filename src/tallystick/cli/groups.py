"""Groups of commands, and the help that lists them under headings."""

from itertools import groupby
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from collections.abc import Iterator


class Headed(TyperGroup):
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
