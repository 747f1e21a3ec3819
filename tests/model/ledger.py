"""What must hold of any ledger, read off its lines alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from tallystick.core.account import Account, evolve
from tallystick.store import Wanted

ENDS = ("issued", "spent", "expired", "owed")


def stored(store: Any, key: str) -> Any:
    """An account's row as it is on disk."""
    return store.load(Wanted([key])).accounts[key]


def check(account: str, lines: list[Any], row: Any) -> None:
    check_replay(account, lines, row)
    check_each_hold_closes_once(lines)
    check_each_lease_adds_up(lines)
    check_nothing_expired_comes_back(lines)


def check_replay(account: str, lines: list[Any], row: Any) -> None:
    """The journal, played again, is the stored state; time never runs back in it."""
    replayed = Account(account)
    for line in lines:
        assert line.seq == replayed.seq + 1
        assert line.at >= replayed.at
        assert line.balance_before == replayed.available
        replayed = evolve(replayed, line.seq, line.at, line.event)
        assert line.balance_after == replayed.available
        assert all(grant.remaining >= 0 and grant.held >= 0 for grant in replayed.grants)
    assert row.account == replayed
    assert row.head == lines[-1].hash


def check_each_hold_closes_once(lines: list[Any]) -> None:
    closed = Counter(
        line.event.hold for line in lines if type(line.event).__name__ in ("Settled", "Released")
    )
    assert all(times == 1 for times in closed.values())


def check_each_lease_adds_up(lines: list[Any]) -> None:
    """What was leased is drawn, still held, or given back: never drawn beyond its end."""
    left: dict[int, int] = {}
    for line in lines:
        event = line.event
        kind = type(event).__name__
        if kind == "Leased":
            left[line.seq] = event.credits
        elif kind == "Drawn":
            left[event.hold] -= event.credits
            assert left[event.hold] == event.left >= 0
        elif kind == "Released" and event.hold in left:
            assert left.pop(event.hold) == event.credits


def check_nothing_expired_comes_back(lines: list[Any]) -> None:
    """No posting gives anything to a grant at or after its end, nor after it was expired."""
    ends: dict[int, int] = {}
    gone: set[int] = set()
    for line in lines:
        event = line.event
        for name, credits in line.postings:
            source, _, number = name.partition(":")
            if not number or source == "held" or int(number) == line.seq:
                continue
            moved = [each for each in getattr(event, "moved", ()) if each.grant == int(number)]
            moved += [event] if type(event).__name__ == "RolledOver" else []
            if credits > 0 and not moved:
                assert int(number) not in gone
                assert line.at < ends.get(int(number), line.at + 1)
        expires_at = getattr(event, "ends_at", None) or getattr(event, "expires_at", None)
        if expires_at is not None and type(event).__name__ in ("Granted", "CycleStarted"):
            ends[line.seq] = expires_at
        for each in getattr(event, "moved", ()):
            ends[each.grant] = each.expires_at
        if type(event).__name__ == "RolledOver":
            ends[event.grant] = event.expires_at
        if type(event).__name__ == "ExpiryMoved":
            ends[event.grant] = event.expires_at or line.at * 2
        if type(event).__name__ in ("GrantExpired", "Voided"):
            gone.add(event.grant)


def check_conserved(entries: list[Any], available: Any, held: Any, charged: Any) -> None:
    """Every entry sums to zero, and what was issued is available, held, charged or expired."""
    sums: dict[str, Any] = defaultdict(int)
    for entry in entries:
        assert sum(posting.credits for posting in entry.postings) == 0
        for posting in entry.postings:
            kind = posting.account.partition(":")[0]
            sums[kind if kind in (*ENDS, "held", "later") else "grants"] += posting.credits
    assert sums["grants"] == available
    assert sums["held"] == held
    assert sums["spent"] == charged
    there = available + held + sums["later"]
    assert -sums["issued"] == there + sums["spent"] + sums["expired"] + sums["owed"]
    assert sums["later"] >= 0
    assert sums["owed"] <= 0
