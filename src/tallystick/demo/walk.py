"""The tour: a new customer of Artlist from the first quote to a reset, with real answers only.

Every call is shown as it is made. The customer is new on each tour, so it can be taken again.
"""

import shlex
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from ..client import Tallystick
from ..core.errors import StoreError
from . import pages, place
from .build import DAYS, SEED
from .people import PLATFORMS

DEFAULT = "demo.db"
_WIDTH_OF_A_PIPE = 110
_VIDEO: dict[str, Any] = {"seconds": 8, "resolution": "1080p", "audio": "on"}
_DEAR: dict[str, Any] = {"seconds": 8, "resolution": "1080p"}


def run(argv: Sequence[str]) -> int:
    """Build the demo where its options say, and take the tour; returns the exit code."""
    options = _options(argv)
    console, errors = _console(), _console(stderr=True)
    path = Path(options.db.removeprefix("sqlite:///"))
    try:
        if options.db == ":memory:":
            raise StoreError("the demo is a file, to be looked at afterwards; name it with --db")
        if not place.stands(path) or options.fresh:
            with _progress(errors, f"Living {DAYS} days on three platforms") as tell:
                place.make(path, options.seed, tell)
        elif not options.quiet:
            console.print(Text(f"{path} is there already; --fresh builds it anew", style="dim"))
        return 0 if options.quiet else Tour(console, path).take()
    except StoreError as error:
        errors.print(Text(str(error), style="bold red"))
        return 3
    except KeyboardInterrupt:
        errors.print(Text("Stopped; a database that was not finished is not kept"))
        return 130


def _options(argv: Sequence[str]) -> Namespace:
    parser = ArgumentParser(
        "tallystick.demo", description="Build a demo database and walk through it."
    )
    parser.add_argument("--db", default=DEFAULT, metavar="FILE", help=f"default: {DEFAULT}")
    parser.add_argument("--fresh", action="store_true", help="build it anew if it is there")
    parser.add_argument("--quiet", action="store_true", help="build it and take no tour")
    parser.add_argument(
        "--seed", type=int, default=SEED, help="another seed, other months (default: %(default)s)"
    )
    return parser.parse_args(list(argv))


def _console(stderr: bool = False) -> Console:
    console = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDTH_OF_A_PIPE
    return console


@contextmanager
def _progress(console: Console, what: str) -> Iterator[Any]:
    """A bar while long work goes on, on a terminal: call it with (done, of)."""
    columns = TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


