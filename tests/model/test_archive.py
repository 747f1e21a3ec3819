"""An account whose old lines were archived, anywhere, goes on as one that has them all."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from tallystick import Refused, commands
from tallystick.audit import archive as archives
from tallystick.core.instants import to_datetime
from tests.model.schedules import DAY, Life, Step, steps, worlds
from tests.model.world import World


@given(
    world=worlds,
    first=steps(),
    then=steps(most=10),
    cuts=st.lists(st.integers(0, 60), min_size=1, max_size=3),
    wait=st.sampled_from([30 * DAY + 1, 90 * DAY]),
)
def test_what_comes_after_an_archive_is_what_would_have_come(
    world: World, first: tuple[Step, ...], then: tuple[Step, ...], cuts: list[int], wait: int
):
    whole, archived = Life(world).live(first), Life(world).live(first)
    with tempfile.TemporaryDirectory() as folder:
        for life in (whole, archived):
            life.clock.jump_to(life.clock.now() + wait)
        for cut in sorted(cuts):
            archive(archived, cut, folder)
        for step in map(without_owing, then):
            assert same_answer(archived.do(step), whole.do(step))
            assert same_views(whole, archived)
        assert reversals(archived) == reversals(whole)
        for table in ("accounts", "holds", "refusals"):
            assert archived.table(table) == whole.table(table)
        every, rest = lines(whole), lines(archived)
        assert rest == every[len(every) - len(rest) :]
        assert archived.credits.verify()
        report = archived.credits.verify(archive=folder)
        assert report, report.problems
        assert (report.lines, report.unseen) == (len(every), 0)
    whole.close()
    archived.close()


def without_owing(step: Step) -> Step:
    """What was spent of a grant is read off the lines (decision 0032), so that of archived ones
    less may be owed: a void after an archive owes nothing here."""
    if step.verb != "void":
        return step
    return step._replace(named=tuple(each for each in step.named if each[0] != "owe"))


def same_answer(archived: bytes, whole: bytes) -> bool:
    """Of an archived line nobody can tell whether it gave a grant: nothing is left of it, so far as
    is known."""
    unknown = whole.startswith(b"('GrantNotFound'") and archived.startswith(b"('NothingLeft'")
    return unknown or archived == whole


def lines(life: Life) -> list[tuple[Any, ...]]:
    return sorted(life.table("journal"), key=lambda row: row[1])


def archive(life: Life, cut: int, folder: str) -> None:
    """Archive what lies before one of the lines that are there."""
    at = [row[2] for row in lines(life)]
    old = [each for each in at if each <= life.clock.now() - 30 * DAY]
    if old:
        before = to_datetime(old[cut % len(old)] + cut % 2)
        engine = life.credits._transport.engine
        archives.archive(engine, [life.credits.platform], before, Path(folder))


def same_views(whole: Life, archived: Life) -> bool:
    """What both are asked beside: balances now, since and to come, entries, members, holds."""
    forward, *entries = archived.credits.entries(archived.account, limit=1_000)
    if forward.kind != "brought_forward":
        entries = [forward, *entries]
    every = whole.credits.entries(whole.account, limit=1_000)
    assert entries == every[len(every) - len(entries) :]
    if forward.kind == "brought_forward":
        last = every[len(every) - len(entries) - 1]
        assert (forward.seq, forward.at, forward.hash) == (last.seq, last.at, last.hash)
        assert forward.balance_after == last.balance_after
    first_seq = entries[0].seq if entries else forward.seq + 1
    usage = [line for line in whole.credits.usage(whole.account) if line.seq >= first_seq]
    assert archived.credits.usage(archived.account) == usage
    now = whole.clock.now()
    for as_of in (None, to_datetime(now), to_datetime(now + 40 * DAY), forward.at):
        said = [life.credits.balance(life.account, as_of=as_of) for life in (whole, archived)]
        assert said[0] == said[1]
    views = [
        json.encode([life.credits.account(life.account), life.credits.holds(life.account)])
        for life in (whole, archived)
    ]
    return views[0] == views[1]


def reversals(life: Life) -> list[Any]:
    """Every entry there ever was, undone if it can be: what that came to."""
    newest = life.credits.entries(life.account, newest=True)[0].seq
    asked = [commands.Reverse(life.account, seq, "why") for seq in range(1, newest + 2)]
    answers = life.credits.execute(asked)
    return [each.code if isinstance(each, Refused) else each for each in answers]
