"""The tour: a new customer of Artlist from the first quote to a reset, with real answers.

Every call is shown as it is made. Each tour makes a new customer, so it can be taken again.
"""

import shlex
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

from ..client import Tallystick
from . import drawings
from .build import DAYS
from .people import PLATFORMS
from .terminal import progress

_VIDEO: dict[str, Any] = {"seconds": 8, "resolution": "1080p", "audio": "on"}
_DEAR: dict[str, Any] = {"seconds": 8, "resolution": "1080p"}


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
        self._heading(f"{self.path}: three platforms, their people, and {DAYS} days of usage")
        for platform, people in PLATFORMS.items():
            with Tallystick.open(self.path, platform=platform) as credits:
                rows = []
                for person in people:
                    now = credits.balance(person.account)
                    plan = now.cycle.plan if now.cycle else "none"
                    rows.append(
                        (person.account, person.story, plan, drawings.amount(now.available))
                    )
                self._show(drawings.table((platform, "", "plan", ">available"), rows))

    def _arrival(self) -> None:
        self._heading("A new customer on Artlist, and a busy first week")
        self._call("open_account", self.guest)
        bought = self._call("subscribe", self.guest, "AI Suite Starter", 40_000)
        self._show(Text(bought.explanation))
        made = self._call("charge", self.guest, "Veo 3.1", outputs=9, **_VIDEO)
        self._call("advance_clock", by="9d")
        self._show(
            Text(
                f"{drawings.amount(made.credits)} spent, {drawings.amount(made.balance_after)} left"
            )
        )

    def _quote(self) -> str:
        self._heading("A quote shows the price before anyone clicks, and writes nothing")
        made = self._call("quote", "Veo 3.1", account=self.guest, answer="quote", **_VIDEO)
        self._show(drawings.quote(made))
        return made.quote

    def _refusal(self) -> None:
        self._heading("A refusal has a code, facts, and ways out, each with its price")
        made = self._call("quote", "Sora 2 Pro", account=self.guest, answer="dear", **_DEAR)
        self._show(*drawings.refusal(made.refusal))

    def _hold(self, token: str) -> None:
        self._heading("A hold reserves the price. Settled for less, it gives back the rest")
        held = self._call("hold", self.guest, quote=token)
        closed = self._call("settle", self.guest, held.hold, seconds=6)
        self._show(drawings.settlement(closed))
        self._show(drawings.receipt(self._call("receipt", self.guest, closed.receipt)))

    def _upgrade(self) -> None:
        self._heading("An upgrade is previewed and then made by the same code")
        shown = self._call("change_plan", self.guest, package=240_000, preview=True)
        self._show(*drawings.plan_change(shown))
        done = self._call("change_plan", self.guest, package=240_000)
        self._show(
            Text(f"Done, in entry {done.seq} of the ledger. The refused charge is allowed now:")
        )
        made = self._call("charge", self.guest, "Sora 2 Pro", **_DEAR)
        self._show(Text(f"{drawings.amount(made.credits)} spent, {drawings.burns(made.burns)}"))

    def _reset(self) -> None:
        self._heading("A reset: the rest expires and the next credits arrive, at the same instant")
        before = self._call("balance", self.guest)
        self._show(drawings.cycle(before.cycle))
        self._call("advance_clock", to=before.cycle.renews_at.isoformat())
        after = self._call("balance", self.guest)
        self._show(
            drawings.by_source(("before", _by_source(before)), ("after", _by_source(after))),
            drawings.cycle(after.cycle),
        )

    def _ledger(self) -> None:
        self._heading("The ledger of this account: every entry, chained by hashes")
        self._show(drawings.ledger(self._call("entries", self.guest)))

    def _verify(self) -> bool:
        self._heading("The proof: every account of every platform, recomputed from its journal")
        self._shown("verify", (), {"every_platform": True})
        with progress(self.console, "Verifying") as tell:
            report = self.credits.verify(
                every_platform=True, progress=lambda far: tell(far.accounts, far.of_accounts)
            )
        counted = f"{report.accounts} accounts, {drawings.amount(report.lines)} entries"
        if report:
            self._show(Text(f"{counted}: everything is sound", style="green"))
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
        ("the balance of the new customer, by source", ["account", "balance", guest, *artlist]),
        (
            "the latest entries of a team",
            ["account", "entries", "pixelforge", "--newest", *artlist],
        ),
        (
            "a price on the Free plan, for a customer who cancelled with Tokens left",
            ["quote", "imagineart", "Example Video Pro", "--account", "ravi", *file],
        ),
        (
            "the preview of an upgrade",
            ["change-plan", "clara", "Visionary", "--preview", *videodraft],
        ),
        ("the usage of a school, with what its plan waived", ["usage", "academy", *videodraft]),
        (
            "a charge of your own",
            ["charge", "omar", "Example Image", "outputs=2", "--key", "mine-1", *imagineart],
        ),
        ("a month later, with all resets", ["clock", "advance", "imagineart", "1mo", *file]),
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
