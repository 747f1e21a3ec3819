"""The engine and the naive model side by side: each step is asked of both, and both must agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from tallystick import InvalidRequest, KeyConflict, Refused, Tallystick
from tallystick.core.instants import to_datetime
from tallystick.core.refusals import BY_CODE
from tallystick.testing import TestClock
from tests.model import ledger
from tests.model.naive import Naive
from tests.model.naive_things import FOREVER, MILLION, THE_END, No
from tests.model.world import CAP_OF_ANN, World

ACCOUNT = "acct_1"
GIVING_BACK = ("refund", "adjust")
START = "2026-01-30T22:30:00Z"


class LooseClock(TestClock):
    """A machine's clock as machines have it: it can jump back."""

    def jump_back(self, micros: int) -> None:
        self._at = max(0, self._at - micros)

    def jump_to(self, at: int) -> None:
        self._at = max(at, self._at)


class Pair:
    """One account in a real database, and its model."""

    def __init__(self, path: str, world: World):
        self.path = path
        self.clock = LooseClock(START)
        self.credits = Tallystick.open(self.path, catalog=world.catalog(), clock=self.clock)
        self.credits.open_account(ACCOUNT, members={"ann": CAP_OF_ANN, "ben": None})
        now = self.clock.now()
        self.model = Naive([(0, world)], now, now)
        self.past = [self.model]
        self.answered: dict[str, tuple[str, tuple[Any, ...], dict[str, Any], bytes]] = {}
        self.keys = 0
        self.given: list[tuple[int, int]] = []
        """Seqs of entries that gave credits, and the numbers of the model's lots."""

    def given_back(self, pick: int) -> tuple[int, int]:
        """One of the entries that gave credits, mostly the newest."""
        return self.given[-1] if pick % 2 else self.given[pick % len(self.given)]

    def close(self) -> None:
        self.credits.close()

    def reopen(self) -> None:
        self.credits.close()
        self.credits = Tallystick.open(self.path, platform="toy", clock=self.clock)

    @property
    def now(self) -> int:
        return max(self.clock.now(), self.model.at)

    def both(
        self,
        verb: str,
        expected: Callable[[Naive], Any],
        *args: Any,
        keyed: bool = False,
        **named: Any,
    ) -> tuple[Any, Any]:
        """Ask both for the same; returns the engine's answer and the model's, or two Nones for a
        refusal that both give."""
        copy = self.model.tried(self.clock.now())
        code = said = None
        try:
            said = expected(copy)
        except No as no:
            code = no.code
        if keyed:
            self.keys += 1  # one that a curable refusal had is not used again
            named["key"] = f"key-{self.keys}"
        answer, refused, as_bytes = self.ask(verb, args, named)
        assert refused == code, f"{verb}{args}{named}: the engine says {refused}, the model {code}"
        if keyed and code != "invalid" and not (code and BY_CODE[code].curable):
            self.answered[named["key"]] = (verb, args, named, as_bytes)
        if code is not None:
            return None, None
        receipt = getattr(answer, "receipt", None)
        if receipt is not None and copy.last_paid is not None and verb not in GIVING_BACK:
            copy.paid[receipt] = copy.last_paid
        self.model = copy
        self.past.append(copy)
        return answer, said

    def ask(
        self, verb: str, args: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[Any, str | None, bytes]:
        """A verb's answer, or the code of its refusal; and the whole of it as bytes."""
        try:
            answer = getattr(self.credits, verb)(ACCOUNT, *args, **named)
        except Refused as refused:
            whole = (refused.code, refused.message, refused.facts, refused.ways_out)
            return None, refused.code, repr(whole).encode()
        except InvalidRequest as invalid:
            return None, "invalid", str(invalid).encode()
        return answer, None, answer.to_json()

    def repeat(self, key: str) -> None:
        """The same command under the same key: the same bytes, and no new line. Only a hold says
        how it stands by now."""
        verb, args, named, first = self.answered[key]
        before = self.lines_written()
        answer, _, again = self.ask(verb, args, named)
        if verb == "hold" and answer is not None:
            hold = self.model.tried(self.clock.now()).holds[answer.hold]
            closed_at = None if hold.closed_at is None else to_datetime(hold.closed_at)
            assert (answer.status, answer.closed_at) == (hold.closed or "open", closed_at)
            again = replace(answer, status="open", closed_at=None).to_json()
        assert again == first, f"{key}: first {first!r}, and again {again!r}"
        assert self.lines_written() == before

    def misuse(self, key: str) -> None:
        """Another command under a used key: a conflict, and no new line."""
        before = self.lines_written()
        for command in (("top_up", 77.77), ("charge", "Picture", 999)):
            try:
                answer, _, _ = self.ask(command[0], command[1:], {"key": key})
            except KeyConflict:
                continue
            raise AssertionError(f"{key} was used before, and again for {answer}")
        assert self.lines_written() == before

    def lines_written(self) -> int:
        store = self.credits._transport.engine.store
        with store.reading():
            return len(store.entries(f"toy/{ACCOUNT}"))

    # What must hold after every step

    def check(self) -> None:
        self.check_balance()
        assert self.credits.verify(), self.credits.verify().problems
        store = self.credits._transport.engine.store
        with store.reading():
            lines = list(store.entries(f"toy/{ACCOUNT}"))
            stored = ledger.stored(store, f"toy/{ACCOUNT}")
        ledger.check(ACCOUNT, lines, stored)
        entries = self.credits.entries(ACCOUNT, limit=1_000)
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        assert all(entry.balance_after >= 0 for entry in entries)
        balance = self.credits.balance(ACCOUNT)
        charged = sum(line.credits for line in self.credits.usage(ACCOUNT))
        ledger.check_conserved(entries, self.written_balance(entries), balance.held, charged)

    def written_balance(self, entries: list[Any]) -> Any:
        """What is spendable by the ledger: free credits that nobody claimed are not in it."""
        unclaimed = sum(
            grant.remaining for grant in self.credits.balance(ACCOUNT).grants if not grant.grant
        )
        available = self.credits.balance(ACCOUNT).available - unclaimed
        assert entries[-1].balance_after == available
        return available

    def check_balance(self) -> None:
        model = self.model.tried(self.clock.now())
        balance = self.credits.balance(ACCOUNT)
        assert shown(balance) == model.shown()
        assert balance.available == sum(source.available for source in balance.sources)
        assert balance.held == sum(source.held for source in balance.sources)
        assert micros(balance.owed) == model.owed
        self.check_subscription(model, balance.subscription)
        holds = {hold.hold: micros(hold.credits) for hold in self.credits.holds(ACCOUNT)}
        assert holds == {name: hold.total for name, hold in model.holds.items() if not hold.closed}
        members = {each.member: each.used for each in self.credits.account(ACCOUNT).members}
        assert micros(members["ann"]) == model.spent_by_ann.get(model.period, 0)
        cycle = model.cycle
        if cycle is not None:
            assert balance.cycle is not None
            assert micros(balance.cycle.used) == cycle.used
            assert micros(balance.cycle.allotment) == cycle.allotment
            assert instant(balance.cycle.renews_at) == cycle.ends

    def check_subscription(self, model: Naive, shown: Any) -> None:
        bought = model.bought
        assert (shown is None) == (bought is None)
        if bought is None:
            return
        assert (micros(shown.package), shown.interval) == (
            bought.package * MILLION, bought.interval,
        )  # fmt: skip
        assert instant(shown.paid_through) == bought.paid
        assert shown.auto_renew == bought.renews_itself
        assert (shown.status == "past_due") == bought.past_due
        assert (shown.status == "paused") == (bought.pause is not None and bought.pause.begun)
        assert shown.awaits_payment == bought.waits
        assert (shown.ends_at is not None) == (bought.later == THE_END)
        goes_on = not bought.past_due and bought.renews < FOREVER
        assert shown.renews_at == (to_datetime(bought.renews) if goes_on else None)

    def check_as_of(self, at: int) -> None:
        """A balance at another instant, past or to come, is what the model has there."""
        base = [model for model in self.past if model.at <= at][-1]
        expected = base.tried(at).shown()
        assert shown(self.credits.balance(ACCOUNT, as_of=to_datetime(at))) == expected


def shown(balance: Any) -> list[tuple[str, int, int, int]]:
    """A balance as the model shows it, from both of its tables."""
    by_grant = sorted(
        (
            grant.source,
            micros(grant.remaining),
            micros(grant.held),
            FOREVER if grant.expires_at is None else instant(grant.expires_at),
        )
        for grant in balance.grants
    )
    begun = sorted(
        (grant.source, micros(grant.remaining), micros(grant.held))
        for grant in balance.grants
        if grant.effective_at <= balance.as_of
    )
    for source in balance.sources:
        of_source = [grant for grant in begun if grant[0] == source.source]
        assert micros(source.available) == sum(grant[1] for grant in of_source)
        assert micros(source.held) == sum(grant[2] for grant in of_source)
    return by_grant


def micros(credits: Any) -> int:
    whole = credits * MILLION
    assert whole == int(whole)
    return int(whole)


def instant(moment: Any) -> int:
    from tests.model.naive_calendar import EPOCH

    return (moment - EPOCH) // (EPOCH.resolution)
