"""Pages of a platform's beginning, its clock, and its proof."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..output import FieldList, Next, Page, Paragraph, TextTable, counted, dated, instant, moment

if TYPE_CHECKING:
    from ...results.clock_repair import ClockRepair
    from ...results.verification import Report


def made(made: Mapping[str, Any]) -> Page:
    """A platform that was just added to a database."""
    what = f"{counted(made['models'], 'model')} and {counted(made['plans'], 'plan')}"
    yield Paragraph(f"{made['name']} is in {made['db']}: {what}.", "good")
    if made["test_clock"] is not None:
        yield Paragraph(f"A test platform: its clock stands at {instant(made['test_clock'])}.")
    yield Next(
        [
            ("its prices", ["catalog", "show", made["platform"]]),
            ("an account", ["account", "open", "acct_1"]),
        ]
    )


def clock(clock: Mapping[str, Any]) -> Page:
    if not clock["test"]:
        yield Paragraph(f"{clock['platform']} runs on real time.")
        return
    yield Paragraph(f"The clock of {clock['platform']} stands at {instant(clock['at'])}.")
    yield Next([("move it", ["clock", "advance", clock["platform"], "1mo"])])


def accepted(said: Mapping[str, Any]) -> Page:
    """What confirming the clock came to."""
    if said["now"] is None:
        yield Paragraph("Nothing to accept: nothing was written at real time yet.")
        return
    now = instant(said["now"])
    if not said["accepted"]:
        yield Paragraph(f"Nothing to accept: the newest instant in the database is {now}.")
        return
    yield Paragraph(f"Accepted: {now} is the newest instant in the database now.", "good")
    yield Paragraph(f"Before, it was {instant(said['before'])}.", "quiet")
    yield Next([("what is due now", ["work", "--once"])])


def repaired(done: "ClockRepair") -> Page:
    """What repairing came to, or would."""
    many = counted(done.accounts_repaired, "account")
    entries = counted(done.entries, "entry", "entries")
    if not done.accounts_repaired and not done.accounts_left:
        yield Paragraph(f"No account is ahead of {instant(done.now)}.", "good")
        return
    if done.preview:
        yield Paragraph(f"{many} would be repaired and {entries} set aside; nothing was changed.")
    else:
        yield Paragraph(f"{many} repaired; {entries} set aside.", "good")
    yield from _who_came_back(done)
    yield from _who_was_left(done)
    if done.preview and done.accounts_repaired:
        yield Next([("do it", ["clock", "repair", "--apply"])])
    elif done.accounts_repaired:
        yield Next([("verify it", ["verify", "--all"])])


def _who_came_back(done: "ClockRepair") -> Page:
    if done.repaired:
        yield TextTable(
            (
                "platform",
                "account",
                dated("stood at"),
                ">set aside",
                ">before",
                ">after",
                dated("renews"),
            ),
            [
                (
                    each.platform,
                    each.account,
                    moment(each.stood_at),
                    f"{each.entries:,}",
                    f"{each.available_before:,}",
                    f"{each.available_after:,}",
                    "" if each.renews_at is None else moment(each.renews_at),
                )
                for each in done.repaired
            ],
            drop=("set aside", dated("renews"), "platform", dated("stood at")),
        )


def _who_was_left(done: "ClockRepair") -> Page:
    if done.left:
        yield Paragraph(f"Left as they are: {counted(done.accounts_left, 'account')}.", "bad")
        yield TextTable(
            ("platform", "account", dated("stands at"), ">lapsed", "why"),
            [
                (
                    each.platform,
                    each.account,
                    moment(each.stands_at),
                    f"{each.lapsed:,}",
                    each.why,
                )
                for each in done.left
            ],
            drop=("lapsed", "platform", dated("stands at")),
        )


def report(report: "Report") -> Page:
    accounts = counted(report.accounts, "account")
    platforms = counted(report.platforms, "platform")
    entries = counted(report.lines, "entry", "entries")
    if report.ok:
        if report.accounts:
            yield Paragraph(
                f"Everything agrees with the journal: {accounts} of {platforms}, {entries}.", "good"
            )
            yield FieldList([("head", report.head)])
        else:
            yield Paragraph("This database is empty.")
        yield from _unseen(report)
        yield from _notes(report)
        return
    wrong = counted(len(report.problems), "problem")
    yield Paragraph(f"{wrong} in {accounts} of {platforms}, {entries}.", "bad")
    yield TextTable(
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
        drop=("line", "account"),
    )
    yield from _unseen(report)
    yield from _notes(report)


def _notes(report: "Report") -> Page:
    """The notes of a report."""
    yield from (Paragraph(f"Note: {note}.", "quiet") for note in report.notes)


def _unseen(report: "Report") -> Page:
    """What the proof left out."""
    if report.unseen:
        archived = counted(report.unseen, "archived entry", "archived entries")
        yield Paragraph(f"Not verified: {archived}, for which checkpoints stand.")
        yield Next([("verify them too", ["verify", "--archive", "FOLDER"])])
