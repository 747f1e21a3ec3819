"""What waits to be written, and what of it the next batch carries: whoever asks has a turn.

As long as one asks, a batch takes all that waits, up to `MAX_BATCH`. Since another one asked not
long ago, batches are short and filled in turns, a slice of each: so who asks once waits for a
short batch or two, however much another one has asked, and a long list is written in slices.
After a batch with a whole slice, slices rest for as long as it took: so half of the time nothing is
being written that somebody who asks once would have to wait for.
"""

import asyncio
from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from ..core.commands import Command
from ..core.errors import StoreError
from ..engine import Outcome
from ..engine.group import MAX_BATCH

Asked: TypeAlias = Sequence[tuple[str, Command]]
Outcomes: TypeAlias = list[Outcome]

SHORT_COMMANDS = 64
"""Commands after which a batch of several takes no further slice."""
SLICE_COMMANDS = 32
"""The most commands of one asker that a batch of several takes at a turn."""
LONGEST_REST_SECONDS = 0.1
"""Seconds of a rest at most: a batch that took longer waited for the disk."""
SHARED_FOR_BATCHES = 100
"""Batches that stay short after somebody else has asked."""


class WaitingTask:
    """What one task waits for."""

    __slots__ = ("asked", "future", "outcomes", "taken", "whole")

    def __init__(self, asked: Asked, future: "asyncio.Future[Outcomes]", whole: bool = False):
        self.asked = asked
        self.future = future
        self.whole = whole
        """Whether all of it is to be written in one transaction, or none: no slice is cut of it."""
        self.outcomes: Outcomes = []
        """Of those that were written so far."""
        self.taken = 0

    @property
    def left(self) -> int:
        return len(self.asked) - self.taken

    def told(self, error: BaseException) -> Outcomes | BaseException:
        """What it comes to when no more of it could be written: the error, for each command that
        was not; raised when none was."""
        if not self.outcomes or not isinstance(error, StoreError):
            return error
        missing = len(self.asked) - len(self.outcomes)
        return [*self.outcomes, *[Outcome(error)] * missing]


class Piece(NamedTuple):
    """What a batch carries of it: all, or a slice."""

    waiting: WaitingTask
    asked: Asked


def runs(group: Sequence[Piece]) -> Iterator[tuple[bool, Asked]]:
    """What of a batch is written together, in order: what is all or nothing by itself (True)."""
    together: list[tuple[str, Command]] = []
    for piece in group:
        if not piece.waiting.whole:
            together += piece.asked
            continue
        if together:
            yield False, together
            together = []
        yield True, piece.asked
    if together:
        yield False, together


