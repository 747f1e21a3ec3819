"""The engine: `execute` is the one door through which account state is written.

Commands of all callers that wait are applied by the core in order and written by one
transaction (`group`). No answer leaves before its commit is on disk.
"""

import random
import time
from collections.abc import Callable, Sequence
from itertools import chain
from typing import NamedTuple

from msgspec.structs import replace

from .. import results
from ..core import commands, quotes
from ..core.account import Account, Performed, perform
from ..core.errors import InvalidRequest, StoreError, all_or_nothing, as_answer, unwritten
from ..core.history import History
from ..core.instants import Clock, Instant, to_datetime
from ..core.journal import GENESIS, JournalEntry, write
from ..core.quotes import Quote
from ..core.refusal_facts import ClosedHoldFacts
from ..core.refusals import Refusal
from ..store import Conflict, EpochRow, Store, Unwritten, Wanted, account_key, remarks
from . import answers, past, views
from .applier import Answered, Applier, Asked, Replayed, ask, facts, wanted
from .clock import SystemClock
from .clock_check import Accepted, ClockCheck, ClockLimits, ClockStanding, Doubt
from .parts import cut
from .platforms import Platforms
from .precheck import Precheck
from .queues import Queues

MAX_CONFLICT_RETRIES = 8
"""How often commands are applied at most while other processes write their accounts first."""

SEVERAL_ACCOUNTS = "a batch that is all or nothing is for one account: send one for each account"

_LOOKED_UP = frozenset({commands.Refund, commands.Adjust, commands.Reverse})
"""The commands about a charge of the past: it is read before they are decided."""

_PAUSE_SECONDS = 0.01
_chance = random.SystemRandom()

Answer = results.Result | Exception | None


class Outcome(NamedTuple):
    """What a command is answered; `replayed` when its key had that answer before."""

    answer: Answer
    replayed: bool = False


class Looked(NamedTuple):
    """An account as it stands at `now`, and what a command would do to it; `doubt` says why
    nothing would be written at that instant. `key` is the key of its rows, `head` the hash of its
    last entry that is written."""

    key: str
    existing: Account | None
    head: bytes
    performed: Performed
    history: History
    now: Instant
    doubt: Doubt | None = None

    @property
    def seq(self) -> int:
        """The seq of the account's last entry, with those that have fallen due by `now`."""
        return self.performed.account.seq

    def due_entries(self) -> list[JournalEntry]:
        """The entries that have fallen due by `now`, as the next command will write them."""
        entries: list[JournalEntry] = []
        head = self.head
        for decided in self.performed.entries:
            entries.append(write(self.key, decided, head))
            head = entries[-1].hash
        return entries


