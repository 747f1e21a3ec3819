"""A journal written by a worker that never sleeps and one written when somebody asks again are
the same, line for line and byte for byte (`docs/spec.md` 4.2)."""

from hypothesis import given
from hypothesis import strategies as st

from tallystick import commands
from tests.model.schedules import SPANS, Life, Step, steps, worlds
from tests.model.world import World

TABLES = ("accounts", "journal", "holds", "refusals")


@given(world=worlds, life=steps(), extra=st.lists(st.integers(0, 400 * 86_400), max_size=12))
def test_eager_and_lazy_write_the_same_journal(
    world: World, life: tuple[Step, ...], extra: list[int]
):
    ending = (*life, Step(SPANS[-1], "adjust", (1, "the end")))
    lazy = Life(world).live(ending)
    due = {row[2] for row in lazy.table("journal")}
    eager, sometimes = Life(world), Life(world)
    start = eager.clock.now()
    now_and_then = {start + seconds * 1_000_000 for seconds in extra}
    eager.live(ending, at_each=worker(eager, due | now_and_then))
    sometimes.live(ending, at_each=worker(sometimes, now_and_then | set(sorted(due)[::3])))
    for other in (eager, sometimes):
        assert other.answers == lazy.answers
        for table in TABLES:
            assert other.table(table) == lazy.table(table)
    for each in (lazy, eager, sometimes):
        assert each.credits.verify()
        each.close()


def worker(life: Life, instants: set[int]):
    """Brings the account up to date at each of the instants the clock passes."""

    def between(start: int, end: int) -> None:
        for at in sorted(each for each in instants if start <= each <= end):
            life.clock.jump_to(at)
            assert life.credits.execute([commands.Advance(life.account)]) == [None]

    return between


@given(world=worlds, life=steps(), looks=st.lists(st.sampled_from(SPANS[1:]), max_size=4))
def test_reading_shows_what_will_be_written_and_writes_nothing(
    world: World, life: tuple[Step, ...], looks: list[int]
):
    """What falls due shows in `entries` with the very hash it will be written with."""
    lived = Life(world).live(life)
    for wait in looks:
        lived.clock.jump_to(lived.clock.now() + wait)
        before = lived.table("journal")
        shown = lived.credits.entries("acct_1", limit=1_000)
        balance = lived.credits.balance("acct_1")
        assert lived.table("journal") == before
        lived.credits.execute([commands.Advance("acct_1")])
        after = lived.credits.entries("acct_1", limit=1_000)
        assert after == shown
        assert lived.credits.balance("acct_1").sources == balance.sources
        assert [
            row[-1].hex() for row in sorted(lived.table("journal"), key=lambda row: row[1])
        ] == [entry.hash for entry in after]
    lived.close()
