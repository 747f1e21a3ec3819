"""Stories: tests of the core as tables, one step a line, what is there afterwards at its end.

    2026-01-31 10:00  subscribe basic 1000 monthly    -> free 100, subscription 1000
                      charge Picture images=2         -> 48; free 52, subscription 1000
    +1d               charge Picture images=99        -> no insufficient_credits shortfall=1276

A step has an instant (UTC; ``+1d`` after the last one; none: the same), a command, and its answer:
what is spendable by source (and `held`), before it the credits of the command where it has any; or
``no`` with the code of a refusal and some of its facts; or ``invalid`` with words of the message.
Everything runs through the pure core; every entry that is written is checked (`check_entry`).
"""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import asdict

from tallystick.catalogs import load_text
from tallystick.core import commands, durations, events, holds, instants, limits, postings
from tallystick.core.account import (
    Account,
    ChargeFacts,
    DecidedEntry,
    Facts,
    Performed,
    by_source,
    perform,
    with_free,
)
from tallystick.core.catalog import Catalog, Published
from tallystick.core.credits import show
from tallystick.core.errors import InvalidRequest
from tallystick.core.grants import Grant
from tallystick.core.history import History
from tallystick.core.holds import Hold
from tallystick.core.pricing import Request
from tallystick.core.quotes import Quote
from tests.core.story_commands import COMMANDS, params

TOY = """\
platform: toy
name: Toy
time_zone: UTC
tools:
  - {id: image, name: Image}
  - {id: video, name: Video}
  - {id: voice, name: Voice}
  - {id: agent, name: Agent}
models:
  - {name: Picture, tool: image, rates: [{credits: 24, per: image}]}
  - {name: Portrait, tool: image, pro: true, rates: [{credits: 48, per: image}]}
  - name: Clip
    tool: video
    settings: {audio: [off, on]}
    rates:
      - {when: {audio: off}, credits: 10, per: second}
      - {when: {audio: on}, credits: 20, per: second}
  - {name: Voice, tool: voice, rates: [{credits: 1, per: 5 characters}]}
  - {name: Advice, tool: agent, rates: [{credits: 5..10, per: consultation}]}
plans:
  - {id: free, name: Free, tools: [image, voice], pro_models: false}
  - id: basic
    name: Basic
    intervals: [monthly, quarterly, yearly]
    packages: [{credits: 1000}, {credits: 4000}]
  - id: max
    name: Max
    intervals: [monthly, quarterly, yearly]
    unlimited: [voice]
    packages: [{credits: 4000}, {credits: 24000}]
default_plan: free
free_credits: [{credits: 100, every: day}]
top_ups: {requires_subscription: true, bundles: [{credits: 500}, {credits: 2000}]}
upgrades:
  - {from: monthly, to: monthly, credits: add_full_keep_leftover}
  - {from: yearly, to: yearly, credits: deduct_used, restart_cycle: false}
  - {from: monthly, to: yearly, credits: deduct_used, restart_cycle: true}
"""
BARE = re.sub(r"free_credits:.*\n", "", TOY)
"""The same without free credits, so that a table shows less."""

CHARGES = (events.Charged, events.Drawn, events.Settled, events.SettledLate)
_COSTING = ("Charged", "Held", "Settled", "SettledLate", "Leased", "Drawn", "Refunded")
_STEP = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d(?:\.\d+)?)?|\+\S+)?\s*(.*?)\s+->\s*(.*)")


