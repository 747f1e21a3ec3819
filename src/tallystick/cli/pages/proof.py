"""Pages of a platform's beginning, its clock, and its proof."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..show import Line, Next, Page, Table, counted, instant

if TYPE_CHECKING:
    from ...usage.verify import Report


def made(made: Mapping[str, Any]) -> Page:
    """A platform that was just added to a database."""
    what = f"{counted(made['models'], 'model')} and {counted(made['plans'], 'plan')}"
    yield Line(f"{made['name']} is in {made['db']}: {what}.", "good")
    if made["test_clock"] is not None:
        yield Line(f"A test platform: its clock stands at {instant(made['test_clock'])}.")
    yield Next(
        [
            ("its prices", ["catalog", "show", made["platform"]]),
            ("an account", ["account", "open", "acct_1"]),
        ]
    )


def clock(clock: Mapping[str, Any]) -> Page:
    if not clock["test"]:
        yield Line(f"{clock['platform']} runs on real time.")
        return
    yield Line(f"The clock of {clock['platform']} stands at {instant(clock['at'])}.")
    yield Next([("move it", ["clock", "advance", clock["platform"], "1mo"])])


def report(report: "Report") -> Page:
    accounts = counted(report.accounts, "account")
    platforms = counted(report.platforms, "platform")
    lines = counted(report.lines, "line")
    if report.ok:
        yield Line(f"All is as the journal says: {accounts} of {platforms}, {lines}.", "good")
        yield from _unseen(report)
        return
    wrong = counted(len(report.problems), "problem")
    yield Line(f"{wrong} in {accounts} of {platforms}, {lines}.", "bad")
    yield Table(
        ("platform", "account", ">line", "what is wrong"),
        [
            (
                each.platform,
                each.account,
                "" if each.seq is None else str(each.seq),
                each.message,
            )
            for each in report.problems
        ],
    )
    yield from _unseen(report)


def _unseen(report: "Report") -> Page:
    """What the proof left out."""
    if report.unseen:
        archived = counted(report.unseen, "archived line")
        yield Line(f"Not looked at: {archived}, which their checkpoints stand for.")
        yield Next([("prove them too", ["verify", "--archive", "FOLDER"])])
    for note in report.notes:
        yield Line(f"Not looked at: {note}.")
