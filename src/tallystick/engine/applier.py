"""The applier: commands through the core, one account after the other, into one batch of writes.

Pure but for what it is given: loaded rows, instants, rate cards. The engine loads, applies, writes.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from msgspec import DecodeError, Struct, json, structs

from ..core import commands, holds, limits, refusals, snapshots
from ..core.account import NO_FACTS, Account, ChargeFacts, Facts, perform
from ..core.account.grant_histories import SPENDING
from ..core.errors import InvalidRequest, KeyConflict, TallystickError, as_answer
from ..core.events import Event
from ..core.history import History
from ..core.holds import Hold
from ..core.instants import Instant
from ..core.journal import GENESIS, JournalEntry, write
from ..core.quotes import Quote
from ..core.refusal_facts import ExpiredQuoteFacts
from ..core.refusals import Refusal
from ..store import FIRST_EPOCH, Batch, Loaded, RefusedRow, StoredAccount, Wanted, account_key
from .clock_check import Doubt
from .same_request import means_the_same

_encode_command = json.Encoder(decimal_format="number").encode

GRANTS = (commands.Void, commands.SetExpiry, commands.Adjust)
"""The commands that may name a grant."""
HOLDS = (
    commands.Settle,
    commands.Release,
    commands.Extend,
    commands.Increase,
    commands.Draw,
)
"""The commands that name a hold."""
First = JournalEntry | Refusal | Exception | None
"""What a command came to: its entry, a refusal, an error; None when it asked for nothing."""


class Replayed(Struct, frozen=True, gc=False):
    """What the first command under the same key came to."""

    first: JournalEntry | Refusal


Answered = First | Replayed


class Asked(Struct, frozen=True, gc=False):
    """A command on its way: whose it is, its row key, and what it names."""

    platform: str
    key: str
    command: Any
    request_hash: bytes | None
    hold: int | None
    quote: Quote | None
    entry: int | None
    charge: ChargeFacts | None = None
    grant: int | None = None
    """The grant whose history decides what is owed of it."""


def ask(platform: str, command: Any, open_quote: Callable[[str, Any], Quote]) -> Asked:
    """Check what every command has and find out which rows it names.

    Raises `InvalidRequest`; the core checks the rest when it decides.
    """
    if type(command) not in commands.KINDS:
        raise InvalidRequest(
            f"a command such as Charge(...) is required, not {type(command).__name__}",
            where="command",
        )
    limits.admit(command)
    request_hash = None
    if command.key is not None:  # type: ignore[attr-defined]
        request_hash = fingerprint(command)
    hold = quote = entry = grant = None
    if isinstance(command, commands.Generation):
        if command.quote is not None:
            _only_a_quote(command)
            quote = open_quote(platform, command.quote)
    elif isinstance(command, HOLDS):
        hold = limits.serial(command.hold, "h", "hold")
    elif isinstance(command, commands.Reverse):
        entry = limits.entry_number(command.entry, "entry")
    elif isinstance(command, GRANTS) and command.grant is not None:
        entry = limits.grant_number(command.grant, "grant")
        if isinstance(command, commands.Void) and command.owe is True:
            grant = entry
    key = account_key(platform, command.account)
    return Asked(
        platform=platform,
        key=key,
        command=command,
        request_hash=request_hash,
        hold=hold,
        quote=quote,
        entry=entry,
        grant=grant,
    )


def _only_a_quote(command: commands.Generation) -> None:
    said = (command.model, getattr(command, "tool", None)) != (None, None)
    if said or command.params or command.outputs != 1:
        raise InvalidRequest(
            "a quote says all about the generation: leave model, settings and quantities out",
            where="quote",
        )


def fingerprint(command: Any) -> bytes:
    """The hash by which two requests under one key are told apart.

    Raises `InvalidRequest` for a value that is neither text nor number.
    """
    try:
        params = getattr(command, "params", None)
        if params and "bytes" in params:
            command = _without_bytes(command, params)
        return sha256(_encode_command(command)).digest()[:16]
    except (TypeError, ValueError, RecursionError, DecodeError) as error:
        raise InvalidRequest(
            f"the request holds a value that is neither text nor number: {error}", where="command"
        ) from None


def _without_bytes(command: Any, params: Any) -> Any:
    """The command as it was before a text was counted in bytes too: its characters stand for it,
    so that a key keeps its request."""
    if isinstance(params, dict) and "characters" in params:
        kept = {name: value for name, value in params.items() if name != "bytes"}
        return structs.replace(command, params=kept)
    return command


def wanted(asked: Sequence[Asked]) -> Wanted:
    """The rows these commands need."""
    found = Wanted(
        list(dict.fromkeys([each.key for each in asked])),
        list(dict.fromkeys([each.platform for each in asked])),
    )
    for each in asked:
        if each.request_hash is not None:
            found.keys.append((each.key, each.command.key))
        if each.hold is not None:
            found.holds.append((each.key, each.hold))
        if each.quote is not None:
            found.quotes.append((each.key, each.quote.id))
        if each.entry is not None:
            found.entries.append((each.key, each.entry))
        if each.grant is not None:
            found.grants.append((each.key, each.grant))
    return found


def facts(asked: Asked, loaded: Loaded) -> Facts:
    """The rows a command names, as the core wants them."""
    if asked.hold is None and asked.quote is None and asked.entry is None:
        return NO_FACTS
    if asked.charge is not None:
        refunded = loaded.holds.get((asked.key, asked.charge.seq))
        return Facts(charge=asked.charge, hold=refunded)
    entry = loaded.entries.get((asked.key, asked.entry)) if asked.entry else None
    hold = asked.hold
    if type(asked.command) is commands.Reverse and entry is not None:
        hold = getattr(entry.event, "receipt", None)  # of this batch, or `Engine` knew of it
    return Facts(
        hold=loaded.holds.get((asked.key, hold)) if hold else None,
        quote=asked.quote,
        quote_used=loaded.quotes.get((asked.key, asked.quote.id)) if asked.quote else None,
        entry=entry.event if entry else None,
        of_grant=_of_grant(asked.key, asked.grant, loaded) if asked.grant else (),
    )


def _of_grant(account: str, grant: int, loaded: Loaded) -> tuple[tuple[int, Event], ...]:
    """The entries that took credits of the named grant, those of this batch among them."""
    found = {each.seq: each.event for each in loaded.of_grants.get((account, grant), ())}
    for (key, seq), each in loaded.entries.items():
        if key == account and seq > grant and not isinstance(each.event, SPENDING):
            found[seq] = each.event
    return tuple(sorted(found.items(), key=lambda each: each[0]))


def _from_before(quote: Quote, now: Instant) -> Refusal:
    """The refusal of a quote from another epoch: whether it was spent there is not known here."""
    return Refusal(
        "quote_expired",
        "this quote was made before the ledger was restored, and ended with that; make a new one",
        ExpiredQuoteFacts(min(quote.expires_at, now)),
    )


class Applier:
    """Applies commands in order to what was loaded; later ones see what earlier ones did."""

    def __init__(
        self,
        loaded: Loaded,
        nows: Mapping[str, Instant | Doubt],
        histories: dict[str, History],
        epoch: str = FIRST_EPOCH,
    ):
        self._loaded = loaded
        self._epoch = epoch
        self._nows = nows
        self._histories = histories
        self.batch = Batch(loaded.stamps)

    def answer(self, asked: Asked) -> Answered:
        """What one command comes to. Errors are values here: they concern no other command."""
        try:
            if asked.request_hash is not None:
                replayed = self._replay(asked)
                if replayed is not None:
                    return replayed
            return self._perform(asked)
        except TallystickError as error:
            return as_answer(error)
        except Exception as error:  # noqa: BLE001 - it is this command's and nobody else's
            return error

    def _replay(self, asked: Asked) -> Answered:
        """The first answer of this key, if it has one."""
        known = self._loaded.answered.get((asked.key, asked.command.key))
        if known is None:
            return None
        if known.request_hash != asked.request_hash and not self._means_the_same(asked, known):
            return KeyConflict(asked.command.account, asked.command.key)
        if not isinstance(known, RefusedRow):
            return Replayed(known)
        refusal = refusals.decode(known.refusal)
        return None if refusals.BY_CODE[refusal.code].curable else Replayed(refusal)

    def _means_the_same(self, asked: Asked, known: JournalEntry | RefusedRow) -> bool:
        """Whether the first request under this key is this one, written in another way."""
        if known.request_hash is None:
            return False
        card = self._histories[asked.platform].at(known.at)
        return means_the_same(asked.command, known.request_hash, fingerprint, card)

    def _perform(self, asked: Asked) -> Answered:
        """What the core decides; for a key that was refused curably, whether that still holds."""
        stored = self._loaded.accounts.get(asked.key)
        account = stored.account if stored else Account(asked.command.account)
        now = self._nows[asked.platform]
        if isinstance(now, Doubt):
            raise now.error()
        if asked.quote is not None and asked.quote.epoch != self._epoch:
            return self._refuse(asked, max(now, account.at), _from_before(asked.quote, now))
        performed = perform(
            account,
            asked.command,
            now,
            self._histories[asked.platform],
            facts(asked, self._loaded),
            self._loaded.due.get(asked.key, ()),
        )
        if performed.refusal is not None:
            return self._refuse(asked, max(now, account.at), performed.refusal)
        head = stored.head if stored else GENESIS
        entries: list[JournalEntry] = []
        for index, happened in enumerate(performed.entries):
            if index == performed.answer:
                entry = write(asked.key, happened, head, asked.command.key, asked.request_hash)
            else:
                entry = write(asked.key, happened, head)
            head = entry.hash
            entries.append(entry)
        for entry in entries:
            self._note(asked.key, entry)
        self._loaded.due.pop(asked.key, None)
        self._keep(asked.key, StoredAccount(performed.account, head))
        return None if performed.answer is None else entries[performed.answer]

    def _refuse(self, asked: Asked, at: Instant, refusal: Refusal) -> Refusal | Replayed:
        known = self._loaded.answered.get((asked.key, asked.command.key))
        if isinstance(known, RefusedRow):
            first = refusals.decode(known.refusal)
            return Replayed(first) if first.code == refusal.code else refusal
        # Who has no account is told so for as long as that is so: opening it is the cure.
        if asked.request_hash is not None and asked.key in self._loaded.accounts:
            row = RefusedRow(asked.command.key, at, asked.request_hash, refusals.encode(refusal))
            self.batch.refusals.append((asked.key, row))
            self._loaded.answered[asked.key, row.key] = row
        return refusal

    def _note(self, key: str, entry: JournalEntry) -> None:
        """Put an entry into the batch, and show it to the commands that follow."""
        self.batch.entries.append((key, entry))
        loaded = self._loaded
        if entry.idempotency_key is not None:
            loaded.answered[key, entry.idempotency_key] = entry
        if entry.quote is not None:
            loaded.quotes[key, entry.quote] = entry.seq
        loaded.entries[key, entry.seq] = entry
        if holds.concerned(entry.event):
            hold = self._hold_after(key, entry)
            loaded.holds[key, hold.id] = hold
            self.batch.holds[key, hold.id] = hold

    def _hold_after(self, key: str, entry: JournalEntry) -> Hold:
        named = holds.named_by(entry.event)
        hold = None
        if named is not None:
            hold = self._loaded.holds.get((key, named)) or self._due_hold(key, named)
        return holds.evolve(hold, entry.seq, entry.at, entry.event)

    def _due_hold(self, key: str, hold_id: int) -> Hold | None:
        due = self._loaded.due.get(key, ())
        return next((hold for hold in due if hold.id == hold_id), None)

    def _keep(self, key: str, stored: StoredAccount) -> None:
        before, seq = self._loaded.accounts.get(key), stored.account.seq
        since = 0 if before is None else before.account.seq
        if seq == since:
            return  # nothing happened
        if snapshots.passed(since, seq):
            self.batch.snapshots.append((key, stored.account))
        self._loaded.accounts[key] = self.batch.accounts[key] = stored