class Tour:
    """The walk through one demo database."""

    def __init__(self, console: Console, path: Path):
        self.console = console
        self.path = path

    def take(self) -> int:
        """All of it; returns 0 when the database verifies."""
        self._people()
        with Tallystick.open(self.path, platform="artlist") as credits:
            self.credits = credits
            self.guest = _new_guest(credits)
            self._arrival()
            token = self._quote()
            self._refusal()
            self._hold(token)
            self._upgrade()
            self._reset()
            self._ledger()
            sound = self._verify()
        self._next()
        return 0 if sound else 1

    # What it does

    def _people(self) -> None:
        self._heading(f"{self.path}: three platforms, their people, and {DAYS} days behind them")
        for platform, people in PLATFORMS.items():
            with Tallystick.open(self.path, platform=platform) as credits:
                rows = []
                for person in people:
                    now = credits.balance(person.account)
                    plan = now.cycle.plan if now.cycle else "none"
                    rows.append((person.account, person.story, plan, pages.amount(now.available)))
                self._show(pages.table((platform, "", "plan", ">available"), rows))

    def _arrival(self) -> None:
        self._heading("A new customer on Artlist, and a busy first week")
        self._call("open_account", self.guest)
        bought = self._call("subscribe", self.guest, "AI Suite Starter", 40_000)
        self._show(Text(bought.explanation))
        made = self._call("charge", self.guest, "Veo 3.1", outputs=9, **_VIDEO)
        self._call("advance_clock", by="9d")
        self._show(
            Text(f"{pages.amount(made.credits)} spent, {pages.amount(made.balance_after)} left")
        )

    def _quote(self) -> str:
        self._heading("A quote: the price before anybody clicks, and it writes nothing")
        made = self._call("quote", "Veo 3.1", account=self.guest, answer="quote", **_VIDEO)
        self._show(pages.quote(made))
        return made.quote

    def _refusal(self) -> None:
        self._heading("A refusal: a code, the facts, and ways out, each with its price")
        made = self._call("quote", "Sora 2 Pro", account=self.guest, answer="dear", **_DEAR)
        self._show(*pages.refusal(made.refusal))

    def _hold(self, token: str) -> None:
        self._heading("A hold reserves the price; settled for less, it gives back the rest")
        held = self._call("hold", self.guest, quote=token)
        closed = self._call("settle", self.guest, held.hold, seconds=6)
        self._show(pages.settlement(closed))
        self._show(pages.receipt(self._call("receipt", self.guest, closed.receipt)))

    def _upgrade(self) -> None:
        self._heading("An upgrade: previewed, then done, by the same code")
        shown = self._call("change_plan", self.guest, package=240_000, preview=True)
        self._show(*pages.plan_change(shown))
        done = self._call("change_plan", self.guest, package=240_000)
        self._show(Text(f"Done, in line {done.seq} of the ledger. What was refused goes now:"))
        made = self._call("charge", self.guest, "Sora 2 Pro", **_DEAR)
        self._show(Text(f"{pages.amount(made.credits)} spent, {pages.burns(made.burns)}"))

    def _reset(self) -> None:
        self._heading("A reset: what is left expires and the next credits come, at one instant")
        before = self._call("balance", self.guest)
        self._show(pages.cycle(before.cycle))
        self._call("advance_clock", to=before.cycle.renews_at.isoformat())
        after = self._call("balance", self.guest)
        self._show(
            pages.by_source(("before", _by_source(before)), ("after", _by_source(after))),
            pages.cycle(after.cycle),
        )

    def _ledger(self) -> None:
        self._heading("The ledger of this account: every line, chained by its hash")
        self._show(pages.ledger(self._call("entries", self.guest)))

    def _verify(self) -> bool:
        self._heading("The proof: every account of all platforms, recomputed from its journal")
        self._shown("verify", (), {"every_platform": True})
        with _progress(self.console, "Verifying") as tell:
            report = self.credits.verify(
                every_platform=True, progress=lambda far: tell(far.accounts, far.of_accounts)
            )
        counted = f"{report.accounts} accounts, {pages.amount(report.lines)} lines"
        if report:
            self._show(Text(f"{counted}: all as it should be", style="green"))
        else:
            self._show(*[Text(str(each), style="bold red") for each in report.problems])
        return report.ok

    def _next(self) -> None:
        self._heading("Try next")
        for why, words in next_commands(self.path, self.guest):
            self.console.print(Text(f"  # {why}", style="dim"))
            typed = f"  {_program()} {shlex.join(words)}"
            self.console.print(Text(typed, style="cyan"), soft_wrap=True)

    # How it is shown

    def _heading(self, text: str) -> None:
        self.console.print()
        self.console.rule(Text(text, style="bold"), align="left", characters="─")

    def _call(self, verb: str, *args: Any, answer: str = "", **kwargs: Any) -> Any:
        """Show a call and make it; `answer` is the name that what it answers is shown under."""
        self._shown(verb, args, kwargs, answer)
        return getattr(self.credits, verb)(*args, **kwargs)

    def _shown(
        self, verb: str, args: Sequence[Any], kwargs: dict[str, Any], answer: str = ""
    ) -> None:
        said = [_said(each) for each in args]
        said += [f"{name}={_said(value)}" for name, value in kwargs.items()]
        named = f"{answer} = " if answer else ""
        text = f">>> {named}credits.{verb}({', '.join(said)})"
        self.console.print(Text(text, style="cyan"))

    def _show(self, *parts: RenderableType) -> None:
        for part in parts:
            self.console.print()
            self.console.print(part)
        self.console.print()


def next_commands(path: Path, guest: str) -> Iterable[tuple[str, Sequence[str]]]:
    """Commands to try on the demo: what for, and the words after ``tallystick``."""
    file = ("--db", str(path))
    artlist, imagineart, videodraft = (("--platform", each, *file) for each in PLATFORMS)
    return (
        ("where every credit of the new customer stands", ["account", "balance", guest, *artlist]),
        ("a team's latest lines", ["account", "entries", "pixelforge", "--newest", *artlist]),
        (
            "no longer subscribed, with Tokens left: what the Free plan still allows",
            ["quote", "imagineart", "Example Video Pro", "--account", "ravi", *file],
        ),
        (
            "what an upgrade would do",
            ["change-plan", "clara", "Visionary", "--preview", *videodraft],
        ),
        ("what a school made, and what its plan waived", ["usage", "academy", *videodraft]),
        (
            "a charge of your own",
            ["charge", "omar", "Example Image", "outputs=2", "--key", "mine-1", *imagineart],
        ),
        ("a month of resets in a moment", ["clock", "advance", "imagineart", "1mo", *file]),
        ("the proof again", ["verify", "--all", *file]),
    )


def _new_guest(credits: Tallystick) -> str:
    taken = set(credits.accounts(limit=1_000))
    number = 1
    while f"guest-{number}" in taken:
        number += 1
    return f"guest-{number}"


def _by_source(balance: Any) -> dict[str, Any]:
    return {each.source: each.available for each in balance.sources}


def _said(value: Any) -> str:
    """An argument as code; a quote's token is long, and names where it came from."""
    return "quote.quote" if str(value).startswith("q_") else repr(value).replace("'", '"')


def _program() -> str:
    """How to call the command line from this folder."""
    beside = Path(sys.executable).with_name("tallystick")
    found = shutil.which("tallystick")
    if found and Path(found).resolve() == beside.resolve():
        return "tallystick"
    if not beside.exists():
        return f"{shlex.quote(sys.executable)} -m tallystick"
    here = Path.cwd()
    return shlex.quote(str(beside.relative_to(here) if beside.is_relative_to(here) else beside))