class Story:
    """One account that lives through a table."""

    def __init__(self, catalog: str = TOY, changes: dict[str, str] | None = None):
        for old, new in (changes or {}).items():
            assert old in catalog, f"the catalog has no {old!r}"
            catalog = catalog.replace(old, new)
        self.published = [Published(1, 0, load_text(catalog, "toy.yaml"))]
        self.now = instants.parse("2026-01-01T00:00:00Z", "start")
        self.account = Account("acct_1")
        self.entries: list[DecidedEntry] = []
        self.holds: dict[str, Hold] = {}
        self.quotes: dict[str, Quote] = {}
        self.seqs: dict[str, int] = {}
        self.spent: dict[str, int] = {}
        self.refunds: dict[int, Hold] = {}
        self.grants: list[Grant] = []
        """Every grant there ever was, as it was last."""
        self.refusal: Any = None

    @property
    def history(self) -> History:
        return History("toy", self.published)

    @property
    def catalog(self) -> Catalog:
        return self.history.at(self.now).catalog

    def publish(self, catalog: str, at: str) -> Story:
        """Another catalog version, in force from an instant."""
        version = len(self.published) + 1
        when = instants.parse(at, "at")
        self.published.append(Published(version, when, load_text(catalog, "toy.yaml")))
        return self

    def tell(self, table: str) -> Story:
        """Live through the steps of a table; an answer may stand on an entry of its own."""
        for step in re.sub(r"\n\s*->", " ->", table).strip().splitlines():
            if step.strip():
                self.step(step)
        return self

    def step(self, step: str) -> None:
        found = _STEP.fullmatch(step.strip())
        assert found, f"not a step: {step}"
        when, asked, expected = found.groups()
        if when:
            self.now = later(self.now, when)
        said = self.ask(asked.split())
        assert agrees(said, expected), f"{step.strip()}\n  but it is: {said}"

    # Asking

    def ask(self, words: list[str]) -> str:
        """Carry out one step; what is there afterwards, as a table says it."""
        verb, args, named = words[0], [], {}
        for word in words[1:]:
            name, is_named, value = word.partition("=")
            if is_named:
                named[name] = value
            else:
                args.append(word)
        try:
            if verb == "quote":
                return self.quote(args[0], args[1], named)
            return self.perform(self.command(verb, args, named), verb, args)
        except InvalidRequest as invalid:
            return f"invalid {invalid}"

    def quote(self, name: str, model: str, named: dict[str, str]) -> str:
        from tallystick.core.account import entitlement

        plan = entitlement(self.account, self.now, self.history).plan
        request = Request(model, params(named), int(named.get("outputs", 1)))
        priced = self.history.at(self.now).price(request, plan)
        ttl = self.catalog.policy.quote_ttl_seconds
        made_for = named.get("account", self.account.id)
        self.quotes[name] = Quote(name, made_for, priced, self.now + ttl * instants.SECOND)
        return f"{show(priced.credits)}"

    def command(self, verb: str, args: list[str], named: dict[str, str]) -> Any:
        return COMMANDS[verb](self, self.account.id, args, named)

    def perform(self, command: Any, verb: str, args: list[str]) -> str:
        due = [
            hold
            for hold in self.holds.values()
            if hold.status == "open" and hold.expires_at <= self.now
        ]
        performed = perform(self.account, command, self.now, self.history, self.facts(command), due)
        self.refusal = performed.refusal
        if performed.refusal is not None:
            told = performed.refusal.facts
            facts = " ".join(
                f"{name}={fact(value)}"
                for name, value in (asdict(told) if told else {}).items()
                if value is not None
            )
            return f"no {performed.refusal.code} {facts}"
        self.keep(performed)
        if performed.answer is not None:
            self.name(verb, args, performed)
        return self.shown(performed)

    def facts(self, command: Any) -> Facts:
        hold = getattr(command, "hold", None)
        quote = self.quotes.get(getattr(command, "quote", None) or "")
        receipt = getattr(command, "receipt", None)
        if receipt is not None:
            return self.charge(int(receipt[1:]))
        named = getattr(command, "entry", None) or getattr(command, "grant", None)
        named = limits.entry_number(named, "grant") if named else 0
        entry = next((each.event for each in self.entries if each.seq == named), None)
        undone = getattr(entry, "receipt", 0) if isinstance(command, commands.Reverse) else 0
        return Facts(
            hold=self.holds.get(hold) if hold else self.refunds.get(undone or 0),
            quote=quote,
            quote_used=self.spent.get(quote.id) if quote else None,
            entry=entry,
            of_grant=tuple((each.seq, each.event) for each in self.entries if 0 < named < each.seq),
        )

    def charge(self, seq: int) -> Facts:
        """A charge that is to be given back: its grants as they were last."""
        entry = next((each for each in self.entries if each.seq == seq), None)
        event = entry.event if entry else None
        if not isinstance(event, CHARGES):
            return Facts()
        settled = isinstance(event, events.Settled)
        parts = event.spent + event.extra if settled else event.parts
        last = {grant.id: grant for grant in self.grants}
        grants = tuple(last[each] for each in {part.grant for part in parts})
        period, counts = getattr(event, "cap_period_start", None), event.counts
        if isinstance(event, events.Drawn):
            lease = next(hold for hold in self.holds.values() if hold.id == event.hold)
            period, counts = lease.cap_period_start, lease.counts + event.counts
        charge = ChargeFacts(seq, event, parts, grants, cap_period_start=period, counts=counts)
        return Facts(charge=charge, hold=self.refunds.get(seq))

    def keep(self, performed: Performed) -> None:
        for entry in performed.entries:
            check_entry(self.entries, entry)
            self.entries.append(entry)
            by_id = {hold.id: name for name, hold in self.holds.items()}
            name = by_id.get(holds.named_by(entry.event) or 0)
            if name:
                after = holds.evolve(self.holds[name], entry.seq, entry.at, entry.event)
                self.holds[name] = after or self.holds[name]
            receipt = getattr(entry.event, "receipt", None)
            if receipt is not None:
                before = self.refunds.get(receipt)
                after = holds.evolve(before, entry.seq, entry.at, entry.event)
                self.refunds[after.id] = after
            if getattr(entry.event, "quote", None):
                self.spent[entry.event.quote] = entry.seq  # type: ignore[union-attr]
        self.account = performed.account
        known = {grant.id: grant for grant in self.grants}
        self.grants = [*(known | {grant.id: grant for grant in self.account.grants}).values()]

    def name(self, verb: str, args: list[str], performed: Performed) -> None:
        """Holds and entries are called as the table calls them."""
        entry = performed.entries[performed.answer or 0]
        if verb in ("hold", "lease"):
            hold = holds.evolve(None, entry.seq, entry.at, entry.event)
            assert hold is not None
            self.holds[args[0]] = hold
        self.seqs[verb] = entry.seq
        if type(entry.event).__name__ in ("Charged", "Drawn", "Settled", "SettledLate"):
            self.seqs["receipt"] = entry.seq

    def grant(self, name: str) -> str:
        """The id of a grant: that of the last step with this verb, or of the newest entry of this
        kind."""
        newest = max((each.seq for each in self.entries if kind(each) == name), default=0)
        seq = newest or self.seqs.get(name)
        return f"g{seq or int(name)}"

    def shown(self, performed: Performed) -> str:
        seen = with_free(self.account, max(self.now, self.account.at), self.history)
        there = [f"{source} {show(credits)}" for source, credits in by_source(seen)]
        if seen.held:
            there.append(f"held {show(seen.held)}")
        if seen.owed:
            there.append(f"owed {show(seen.owed)}")
        cost = ""
        if performed.answer is not None:
            event = performed.entries[performed.answer].event
            if type(event).__name__ in _COSTING:
                cost = f"{show(event.credits)}; "  # type: ignore[union-attr]
        return cost + (", ".join(there) or "nothing")

    # Looking back

    def journal(self, after: int = 0) -> list[str]:
        """What was written, as ``2026-02-28 10:00 cycle_started``."""
        return [
            f"{instants.to_datetime(entry.at):%Y-%m-%d %H:%M} {kind(entry)}"
            for entry in self.entries
            if entry.seq > after
        ]


def kind(entry: DecidedEntry) -> str:
    return entry.event.__struct_config__.tag  # type: ignore[return-value]


def check_entry(before: list[DecidedEntry], entry: DecidedEntry) -> None:
    """What holds of every entry: double entry, no debt, time that does not run back."""
    moved = postings.postings(entry.seq, entry.event)
    assert sum(amount for _, amount in moved) == 0
    assert postings.spendable(moved) == entry.after - entry.before
    assert entry.before == (before[-1].after if before else 0)
    assert entry.after >= 0
    assert entry.seq == len(before) + 1
    assert not before or entry.at >= before[-1].at


def agrees(said: str, expected: str) -> bool:
    if expected.startswith("no "):
        return set(expected.split()) <= set(said.split())
    if expected.startswith("invalid"):
        return said.startswith("invalid") and expected.removeprefix("invalid").strip() in said
    return expected in (said, said.partition("; ")[2])


def later(now: int, when: str) -> int:
    if when.startswith("+"):
        return durations.later(now, when[1:])
    return instants.parse(when.replace(" ", "T") + "Z", "when")


def fact(value: Any) -> Any:
    return show(value) if isinstance(value, int) else str(value).replace(" ", "_")
