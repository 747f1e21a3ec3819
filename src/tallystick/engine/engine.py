"""The engine: `execute` is the one door through which account state is written.

Callers that arrive while a batch is being made durable form the next one (group commit): whoever
gets the writer's lock first takes all that wait, folds them, and writes one transaction. There is
no timer, and no answer leaves before its commit is on disk.
"""

import threading
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from ..core import commands
from ..core.account import Account, Performed, perform
from ..core.errors import InvalidRequest, StoreError
from ..core.history import History
from ..core.instants import Instant
from ..core.journal import GENESIS, JournalLine, write
from ..core.quotes import Quote
from ..core.refusals import Refusal
from ..store import Conflict, Store, Wanted, account_key
from . import answers, quoting, results, views
from .clock import Clock, SystemClock
from .fold import Answered, Asked, Fold, ask, facts, wanted
from .platforms import Platforms

MAX_BATCH = 1_000
"""Commands of one transaction."""

MAX_REFOLDS = 8
"""How often a batch is folded again because other processes wrote its accounts first."""

Answer = results.Result | Exception | None


class _Waiting:
    """Commands of one caller, until the batch that answers them is durable."""

    __slots__ = ("answered", "asked", "done", "error")

    def __init__(self, asked: Sequence[Asked | InvalidRequest]):
        self.asked = asked
        self.answered: list[Answered] = []
        self.error: BaseException | None = None
        self.done = False


class Looked(NamedTuple):
    """An account as it stands at `now`, and what a command would do to it."""

    existing: Account | None
    head: bytes
    performed: Performed
    history: History
    now: Instant


class Engine:
    """Commands in, answers out, over one store. Safe to share between threads."""

    def __init__(self, store: Store, clock: Clock | None = None):
        self.store = store
        self.clock = clock or SystemClock()
        self.platforms = Platforms(store)
        self._queue: deque[_Waiting] = deque()
        self._writer = threading.Lock()

    def execute(self, platform: str, asked: Sequence[commands.Command]) -> list[Answer]:
        """The answers of commands, in order, once they are durable.

        A refusal, a key conflict or bad input is that command's answer (an exception, not
        raised) and touches no other command. Raises `StoreError` when nothing could be written.
        """
        (answered,) = self.execute_all([(platform, asked)])
        if isinstance(answered, BaseException):
            raise answered
        return answered

    def execute_all(
        self, groups: Sequence[tuple[str, Sequence[commands.Command]]]
    ) -> list[list[Answer] | BaseException]:
        """The same for several callers at once: for a door that has collected their commands."""
        waiting = [
            _Waiting([self._asked(platform, command) for command in asked])
            for platform, asked in groups
        ]
        self._queue.extend(waiting)
        for each in waiting:
            while not each.done:
                with self._writer:
                    if not each.done:
                        self._commit_waiting()
        return [each.error or self._answers(each) for each in waiting]

    def _answers(self, waiting: _Waiting) -> list[Answer]:
        pairs = zip(waiting.asked, waiting.answered, strict=True)
        return [self._answer(asked, answered) for asked, answered in pairs]

    def _asked(self, platform: str, command: commands.Command) -> Asked | InvalidRequest:
        try:
            return ask(platform, command, self.open_quote)
        except InvalidRequest as error:
            return error

    def open_quote(self, platform: str, token: object) -> Quote:
        return quoting.verify(token, self.platforms.secret(platform))

    def _commit_waiting(self) -> None:
        """Take what waits, up to a full batch, and answer it by one transaction."""
        group: list[_Waiting] = []
        size = 0
        while self._queue and size < MAX_BATCH:
            group.append(self._queue.popleft())
            size += len(group[-1].asked)
        try:
            self._commit(group)
        except Exception as error:  # noqa: BLE001 - each caller is told, in its own thread
            _fail(group, error)
        except BaseException:  # this thread is interrupted; the others only lose their batch
            _fail(group, StoreError("interrupted before it was durable; ask again, same key"))
            raise
        finally:
            for waiting in group:
                waiting.done = True

    def _commit(self, group: list[_Waiting]) -> None:
        asked = [each for waiting in group for each in waiting.asked if isinstance(each, Asked)]
        answered = iter(self._write(asked) if asked else ())
        for waiting in group:
            waiting.answered = [
                next(answered) if isinstance(each, Asked) else each for each in waiting.asked
            ]

    def _write(self, asked: list[Asked]) -> list[Answered]:
        """Load, fold and write one batch; fold again when somebody else was first."""
        rows = wanted(asked)
        for _ in range(MAX_REFOLDS - 1):
            try:
                with self.store.writing():
                    return self._fold(asked, rows)
            except Conflict:
                continue
        with self.store.writing():
            return self._fold(asked, rows)

    def _fold(self, asked: list[Asked], rows: Wanted) -> list[Answered]:
        histories, nows = {}, {}
        for platform in {each.platform for each in asked}:
            histories[platform], nows[platform] = self.platforms.current(platform, self.clock)
        due_until = {each.key: nows[each.platform] for each in asked}
        fold = Fold(self.store.load(rows, due_until), nows, histories)
        answered = [fold.answer(each) for each in asked]
        self.store.write(fold.batch)
        return answered

    def _answer(self, asked: Asked | InvalidRequest, answered: Answered) -> Answer:
        """What the caller sees of it."""
        if isinstance(answered, JournalLine) and isinstance(asked, Asked):
            history = self.platforms.history(asked.platform)
            return answers.answer(asked.command.account, answered, history)
        if isinstance(answered, Refusal):
            return views.refused(answered)
        return answered if isinstance(answered, Exception) else None

    # Reading and trying out: nothing below writes

    def now(self, platform: str) -> Instant:
        """A platform's now: its test clock, or this engine's."""
        with self.store.reading():
            return self.platforms.current(platform, self.clock)[1]

    def look(self, platform: str, account: str, command: commands.Command | None = None) -> Looked:
        """An account as it stands now, after `command` if one is given: the same decision
        without the commit."""
        command = command or commands.Advance(account)
        asked = ask(platform, command, self.open_quote)
        key = account_key(platform, account)
        with self.store.reading():
            history, now = self.platforms.current(platform, self.clock)
            loaded = self.store.load(wanted([asked]), {key: now})
        stored = loaded.accounts.get(key)
        current = stored.account if stored else Account(account)
        due = loaded.due.get(key, ())
        performed = perform(current, command, now, history, facts(asked, loaded), due)
        existing, head = (stored.account, stored.head) if stored else (None, GENESIS)
        return Looked(existing, head, performed, history, max(now, current.at))

    def due_lines(self, platform: str, account: str) -> list[JournalLine]:
        """The lines that have fallen due and that the next command will write, as it will."""
        looked = self.look(platform, account)
        lines: list[JournalLine] = []
        head = looked.head
        for happened in looked.performed.lines:
            lines.append(write(account_key(platform, account), happened, head))
            head = lines[-1].hash
        return lines

    def close(self) -> None:
        self.store.close()


def _fail(group: list[_Waiting], error: BaseException) -> None:
    for waiting in group:
        waiting.error = error
