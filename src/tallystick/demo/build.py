"""Building the demo: months of the people's work, run by the engine under stored test clocks.

A platform goes from moment to moment: the clock is moved, and everything that people do at that
moment is one batch. Chance is seeded, so the same seed gives the same ledgers, line for line.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from msgspec.structs import replace

from .. import results
from ..client import Tallystick
from ..core.commands import Charge, Command, OpenAccount, PlaceHold, Settle
from ..core.refusals import InsufficientCredits, Refused
from .people import PLATFORMS, Person, Work

FIRST_DAY = datetime(2026, 1, 12, tzinfo=UTC)
"""The day on which the demo begins: a Monday."""

DAYS = 140
SEED = 7
MARK = "tallystick-demo"
"""The request key under which every account of the demo was opened: how a file is recognised."""

_HOURS = ((9, 15), (9, 15), (9, 15), (9, 15), (9, 15), (12,), (10,))
"""The sittings of each day of the week: never more than a day apart."""

_WORKS_AT_THE_WEEKEND = 0.25
_TTL_SECONDS = 86_400
"""Renders are queued at one sitting and closed at the next."""


class Moment(NamedTuple):
    """One sitting of a day; `first` of the day is when turns of life happen."""

    at: datetime
    day: int
    first: bool
    weekend: bool


class Rendering(NamedTuple):
    """A hold that was asked for, and how it will end."""

    order: int
    end: "dict[str, Any] | None"


def build(
    path: Path,
    seed: int = SEED,
    tell: Callable[[int, int], None] | None = None,
    days: int = DAYS,
) -> None:
    """Build the demo database at `path`, where no file is. `tell` is called with (done, of)."""
    every = {platform: list(moments(f"{seed}/{platform}", days)) for platform in PLATFORMS}
    done, of = 0, sum(map(len, every.values()))
    for platform, people in PLATFORMS.items():
        start = FIRST_DAY.replace(hour=8)
        with Tallystick.open(path, platform=platform, test_clock=start) as credits:
            lives = [Life(person, seed) for person in people]
            for moment in every[platform]:
                _live(credits, lives, moment)
                done += 1
                if tell is not None:
                    tell(done, of)


def moments(seed: str, days: int) -> Iterator[Moment]:
    """The sittings of all days, at times that look lived."""
    chance = Random(seed)  # noqa: S311 - it has to be had again
    for day in range(days):
        date = FIRST_DAY + timedelta(days=day)
        hours = _HOURS[date.weekday()]
        for hour in hours:
            at = date + timedelta(hours=hour, seconds=chance.randrange(3_600))
            yield Moment(at, day, hour == hours[0], date.weekday() >= 5)


def _live(credits: Tallystick, lives: "list[Life]", moment: Moment) -> None:
    """Send what all people do at one moment as one batch, and give them the answers."""
    credits.advance_clock(to=moment.at)
    asked = [life.commands(moment) for life in lives]
    answers = credits.execute([command for each in asked for command in each])
    for answer in answers:
        if isinstance(answer, Exception) and not isinstance(answer, Refused):
            raise answer
    start = 0
    for life, commands in zip(lives, asked, strict=True):
        end = start + len(commands)
        life.learn(answers[start:end], moment)
        start = end


class Life:
    """A person's months: what they ask for at each moment, and the holds they have open."""

    def __init__(self, person: Person, seed: int):
        self.person = person
        self._chance = Random(f"{seed}/{person.account}")  # noqa: S311 - as above
        self._arrives = min(person.turns)
        self._jobs = 0
        self._gave_up_on = -1
        self._asked: list[Rendering] = []
        self._open: list[tuple[str, dict[str, Any]]] = []

    def commands(self, moment: Moment) -> list[Command]:
        if moment.day < self._arrives:
            return []
        person = self.person
        asked: list[Command] = []
        if moment.first and moment.day == self._arrives:
            asked.append(
                OpenAccount(person.account, person.name, members=dict(person.members), key=MARK)
            )
        if moment.first:
            turns = person.turns.get(moment.day, ())
            asked += [replace(turn, account=person.account) for turn in turns]
        asked += [Settle(person.account, hold, **end) for hold, end in self._open]
        self._open = []
        self._asked = []
        for _ in range(self._sitting(moment)):
            asked.append(self._job(len(asked)))
        return asked

    def learn(self, answers: list[Any], moment: Moment) -> None:
        """Note which holds are open, to close them at the next sitting. A person who has run out
        of credits gives up for the day."""
        if any(isinstance(answer, InsufficientCredits) for answer in answers):
            self._gave_up_on = moment.day
        for rendering in self._asked:
            held = answers[rendering.order]
            if isinstance(held, results.Hold) and rendering.end is not None:
                self._open.append((held.hold, rendering.end))

    def _sitting(self, moment: Moment) -> int:
        """How many generations this sitting has."""
        rests = moment.weekend and self._chance.random() > _WORKS_AT_THE_WEEKEND
        if rests or self._gave_up_on == moment.day:
            return 0
        return self._chance.randint(0, self.person.pace)

    def _job(self, order: int) -> Command:
        person, chance = self.person, self._chance
        work = chance.choices(person.work, [each.weight for each in person.work])[0]
        params = {name: chance.choice(values) for name, values in work.params.items()}
        self._jobs += 1
        outputs = params.pop("outputs", 1)
        shared = {
            "outputs": outputs,
            "member": chance.choice(list(person.members)) if person.members else None,
            "labels": {"project": chance.choice(person.projects)} if person.projects else {},
            "key": f"job-{self._jobs}",
        }
        if not work.ends:
            return Charge(person.account, work.model, params, **shared)
        self._asked.append(Rendering(order, self._end(work)))
        return PlaceHold(person.account, work.model, params, ttl_seconds=_TTL_SECONDS, **shared)

    def _end(self, work: Work) -> "dict[str, Any] | None":
        end = self._chance.choice(work.ends)
        return None if end is None else dict(end)
