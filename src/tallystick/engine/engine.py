"""The engine: `execute` is the one door through which account state is written.

Commands of all callers that wait are folded through the core in order and written by one
transaction (`group`). No answer leaves before its commit is on disk.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..core import commands
from ..core.account import Account, Performed, perform
from ..core.errors import InvalidRequest
from ..core.history import History
from ..core.instants import Instant
from ..core.journal import GENESIS, JournalLine, write
from ..core.quotes import Quote
from ..core.refusals import Refusal
from ..store import Conflict, Store, Wanted, account_key
from . import answers, quoting, results, views
from .clock import Clock, SystemClock
from .fold import Answered, Asked, First, Fold, Replayed, ask, facts, wanted
from .group import GroupCommit
from .platforms import Platforms

MAX_REFOLDS = 8
"""How often a batch is folded again because other processes wrote its accounts first."""

Answer = results.Result | Exception | None


class Outcome(NamedTuple):
    """What a command is answered; `replayed` when its key had that answer before."""

    answer: Answer
    replayed: bool = False


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
        self.on_batch: Callable[[int], None] | None = None
        """Told how many commands each transaction carried."""
        self._group = GroupCommit(self._write)

    def execute(self, platform: str, asked: Sequence[commands.Command]) -> list[Answer]:
        """The answers of commands, in order, once they are durable.

        A refusal, a key conflict or bad input is that command's answer (an exception, not
        raised) and touches no other command. Raises `StoreError` when nothing could be written.
        """
        return [each.answer for each in self.carry_out([(platform, each) for each in asked])]

    def carry_out(self, asked: Sequence[tuple[str, commands.Command]]) -> list[Outcome]:
        """The same for commands of several platforms, each said with whether it is a replay."""
        admitted = [self._asked(platform, command) for platform, command in asked]
        sound = [each for each in admitted if isinstance(each, Asked)]
        answered = iter(self._group.answers(sound) if sound else ())
        return [
            self._outcome(each, next(answered)) if isinstance(each, Asked) else Outcome(each)
            for each in admitted
        ]

    def _asked(self, platform: str, command: commands.Command) -> Asked | InvalidRequest:
        try:
            return ask(platform, command, self.open_quote)
        except InvalidRequest as error:
            return error

    def open_quote(self, platform: str, token: object) -> Quote:
        return quoting.verify(token, self.platforms.secret(platform))

    def _write(self, asked: list[Asked]) -> list[Answered]:
        """Load, fold and write one batch; fold again when somebody else was first."""
        rows = wanted(asked)
        if self.on_batch is not None:
            self.on_batch(len(asked))
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

    def _outcome(self, asked: Asked, answered: Answered) -> Outcome:
        if isinstance(answered, Replayed):
            return Outcome(self._answer(asked, answered.first), replayed=True)
        return Outcome(self._answer(asked, answered))

    def _answer(self, asked: Asked, answered: First) -> Answer:
        """What the caller sees of it."""
        if isinstance(answered, JournalLine):
            history = self.platforms.history(asked.platform)
            return answers.answer(asked.command.account, answered, history)
        if isinstance(answered, Refusal):
            return views.refused(answered)
        return answered

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