class _Line:
    """What one asker has waiting, in order."""

    __slots__ = ("commands", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[WaitingTask] = deque()
        self.commands = 0

    def take_all(self) -> list[Piece]:
        """All that waits."""
        first, *others = self.waiting
        group = [Piece(first, first.asked[first.taken :] if first.taken else first.asked)]
        group += [Piece(each, each.asked) for each in others]
        for each in self.waiting:
            each.taken = len(each.asked)
        return group

    def take(self, most: int, cut: bool) -> Iterator[Piece]:
        """The next so many commands; without `cut` a list stays whole, and may go beyond. So does
        one that is all or nothing."""
        size = 0
        while self.waiting and size < most:
            first = self.waiting[0]
            fits = not cut or first.whole or size + len(first.asked) <= most
            if first.taken == 0 and fits:
                piece = Piece(first, first.asked)
            else:
                end = first.taken + most - size if cut else None
                piece = Piece(first, first.asked[first.taken : end])
            first.taken += len(piece.asked)
            if not first.left:
                self.waiting.popleft()
            size += len(piece.asked)
            yield piece
        self.commands -= size


class Queue:
    """What waits to be written together, and whether a batch of it is being written."""

    def __init__(self) -> None:
        self.commands = 0
        self.writing = False
        self.resting = False
        """Whether its writer waits for work that is not a slice, or for the end of the rest."""
        self.handing_over: set[asyncio.AbstractEventLoop] = set()
        """The event loops that will soon see whether something is to be written."""
        self._lines: dict[Hashable, _Line] = {}
        """By who asks; whose turn is next is the first."""
        self._latest: Hashable = None
        self._short_batches = 0
        self._sliced = False
        """Whether the batch that is being written has a whole slice of somebody."""
        self._rests_until = 0.0
        """The instant up to which only those are written who have less than a slice waiting."""

    def __bool__(self) -> bool:
        return bool(self._lines)

    def __iter__(self) -> Iterator[WaitingTask]:
        return (each for line in self._lines.values() for each in line.waiting)

    def put(self, waiting: WaitingTask, whose: Hashable = None) -> None:
        lines, commands = self._lines, len(waiting.asked)
        line = lines.get(whose)
        if line is None:
            line = lines[whose] = _Line()
        line.waiting.append(waiting)
        line.commands += commands
        self.commands += commands
        if whose != self._latest or len(lines) > 1:
            if self._latest is not None or len(lines) > 1:
                self._short_batches = SHARED_FOR_BATCHES
            self._latest = whose

    def waiting_of(self, whose: Hashable) -> int:
        """Commands of one asker."""
        line = self._lines.get(whose)
        return line.commands if line is not None else 0

    def waiting_of_each(self) -> dict[Hashable, int]:
        return {whose: line.commands for whose, line in self._lines.items()}

    @property
    def _shared(self) -> bool:
        return self._short_batches > 0 or len(self._lines) > 1

    def pause(self, now: float) -> float:
        """Seconds until the next batch may begin: none unless all that waits is slices, which
        are resting."""
        if now >= self._rests_until or not self._shared or any(self._small()):
            return 0.0
        return self._rests_until - now if self._lines else 0.0

    def _small(self) -> Iterator[Hashable]:
        return (whose for whose, line in self._lines.items() if line.commands < SLICE_COMMANDS)

    def next_group(self, now: float) -> list[Piece]:
        """What the next batch carries."""
        shared = self._shared
        self._short_batches = max(0, self._short_batches - 1)
        self._sliced = False
        if not shared:
            if self.commands <= MAX_BATCH and self._lines:
                return self._take_alone()
            return self._take([*self._lines], MAX_BATCH, MAX_BATCH)
        return self._take(
            [*(self._small() if now < self._rests_until else self._lines)], SHORT_COMMANDS
        )

    def _take_alone(self) -> list[Piece]:
        """All that waits: it is one asker's, and not too much for a batch."""
        _, line = self._lines.popitem()
        self._sliced = self.commands >= SLICE_COMMANDS
        self.commands = 0
        return line.take_all()

    def _take(
        self, whose_turns: Sequence[Hashable], most: int, at_a_turn: int = SLICE_COMMANDS
    ) -> list[Piece]:
        group: list[Piece] = []
        size = 0
        for whose in whose_turns:
            if size >= most:
                break
            line = self._lines.pop(whose)
            before = line.commands
            group += line.take(at_a_turn, cut=at_a_turn == SLICE_COMMANDS)
            taken = before - line.commands
            self._sliced = self._sliced or taken >= SLICE_COMMANDS
            size += taken
            if line.waiting:
                self._lines[whose] = line
        self.commands -= size
        return group

    def rest(self, now: float, seconds: float) -> None:
        """The batch was written, which took so long."""
        if self._sliced:
            self._rests_until = now + min(seconds, LONGEST_REST_SECONDS)

    def give_up(self, group: list[Piece]) -> None:
        """A batch could not be written: the rest of what it carried in part is not tried."""
        for whose, line in [*self._lines.items()]:
            first = line.waiting[0]
            if any(piece.waiting is first for piece in group):
                line.waiting.popleft()
                line.commands -= first.left
                self.commands -= first.left
                if not line.waiting:
                    del self._lines[whose]
