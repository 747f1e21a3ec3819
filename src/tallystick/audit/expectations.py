"""What a ledger lacks of the head that was expected of it, or has otherwise."""

from collections.abc import Iterator, Mapping

from ..results.verification import Finding
from ..store import Store, split_key
from .heads import AccountHead, Expected, Head, head_of


def differences(
    store: Store, found: Mapping[str, AccountHead], expected: Expected, platform: str
) -> Iterator[Finding]:
    """What a ledger lacks of an expected head, or has otherwise. `platform` is named in what is
    about the database as a whole."""
    head = head_of(found.values())
    if head == expected.head:
        return
    said = list(_of_accounts(store, found, expected.accounts or {}))
    if expected.accounts is None or said:
        yield Finding(
            platform=platform,
            account="",
            seq=None,
            what="head",
            message=_compared(head, expected.head, expected.accounts is not None),
        )
    yield from said


def _compared(head: Head, expected: Head, known: bool) -> str:
    """Two heads that differ, in words."""
    had = f"{_counted(head)} are here, {_counted(expected)} were expected"
    accounts = expected.accounts - head.accounts
    entries = expected.entries - head.entries
    if accounts > 0 or entries > 0:
        missing = " and ".join(_missing(accounts, entries))
        return f"this ledger is older than expected, or not whole: {missing} missing ({had})"
    if known or (accounts, entries) == (0, 0):
        return f"this is another ledger than expected, or it went on differently ({had})"
    return (
        f"this ledger has gone on since, or is another one: {had}. Only the head file tells "
        "whether what was expected is among them"
    )


def _counted(head: Head) -> str:
    return f"{_many(head.accounts, 'account', 'accounts')} with " + _many(
        head.entries, "entry", "entries"
    )


def _missing(accounts: int, entries: int) -> Iterator[str]:
    if accounts > 0:
        yield _many(accounts, "account", "accounts")
    if entries > 0:
        yield _many(entries, "entry", "entries")


def _many(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _of_accounts(
    store: Store, found: Mapping[str, AccountHead], expected: Mapping[str, AccountHead]
) -> Iterator[Finding]:
    for key, wanted in expected.items():
        there = found.get(key)
        message = _lacks(store, there, wanted)
        if message is not None:
            platform, account = split_key(key)
            seq = None if there is None else wanted.seq
            yield Finding(platform=platform, account=account, seq=seq, what="head", message=message)


def _lacks(store: Store, there: AccountHead | None, wanted: AccountHead) -> str | None:
    """What an account lacks of what was expected of it; None where it has that."""
    if there is None:
        entries = _many(wanted.seq, "entry", "entries")
        return f"the account is missing: it was expected with {entries}"
    if there.seq < wanted.seq:
        lacking = _many(wanted.seq - there.seq, "entry", "entries")
        return f"{lacking} missing: it ends at {there.seq}, and was expected to reach {wanted.seq}"
    digest = there.hash if there.seq == wanted.seq else _hash_at(store, wanted)
    if digest is not None and digest != wanted.hash:
        return "it is another entry than the one that was expected"
    return None


def _hash_at(store: Store, wanted: AccountHead) -> bytes | None:
    """The hash of an entry; None where it was archived: `verify` proves those from the archive."""
    with store.reading():
        checkpoint = store.checkpoint(wanted.account)
        if checkpoint is not None and checkpoint.seq >= wanted.seq:
            return checkpoint.head if checkpoint.seq == wanted.seq else None
        entries = store.entries(wanted.account, wanted.seq - 1, 1)
    return entries[0].hash if entries else b""
