"""What the stories are told with: a platform on a clock that stands, and one account on it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from tallystick import results
from tallystick.core.credits import Credits
from tests.scenarios.places import IN_PROCESS, Place

NEW_YEAR = "2026-01-01T00:00:00Z"


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Story:
    """One account on one platform. Every verb is here with the account left out:
    ``story.charge("Veo 3.1", seconds=8)``."""

    def __init__(
        self,
        platform: str | None = None,
        at: str = NEW_YEAR,
        catalog: Any = None,
        account: str = "ada",
        place: Place = IN_PROCESS,
        **opening: Any,
    ):
        self.clock, self.credits, self.close = place(platform, catalog, at)
        self.account = account
        self.credits.open_account(account, **opening)

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        return partial(getattr(self.credits, verb), self.account)

    def top_up(self, credits: Any, custom: bool = True, **said: Any) -> results.Grant:
        """Credits bought once. A story sells any amount, but where it is about bundles."""
        return self.credits.top_up(self.account, credits, custom=custom, **said)

    def quote(self, model: Any, **request: Any) -> results.Quote:
        return self.credits.quote(model, account=self.account, **request)

    def until(self, moment: Any) -> None:
        """Time goes on to an instant; nobody looks meanwhile."""
        self.clock.advance_to(moment)

    def available(self) -> Credits:
        return self.balance().available

    def sources(self, as_of: str | None = None) -> dict[str, Credits]:
        """What is spendable by source, sources with nothing left out."""
        found: results.Balance = self.balance(as_of=as_of)
        return {each.source: each.available for each in found.sources if each.available}

    def held(self) -> dict[str, Credits]:
        """What open holds reserve by source."""
        found: results.Balance = self.balance()
        return {each.source: each.held for each in found.sources if each.held}

    def ledger(self) -> list[results.Entry]:
        """Every entry, oldest first."""
        found: list[results.Entry] = self.entries(limit=1_000)
        assert len(found) < 1_000, "the story is longer than one page of its ledger"
        return found

    def kinds(self, since: int = 0) -> list[str]:
        """The kinds of the entries after the seq `since`."""
        return [entry.kind for entry in self.ledger() if entry.seq > since]


Tell = Callable[..., Story]
"""What the fixture `tell` gives: it begins a story, and verifies it when the test is over."""
