"""An account that a wrong clock took along and that was repaired lives on as one on which the
clock was never wrong, whatever its life (`docs/spec.md` 4.8)."""

import json
from typing import Any
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from tallystick import commands
from tallystick.audit.clock_repair import repair
from tests.model.schedules import DAY, SPANS, Life, Step, steps, worlds
from tests.model.world import World

AHEAD = (2 * DAY, 33 * DAY, 400 * DAY)
BY_NUMBER = ("reverse", "void", "set_expiry", "refund")


def taken_along(life: Life, ahead: int) -> None:
    """The clock goes wrong, the scheduler works by it, the clock is set right, and repaired."""
    life.clock.jump_to(life.clock.now() + ahead)
    assert life.credits.execute([commands.Advance(life.account)]) == [None]
    life.clock.jump_back(ahead)
    with mock.patch(
        "tallystick.audit.clock_repair.AHEAD_MICROS", 0
    ):  # who is an hour ahead can wait
        done = repair(life.credits._transport.engine, [life.credits.platform], preview=False)
    assert done.accounts_left == 0


def standing(life: Life) -> Any:
    """All that an account has, but for names that come from the numbers of lines."""
    balance = json.loads(life.credits.balance(life.account).to_json())
    balance.pop("seq")
    for grant in balance["grants"]:
        grant.pop("grant")
    holds = [(each.credits, each.opened_at, each.expires_at) for each in
             life.credits.holds(life.account)]  # fmt: skip
    return balance, holds, life.credits.account(life.account).members


@given(
    world=worlds,
    life=steps(),
    wrong=st.dictionaries(st.integers(0, 12), st.sampled_from(AHEAD), min_size=1, max_size=3),
)
def test_a_repaired_account_lives_on_as_if_the_clock_had_never_been_wrong(
    world: World, life: tuple[Step, ...], wrong: dict[int, int]
):
    """Only what names an entry by its number is left out of the life: the numbers differ."""
    lived = [step for step in life if step.verb not in BY_NUMBER]
    sound, repaired = Life(world), Life(world)
    for number, step in enumerate([*lived, Step(SPANS[-1], "adjust", (1, "the end"))]):
        for each in (sound, repaired):
            each.live([step])
        if number in wrong:
            taken_along(repaired, wrong[number])
        assert standing(repaired) == standing(sound)
    for each in (sound, repaired):
        assert each.credits.verify()
        each.close()