class Engine:
    """Commands in, answers out, over one store. Safe to share between threads.

    The machine's clock is checked against the database, within `limits`; one that is handed in
    is trusted.
    """

    def __init__(self, store: Store, clock: Clock | None = None, limits: ClockLimits | None = None):
        self.store = store
        self.clock = clock or SystemClock()
        self.clock_check = ClockCheck(
            store, self.clock, limits or ClockLimits(), exempt=clock is not None
        )
        self.platforms = Platforms(store, self.clock_check)
        self._precheck = Precheck(store, self.platforms, self.clock)
        self.on_batch: Callable[[int], None] | None = None
        """Told how many commands each transaction carried."""
        self._queues = Queues(store.queues, store.queue_of, self._write)

    def execute(self, platform: str, asked: Sequence[commands.Command]) -> list[Answer]:
        """The answers of commands, in order, once they are durable.

        A refusal, a key conflict or bad input is that command's answer (an exception, not
        raised) and touches no other command. Raises `StoreError` when nothing could be written.
        """
        return [each.answer for each in self.carry_out([(platform, each) for each in asked])]

    def carry_out(self, asked: Sequence[tuple[str, commands.Command]]) -> list[Outcome]:
        """The same for commands of several platforms, each said with whether it is a replay."""
        admitted = self._admitted(asked)
        sound = [each for each in admitted if isinstance(each, Asked)]
        answered = iter(self._queues.answers(sound) if sound else ())
        return [
            self._outcome(each, next(answered))
            if isinstance(each, Asked)
            else Outcome(_worded(each))
            for each in admitted
        ]

    def carry_out_whole(self, platform: str, asked: Sequence[commands.Command]) -> list[Outcome]:
        """What commands of one account come to, all of them written in one transaction or none:
        see `all_or_nothing`. Each is answered the `StoreError` where they could not be written, or
        where nobody knows. Raises `InvalidRequest` for several accounts, and `StoreError`."""
        check_one_account(asked)
        admitted = self._admitted([(platform, each) for each in asked])
        sound = [each for each in admitted if isinstance(each, Asked)]
        if not sound or len(sound) < len(admitted):
            errors = [None if isinstance(each, Asked) else _worded(each) for each in admitted]
            return [Outcome(each) for each in all_or_nothing(errors)]
        answered = self._write_whole(sound)
        if isinstance(answered, StoreError):
            return [Outcome(answered)] * len(sound)
        failed = next((at for at, each in enumerate(answered) if _has_failed(each)), None)
        if failed is None:
            return [self._outcome(*each) for each in zip(sound, answered, strict=True)]
        own = self._outcome(sound[failed], answered[failed])
        return [own if at == failed else Outcome(unwritten(failed)) for at in range(len(answered))]

    def _write_whole(self, asked: list[Asked]) -> list[Answered] | StoreError:
        """Load, apply and write commands of one account, once more while others write it first.
        The error where all of it is unknown, as some have no key that makes repeating safe."""
        if self.on_batch is not None:
            self.on_batch(len(asked))
        for lost in range(MAX_CONFLICT_RETRIES):
            time.sleep(_PAUSE_SECONDS * lost * _chance.random())
            answered, left = self._attempt(asked, alone=lost > 1, whole=True)
            unknown = [each for each in answered if isinstance(each, StoreError)]
            if unknown:
                return unknown[0]
            if not left:
                return answered
        return Conflict(f"others wrote {asked[0].key} first, {MAX_CONFLICT_RETRIES} times")

    def queue_of(self, platform: str, command: commands.Command) -> int:
        """The queue of a command that nothing is known of yet; a faulty one is in the first."""
        account = getattr(command, "account", None)
        if self.store.queues == 1 or not isinstance(account, str):
            return 0
        return self.store.queue_of(account_key(platform, account))

    def _asked(self, platform: str, command: commands.Command) -> Asked | InvalidRequest:
        try:
            asked = ask(platform, command, self.open_quote)
            return asked if type(command) not in _LOOKED_UP else self._looked_up(asked)
        except InvalidRequest as error:
            return as_answer(error)

    def _looked_up(self, asked: Asked) -> Asked:
        """What gives a charge back, with the charge that it names; and what undoes that."""
        command = asked.command
        if isinstance(command, commands.Reverse):
            with self.store.looking_up():
                return replace(asked, hold=past.receipt_of(self.store, asked.key, asked.entry))
        if command.receipt is None and isinstance(command, commands.Adjust):
            return asked
        with self.store.looking_up():
            charge = past.charge_facts(self.store, asked.key, command.account, command.receipt)
        return replace(asked, charge=charge, hold=charge.seq if charge else None)

    def _admitted(
        self, asked: Sequence[tuple[str, commands.Command]]
    ) -> list[Asked | InvalidRequest]:
        """The commands that may be sound, and what is wrong with the others."""
        admitted = [self._asked(platform, command) for platform, command in asked]
        for at, error in self._precheck.refused(admitted).items():
            admitted[at] = error
        return admitted

    def open_quote(self, platform: str, token: object) -> Quote:
        return quotes.verify(token, self.platforms.secret(platform))

    def _write(self, asked: list[Asked]) -> list[Answered]:
        """Load, apply and write one batch. The accounts that others wrote first are applied again
        on what those wrote; all others are written and keep their answers."""
        if self.on_batch is not None:
            self.on_batch(len(asked))
        answered, left = self._attempt(asked)
        for lost in range(1, MAX_CONFLICT_RETRIES):
            if not left:
                return answered
            time.sleep(_PAUSE_SECONDS * (lost - 1) * _chance.random())
            said, still_left = self._attempt([asked[at] for at in left], alone=lost > 1)
            for at, answer in zip(left, said, strict=True):
                answered[at] = answer
            left = [left[at] for at in still_left]
        for at in left:
            answered[at] = Conflict(
                f"others wrote {asked[at].key} first, {MAX_CONFLICT_RETRIES} times"
            )
        return answered

    def _attempt(
        self, asked: list[Asked], alone: bool = False, whole: bool = False
    ) -> tuple[list[Answered], list[int]]:
        """What commands come to, and the places of those that are to be applied again; `alone`
        makes everybody else wait, for whoever has lost before. Of a `whole` nothing is written if
        one of them fails."""
        nows: dict[str, Instant | Doubt] = {}
        histories: dict[str, History] = {}
        answered: list[Answered] = [None] * len(asked)
        first, *others = cut(asked, self.store.parts)
        with self.store.deciding(sorted({each.key for each in asked}) if alone else ()) as decision:
            now = self.clock.now()
            loaded = decision.load(first.wanted, now)
            doubt = self.clock_check.of_batch(loaded, now)
            for platform in first.wanted.platforms:
                row = loaded.platforms.get(platform)
                histories[platform], nows[platform] = self.platforms.of(platform, row, now)
                if doubt is not None and row is not None and row.clock_at is None:
                    nows[platform] = doubt
            ahead = decision.load_ahead([part.wanted for part in others], now)
            for part, found in zip((first, *others), chain((loaded,), ahead), strict=True):
                applier = Applier(found, nows, histories, self.platforms.epoch)
                for at in part.places:
                    answered[at] = applier.answer(asked[at])
                if not (whole and any(map(_has_failed, answered))):
                    decision.write(applier.batch)
            lost = decision.written()
        if lost.conflicted or lost.unknown:
            return _unanswered(asked, answered, lost)
        return answered, []

    def _outcome(self, asked: Asked, answered: Answered) -> Outcome:
        """What the caller sees of what a command came to."""
        replayed = isinstance(answered, Replayed)
        first = answered.first if isinstance(answered, Replayed) else answered
        if isinstance(first, JournalEntry):
            history = self.platforms.histories[asked.platform]
            answer = answers.answer(asked.command.account, first, history)
            if replayed and isinstance(answer, results.Hold):
                try:
                    answer = self._standing(asked.platform, answer)
                except StoreError as error:
                    return Outcome(as_answer(error))
            return Outcome(results.stamped(answer, self.platforms.epoch), replayed)
        if isinstance(first, Refusal):
            return Outcome(views.refused(first), replayed)
        return Outcome(_worded(first), replayed)

    # Reading and trying out: nothing below writes

    def _standing(self, platform: str, hold: results.Hold) -> results.Hold:
        """A hold that is answered again, as it stands now: what closing it would be told."""
        with self.store.looking_up():
            closing = self.look(platform, hold.account, commands.Release(hold.account, hold.hold))
        refusal = closing.performed.refusal
        if refusal is None or not isinstance(refusal.facts, ClosedHoldFacts):
            return hold
        closed_at = to_datetime(refusal.facts.closed_at)
        return replace(hold, status=refusal.facts.how, closed_at=closed_at)

    def now(self, platform: str) -> Instant:
        """A platform's now: its test clock, or this engine's."""
        with self.store.reading():
            return self.platforms.current(platform, self.clock)[1]

    def offers(self, platform: str) -> tuple[History, Instant, Doubt | None]:
        """A platform's catalogs and its now, and why nothing is promised at that instant."""
        now = self.clock.now()
        with self.store.reading():
            loaded = self.store.load(Wanted([], [platform]))
            doubt = self.clock_check.of_reading(loaded, now)
            history, now = self.platforms.of(platform, loaded.platforms.get(platform), now)
        return history, now, doubt

    def look(self, platform: str, account: str, command: commands.Command | None = None) -> Looked:
        """An account as it stands now, after `command` if one is given: the same decision
        without the commit."""
        command = command or commands.Advance(account)
        asked = ask(platform, command, self.open_quote)
        key = account_key(platform, account)
        now = self.clock.now()
        with self.store.reading():
            loaded = self.store.load(wanted([asked]), now)
            doubt = self.clock_check.of_reading(loaded, now)
            history, now = self.platforms.of(platform, loaded.platforms.get(platform), now)
        stored = loaded.accounts.get(key)
        current = stored.account if stored else Account(account)
        due = loaded.due.get(key, ())
        performed = perform(current, command, now, history, facts(asked, loaded), due)
        existing, head = (stored.account, stored.head) if stored else (None, GENESIS)
        return Looked(
            key=key,
            existing=existing,
            head=head,
            performed=performed,
            history=history,
            now=max(now, current.at),
            doubt=doubt,
        )

    def check(self) -> None:
        """Raise `StoreError` when the database cannot be used any more."""
        self.store.check()
        with self.store.looking_up():
            self.store.platforms()

    def clock_standing(self) -> ClockStanding:
        """How the machine's clock stands; it is in doubt only where a platform lives by it."""
        with self.store.looking_up():
            standing = self.clock_check.standing()
            if standing.doubt is not None and not self.platforms.on_real_time():
                return ClockStanding(standing.now)
        return standing

    def trusted_now(self) -> Instant:
        """The machine's now, unless it is in doubt; see `ClockCheck.trusted`."""
        with self.store.looking_up():
            return self.clock_check.trusted()

    def accept_clock(self) -> Accepted:
        """Confirm the machine's clock, once; see `ClockCheck.accept`."""
        return self.clock_check.accept()

    def epochs(self) -> list[EpochRow]:
        """The epochs of the ledger, the one in force last."""
        with self.store.looking_up():
            return self.store.epochs()

    def notes(self) -> tuple[str, ...]:
        """Notes about the epoch that is in force."""
        return remarks(self.epochs()[-1:], self.store.unwatched())

    def close(self) -> None:
        self._queues.close()
        self.store.close()


