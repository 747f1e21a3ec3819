"""The journals beside what the clients know: every difference, in a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.week.log import CURABLE, Asked

KINDS = {
    "charge": ("charged",),
    "hold": ("held",),
    "settle": ("settled",),
    "release": ("released",),
    "extend": ("hold_extended",),
    "top_up": ("granted",),
    "grant": ("granted",),
    "adjust": ("granted", "deducted"),
}
"""The entry that each command leaves."""
SHARED = ("seq", "at", "hold", "receipt", "balance_before", "balance_after")
"""What an answer and its entry both say, where they say it."""


@dataclass
class Journal:
    """An account as a server shows it: entries, balance and open holds of one seq."""

    account: str
    begun: int
    """The seq up to which it was made ready, before the week."""
    entries: list[dict[str, Any]]
    balance: dict[str, Any]
    holds: list[dict[str, Any]]

    def __post_init__(self) -> None:
        self.moved: Counter[str] = Counter()
        for entry in self.entries:
            for posting in entry["postings"]:
                self.moved[posting["account"]] += posting["credits"]

    def held(self) -> int:
        return sum(each for name, each in self.moved.items() if name.startswith("held:"))

    def unclaimed(self) -> int:
        """Free credits of today that nobody needed yet: they are in no entry."""
        grants = self.balance["grants"]
        return sum(each["remaining"] for each in grants if each["grant"] is None)

    def in_grants(self) -> int:
        grants = (name for name in self.moved if ":" in name and not name.startswith("held:"))
        return sum(self.moved[name] for name in grants)


def differences(asked: Iterable[Asked], journals: Mapping[str, Journal]) -> list[str]:
    """Everything that is not as it has to be."""
    of_account: dict[str, list[Asked]] = {name: [] for name in journals}
    for each in asked:
        of_account[each.account].append(each)
    return [
        f"{name}: {said}"
        for name, journal in journals.items()
        for check in (_asked, _ends_in_time, _whole)
        for said in check(of_account[name], journal)
    ]


# What was asked, and nothing else


def _asked(asked: list[Asked], journal: Journal) -> Iterator[str]:
    keyed: dict[str, list[dict[str, Any]]] = {}
    for entry in journal.entries[journal.begun :]:
        if entry["key"] is not None:
            keyed.setdefault(entry["key"], []).append(entry)
    for each in asked:
        yield from _effect(each, keyed.pop(each.key, []))
    for key, entries in keyed.items():
        yield f"nobody asked for {len(entries)} entries under {key}: {entries[0]}"


def _effect(asked: Asked, entries: list[dict[str, Any]]) -> Iterator[str]:
    """One entry where the answer was an effect, none where it was a refusal; but a refusal that was
    cured may have been carried out by a later request, whose reply was lost."""
    answer = asked.answer
    if answer is None:
        yield f"{asked.key} has no answer"
    elif len(entries) == 1 and asked.sent > 1 and answer.document.get("code") in CURABLE:
        return
    elif len(entries) != answer.effect:
        yield f"{asked.key} was answered {answer.status} and stands {len(entries)} times"
    elif answer.effect:
        yield from _numbers(asked, answer.document, entries[0])


def _numbers(asked: Asked, said: dict[str, Any], entry: dict[str, Any]) -> Iterator[str]:
    """The numbers of the answer are those of the entry, and those that the catalog asks for."""
    if entry["kind"] not in KINDS[asked.do]:
        yield f"{asked.key}, a {asked.do}, is a line '{entry['kind']}'"
    for name in SHARED:
        if name in said and entry[name] != said[name]:
            yield f"{asked.key}: {name} was {said[name]} and is {entry[name]}"
    if asked.price is not None and said["credits"] != asked.price:
        yield f"{asked.key} came to {said['credits']} credits instead of {asked.price}"
    if asked.do in ("charge", "settle") and _spent(entry) != said["credits"]:
        yield f"{asked.key}: {said['credits']} credits were said, {_spent(entry)} were spent"
    if said["seq"] <= asked.after:
        yield f"{asked.key} is entry {said['seq']}, though {asked.after} was known before"


def _spent(entry: dict[str, Any]) -> int:
    return sum(each["credits"] for each in entry["postings"] if each["account"] == "spent")


# The journal by itself


def _whole(asked: list[Asked], journal: Journal) -> Iterator[str]:
    """Without a gap, never below nothing, and what it comes to is the balance."""
    before = 0
    for number, entry in enumerate(journal.entries, start=1):
        if entry["seq"] != number or entry["balance_before"] != before:
            yield f"entry {number} does not follow the one before it: {entry}"
        if sum(each["credits"] for each in entry["postings"]):
            yield f"the postings of entry {number} are not even"
        before = entry["balance_after"]
        if before < 0:
            yield f"entry {number} leaves {before} credits"
    moved = journal.moved
    given = -moved["issued"] - moved["spent"] - moved["expired"] - journal.held()
    left = journal.balance["available"] - journal.unclaimed()
    found = (given, journal.in_grants(), before, left)
    if len(set(found)) > 1:
        yield f"issued - spent - expired - held, its grants, its last entry, its balance: {found}"
    if journal.held() != journal.balance["held"]:
        yield f"{journal.held()} credits are held, and the balance says {journal.balance['held']}"
    yield from _holds(journal)


def _holds(journal: Journal) -> Iterator[str]:
    """Each hold closes once, and what nobody asked for had fallen due."""
    closed: set[str] = set()
    opened: set[str] = set()
    for entry in journal.entries:
        if entry["kind"] == "held":
            opened.add(entry["hold"])
        if entry["kind"] in ("settled", "released"):
            if entry["hold"] in closed or entry["hold"] not in opened:
                yield f"{entry['hold']} is closed by entry {entry['seq']}, and was not open"
            closed.add(entry["hold"])
    left = {each["hold"] for each in journal.holds}
    if left != opened - closed:
        yield f"open holds are {sorted(left)}, by the journal {sorted(opened - closed)}"
    for entry in journal.entries[journal.begun :]:
        if entry["key"] is None and not _fell_due(entry):
            yield f"nobody asked for entry {entry['seq']}: {entry}"


def _fell_due(entry: dict[str, Any]) -> bool:
    """A hold's time-out, a grant's end, or the free credits of a day."""
    free = any(each["account"].startswith("free:") for each in entry["postings"])
    return _ends(entry) is not None or (entry["kind"] == "granted" and free)


def _ends(entry: dict[str, Any]) -> str | None:
    """What has ended by itself with this entry: a hold such as ``h12``, a grant such as ``g7``."""
    if entry["kind"] == "released" and "timed out" in entry["text"]:
        return str(entry["hold"])
    if entry["kind"] == "grant_expired":
        grant = next(each["account"] for each in entry["postings"] if ":" in each["account"])
        return "g" + grant.partition(":")[2]
    return None


def _ends_in_time(asked: list[Asked], journal: Journal) -> Iterator[str]:
    """What ended by itself did so at the instant that was last answered for it."""
    told = [each.answer.document for each in asked if each.answer and each.answer.effect]
    until: dict[int, tuple[str, str]] = {
        said["seq"]: (said.get("hold") or said["grant"], said["expires_at"])
        for said in told
        if said.get("expires_at")
    }
    now: dict[str, str] = {}
    for entry in journal.entries[journal.begun :]:
        if entry["seq"] in until:
            name, at = until[entry["seq"]]
            now[name] = at
        ended = _ends(entry)
        if ended in now and now[ended] != entry["at"]:
            yield f"{ended} was to end at {now[ended]}, and did at {entry['at']}"
