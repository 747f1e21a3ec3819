"""The content of a platform's page, as values: every figure is the answer of a verb."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from .. import results
from ..catalogs import load_text
from ..core import queries
from ..core.catalog import Model, Published
from ..core.errors import InvalidRequest, TallystickError
from ..core.pricing import RateCard
from ..engine import Engine
from ..service import handlers
from . import curls, picks
from .people import PLATFORMS
from .picks import Pick
from .price_list import PriceList
from .words import PlatformWords

Given: TypeAlias = Sequence[tuple[str, str]]
"""The names and values of a page's address."""

MOST_LINES = 10
MOST_OTHERS = 24
_BAR = 1_000


class Guest(NamedTuple):
    """An account that a page can show: a person of the demo, or one that was opened later."""

    account: str
    name: str
    story: str = ""


class BarPart(NamedTuple):
    """A source's part of a bar that is 1,000 long."""

    source: str
    start: int
    width: int


class Seen(NamedTuple):
    """An account as its owner sees it: its balance and its newest entries."""

    account: results.AccountView
    balance: results.Balance
    entries: Sequence[results.Entry]

    @property
    def name(self) -> str:
        return self.account.name or self.account.account

    def bar(self) -> list[BarPart]:
        """What is available, by source, as parts of a whole."""
        found: list[BarPart] = []
        start, whole = 0, self.balance.available
        for each in self.balance.sources:
            width = int(each.available * _BAR / whole) if whole else 0
            found.append(BarPart(each.source, start, width))
            start += width
        return [each for each in found if each.width]

    def used_part(self) -> int:
        """How much of its bar the cycle's used credits are."""
        cycle = self.balance.cycle
        return int(min(cycle.used / cycle.allotment, 1) * _BAR) if cycle and cycle.allotment else 0


class Wrong(NamedTuple):
    """What is wrong with an address: where, why, and what it could be instead."""

    where: str | None
    message: str
    allowed: Sequence[str]


class View(NamedTuple):
    """Everything on the page of a platform."""

    prices: PriceList
    words: PlatformWords
    clock: results.ClockView
    guests: Sequence[Guest]
    pick: Pick
    fields: Sequence[picks.Field]
    tools: Sequence[tuple[str, Sequence[Model]]]
    quote: results.Quote | None
    seen: Seen | None
    wrong: Wrong | None
    status: int
    lines: Sequence[curls.CurlCommand]
    card: RateCard

    @property
    def misplaced(self) -> bool:
        """Whether what is wrong belongs to no field of the page."""
        places = {picks.MODEL, picks.ACCOUNT, *(each.name for each in self.fields)}
        return self.wrong is not None and self.wrong.where not in places

    def leads_to(self, way: results.Way) -> Pick | None:
        """The pick that a way out proposes, if it is one."""
        if way.kind != "cheaper" or not self.card.knows(way.model):
            return None
        return picks.instead(self.pick, self.card.model(way.model).model, way.settings or {})


class Viewer:
    """Makes the views of one platform of an engine. Safe to share between threads."""

    def __init__(self, engine: Engine, platform: str, key: str):
        self.engine = engine
        self.platform = platform
        self.key = key
        self._cards: dict[int, RateCard] = {}

    def title(self) -> str:
        """What the platform calls itself."""
        published: results.CatalogView = self._ask(queries.CatalogOf())
        return published.name

    def move_clock(self, by: str) -> None:
        """Let time pass on this platform; raises `InvalidRequest`."""
        self._ask(queries.MoveClock(by=by))

    def view(self, given: Given, address: str) -> View:
        """The page that an address names, for a server that is reached at `address`."""
        card = self._card()
        pick = picks.read(given, card, picks.FIRST[self.platform])
        queried = PageQueries(self._ask, pick)
        seen, quote = queried.seen(), queried.quote()
        model = card.model(pick.model).model if card.knows(pick.model) else None
        prices = PriceList(self._ask(queries.Prices()), card, pick.account)
        caller = curls.Caller(address, self.key)
        return View(
            prices=prices,
            words=PlatformWords(prices.page.wording),
            clock=self._ask(queries.ClockOf()),
            guests=self._guests(),
            pick=pick,
            fields=picks.fields(model, pick) if model else (),
            tools=picks.tools(card.catalog),
            quote=quote,
            seen=seen,
            wrong=queried.wrong,
            status=queried.status,
            lines=_lines(caller, pick, model if quote else None, quote, seen),
            card=card,
        )

    def _ask(self, query: queries.Query) -> Any:
        return handlers.ask(self.engine, self.platform, query)

    def _card(self) -> RateCard:
        """The catalog in force, ready to price: its settings are the form's."""
        published: results.CatalogView = self._ask(queries.CatalogOf())
        card = self._cards.get(published.version)
        if card is None:
            catalog = load_text(published.source, f"{self.platform}.yaml")
            card = RateCard(Published(published.version, 0, catalog))
            self._cards[published.version] = card
        return card

    def _guests(self) -> list[Guest]:
        people = PLATFORMS[self.platform]
        known = {each.account: Guest(each.account, each.name, each.story) for each in people}
        there: list[str] = self._ask(queries.Accounts(limit=handlers.MAX_PAGE))
        others = [Guest(each, each) for each in there if each not in known]
        return [*known.values(), *others[:MOST_OTHERS]]


class PageQueries:
    """The queries of one page. The first error is kept, and the rest of the page is shown."""

    def __init__(self, ask: Callable[[queries.Query], Any], pick: Pick):
        self._ask = ask
        self._pick = pick
        self._account: str | None = None
        self.wrong: Wrong | None = None
        self.status = 200

    def seen(self) -> Seen | None:
        """The account of the pick, or None if it names none."""
        account = self._pick.account
        if not account:
            return None
        try:
            seen = Seen(
                self._ask(queries.AccountOf(account)),
                self._ask(queries.BalanceOf(account)),
                self._ask(queries.EntriesOf(account, limit=MOST_LINES, newest=True)),
            )
        except TallystickError as error:
            self._keep(error, picks.ACCOUNT)
            return None
        self._account = account
        return seen

    def quote(self) -> results.Quote | None:
        """Its price, for the account if there is one."""
        try:
            made: results.Quote = self._ask(self._pick.query(self._account))
        except TallystickError as error:
            self._keep(error, None)
            return None
        return made

    def _keep(self, error: TallystickError, where: str | None) -> None:
        """Only what the address says wrongly is shown beside it; a broken database is not."""
        unknown_account = getattr(error, "code", None) == "account_not_found"
        if not isinstance(error, InvalidRequest) and not unknown_account:
            raise error
        if self.wrong is None:
            place = getattr(error, "where", None) or where
            self.wrong = Wrong(place, str(error), getattr(error, "allowed", ()))
            self.status = 404 if unknown_account else 400


def _lines(
    caller: curls.Caller,
    pick: Pick,
    model: Model | None,
    quote: results.Quote | None,
    seen: Seen | None,
) -> list[curls.CurlCommand]:
    """The key, then what the page shows, asked from a shell."""
    body = curls.request(pick, model) if model else None
    account = {"account": pick.account} if seen else {}
    found = [caller.export(), caller.quote(account | body) if body else caller.prices()]
    if seen:
        found.append(caller.balance(pick.account))
    if seen and body and quote and quote.allowed:
        members = seen.account.members
        whose = {"member": members[0].member} if members else {}
        found.append(caller.charge(pick.account, body | whose, seen.balance.seq))
    return found