def check_one_account(asked: Sequence[commands.Command]) -> None:
    """Raise `InvalidRequest` unless commands that are all or nothing are for one account."""
    if len({each.account for each in asked if isinstance(each, commands.Command)}) > 1:
        raise InvalidRequest(SEVERAL_ACCOUNTS, where="commands")


def _has_failed(answered: Answered) -> bool:
    first = answered.first if isinstance(answered, Replayed) else answered
    return isinstance(first, (Refusal, Exception))


def _worded(answer: Answer) -> Answer:
    """The answer, its words found: behind the write lock, and not on the caller's event loop."""
    if isinstance(answer, InvalidRequest):
        _ = answer.words
    return answer


def _unanswered(
    asked: list[Asked], answered: list[Answered], lost: Unwritten
) -> tuple[list[Answered], list[int]]:
    """The answers that stand, and the places of the commands that are to be applied again.

    A command of which it is not known whether it was written is asked again only if a key makes
    that safe: if it was written, the key gives its first answer.
    """
    left = []
    for at, each in enumerate(asked):
        if each.key in lost.conflicted:
            left.append(at)
        elif each.key in lost.unknown:
            if each.request_hash is None and isinstance(answered[at], JournalEntry):
                answered[at] = StoreError(
                    "the connection was lost while this was being written, and it is not known "
                    "whether it was: look at the account's entries (a key makes repeating safe)",
                    public="it is not known whether this was written: look at the account's "
                    "entries (a key makes repeating safe)",
                )
            else:
                left.append(at)
    return answered, left
