"""The past of an account: its state after any of its entries, and what became of a charge."""

from ..core import limits
from ..core.account import Account, ChargeFacts, evolve
from ..core.caps import Counts
from ..core.checkpoint import beginning
from ..core.errors import DamagedDatabase
from ..core.events import Charged, Drawn, Granted, Settled, SettledLate, Voided
from ..core.grants import Grant, Parts
from ..core.instants import Instant
from ..store import Store, Wanted

_PAGE_ENTRIES = 1_000
_CHARGES = (Charged, Drawn, Settled, SettledLate)


def play(store: Store, key: str, account: Account, last: int) -> Account:
    """An account once its entries up to `last` are played, a page in memory at a time.

    Raises `DamagedDatabase` if one of them is missing.
    """
    while account.seq < last:
        entries = store.entries(key, account.seq, min(_PAGE_ENTRIES, last - account.seq))
        if not entries:
            raise DamagedDatabase(f"entry {account.seq + 1} of {key} is missing: run verify")
        for entry in entries:
            account = evolve(account, entry.seq, entry.at, entry.event)
    return account


def nearest(store: Store, key: str, account_id: str, last: int) -> Account:
    """The newest stored state of an account after an entry up to `last`."""
    start = (store.checkpoint(key) or beginning(account_id)).account
    snapshot = store.snapshot(key, last)
    return snapshot if snapshot is not None and snapshot.seq > start.seq else start


def charge_seq(store: Store, key: str, receipt: object) -> int | None:
    """The seq of the entry that a receipt names by its id (``r12``), or by that of a settled hold
    (``h9``). Raises `InvalidRequest` for a text that is neither."""
    if not (isinstance(receipt, str) and receipt.startswith("h")):
        return limits.serial(receipt, "r", "receipt")
    hold_id = limits.serial(receipt, "h", "receipt")
    hold = store.load(Wanted([], [], holds=[(key, hold_id)])).holds.get((key, hold_id))
    return hold.closed_seq if hold else None


def charge_facts(store: Store, key: str, account_id: str, receipt: object) -> ChargeFacts | None:
    """The charge that a receipt names, with its grants as they are or were last; None where there
    is none. Raises `InvalidRequest` for a text that is not a receipt's id.

    Entries never change, so this is read before the decision and not with it.
    """
    seq = charge_seq(store, key, receipt) or 0
    entries = store.entries(key, seq - 1, 1) if seq else ()
    if not entries or entries[0].seq != seq or not isinstance(entries[0].event, _CHARGES):
        return None
    event = entries[0].event
    parts = taken(event)
    period, counts = _windows(store, key, event)
    stored = store.load(Wanted([key], [])).accounts.get(key)
    if stored is None:
        return None
    grants: dict[int, Grant] = {}
    void: list[int] = []
    for grant_id in {part.grant for part in parts}:
        there = stored.account.grant(grant_id)
        if there is None:
            there = _last_seen(store, key, stored.account, grant_id, seq - 1)
        if _is_void(store, key, grant_id):
            void.append(grant_id)
        if there is not None:
            grants[grant_id] = there
    return ChargeFacts(
        seq=seq,
        event=event,
        parts=parts,
        grants=tuple(grants.values()),
        void=tuple(void),
        cap_period_start=period,
        counts=counts,
    )


def receipt_of(store: Store, key: str, seq: int | None) -> int | None:
    """The entry of the charge that an entry gave back as an adjustment, if it did."""
    entries = store.entries(key, seq - 1, 1) if seq else ()
    found = entries and entries[0].seq == seq and isinstance(entries[0].event, Granted)
    return entries[0].event.receipt if found else None  # type: ignore[attr-defined]


def _is_void(store: Store, key: str, grant_id: int) -> bool:
    """Whether a grant was taken back, be it that all of it was spent by then."""
    found = store.load(Wanted([], [], grants=[(key, grant_id)])).of_grants
    entries = found.get((key, grant_id), ())
    return any(isinstance(each.event, Voided) and each.event.grant == grant_id for each in entries)


def taken(event: Charged | Drawn | Settled | SettledLate) -> Parts:
    """What a charge took of each grant, in the order in which it took them."""
    return event.spent + event.extra if isinstance(event, Settled) else event.parts


def _windows(
    store: Store, key: str, event: Charged | Drawn | Settled | SettledLate
) -> tuple[Instant | None, Counts]:
    """The windows in which a charge is counted: of a draw those of its lease as well."""
    if not isinstance(event, Drawn):
        return event.cap_period_start, event.counts
    lease = store.load(Wanted([], [], holds=[(key, event.hold)])).holds.get((key, event.hold))
    if lease is None:
        return None, event.counts
    return lease.cap_period_start, lease.counts + event.counts


def _last_seen(store: Store, key: str, now: Account, grant_id: int, there: int) -> Grant | None:
    """A grant as it was before it left the account. It was there after the entry `there`, and is
    not there `now`: the entry between is found by halves."""
    gone = now.seq
    while gone - there > 1:
        middle = (there + gone) // 2
        if _state(store, key, now.id, middle).grant(grant_id) is None:
            gone = middle
        else:
            there = middle
    return _state(store, key, now.id, there).grant(grant_id)


def _state(store: Store, key: str, account_id: str, last: int) -> Account:
    return play(store, key, nearest(store, key, account_id, last), last)
