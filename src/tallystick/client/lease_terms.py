"""What generations cost one account, known here: prices for a gateway that cannot ask each time.

The catalog is read once. What the account's plan makes of a rate is asked with the first spend
of that rate, by a quote; later spends of it are priced without asking. When a spend turns out to
have cost something else, or the catalog has another version, everything is asked anew.
"""

from collections.abc import Generator
from typing import Any, NamedTuple, TypeAlias, TypeVar

from ..core.account.spending import actual_charge
from ..core.catalog import Plan, Published, find_plan
from ..core.commands import Draw
from ..core.credits import Micros
from ..core.errors import InvalidRequest, ServerError
from ..core.instants import from_datetime
from ..core.pricing import ModelCard, Priced, RateCard, Request
from ..core.refusals import BY_CODE
from ..doors import queries
from ..doors.calls import Call, given
from ..engine import results

T = TypeVar("T")


class Wait(NamedTuple):
    """Wait so many seconds, or until something has changed."""

    seconds: float


LeaseSteps: TypeAlias = Generator[Call[Any] | Wait, Any, T]
"""Yields calls, and is given what each came to, an exception as a value; and yields when it
wants to wait. Nobody else's turn comes between two yields."""

LOOK_AROUND = 1.0
"""Seconds after which who waits for a change looks by itself."""
_NOT_ENTITLED = frozenset(
    {"subscription_required", "tool_not_in_plan", "model_requires_subscription"}
)
_PATIENCE = 5
"""How often one spend asks what it costs, if catalogs are published that quickly."""
_Rate: TypeAlias = tuple[str, str]
"""A model and a rate of it, by their ids."""


class LeaseTerms:
    """The prices of one account."""

    def __init__(self, account: str):
        self._account = account
        self._card: RateCard | None = None
        self._plans: dict[_Rate, Plan | None] = {}
        self._asking = False
        self._stale = True
        self.stirred = False
        """Whether those who wait for an answer should look again."""

    @property
    def version(self) -> int | None:
        """The version of the catalog that prices are from."""
        return self._card.version if self._card else None

    def forget(self) -> None:
        """Something was not as it is known here: ask anew."""
        self._stale = True

    def cost(self, draw: Draw) -> LeaseSteps[tuple[Priced, Micros]]:
        """The price of a generation, and what it is charged. Raises what the draw would raise,
        but for its lease."""
        asked = 0
        while (priced := self._known(draw)) is None:
            if self._asking:
                yield Wait(LOOK_AROUND)
                continue
            if asked == _PATIENCE:
                raise ServerError(f"the price of {draw.model} changes with every question")
            asked += 1
            self._asking = True
            try:
                yield from self._learn(draw)
            finally:
                self._asking = False
                self.stirred = True
        return priced, actual_charge(draw, priced)

    def read(self) -> LeaseSteps[None]:
        """Read the catalog that is in force."""
        from ..catalogs import load_text

        view: results.CatalogView = given((yield Call(queries.CatalogOf())))
        if view.version != self.version:
            catalog = load_text(view.source, f"version {view.version}")
            at = from_datetime(view.effective_at)
            self._card = RateCard(Published(view.version, at, catalog))
        self._plans.clear()
        self._stale = False

    def _known(self, draw: Draw) -> Priced | None:
        """The price, if it is known what the plan makes of it; nothing to price: ask the engine."""
        card = self._card
        if card is None or self._stale:
            return None
        try:
            model, rate = _rate_of(card, draw)
            plan = self._plans[model.model.id, rate]
            return card.price(Request(draw.model, draw.params, draw.outputs), plan)
        except (InvalidRequest, KeyError):
            return None

    def _learn(self, draw: Draw) -> LeaseSteps[None]:
        """Ask what this generation costs the account, and whether its plan allows it."""
        request = queries.QuoteFor(
            model=draw.model,
            params=draw.params,
            outputs=draw.outputs,
            account=self._account,
            plan=None,
        )
        quote: results.Quote = given((yield Call(request)))
        refusal = quote.refusal
        if refusal is not None and refusal.code in _NOT_ENTITLED:
            raise _refused(refusal)
        if self._stale or quote.catalog.version != self.version:
            yield from self.read()
        line = quote.lines[0]
        self._plans[line.model, line.rate] = self._plan(line)

    def _plan(self, line: results.PricedLine) -> Plan | None:
        """The plan that changes this price, if one does."""
        if line.plan is None or self._card is None:
            return None
        found = find_plan(self._card.catalog, line.plan)
        if found is None and line.credits == 0:  # sold no more; who has it keeps it
            return Plan(line.plan, line.plan, unlimited=(line.tool,))
        return found


def _rate_of(card: RateCard, draw: Draw) -> tuple[ModelCard, str]:
    model = card.model(draw.model)
    settings, _ = model.read(draw.params)
    return model, model.rate(settings).id


def _refused(refusal: results.Refusal) -> Exception:
    facts = {
        name: value
        for name in refusal.__struct_fields__
        if name not in ("code", "message", "ways_out")
        and (value := getattr(refusal, name)) is not None
    }
    return BY_CODE[refusal.code](refusal.message, facts, refusal.ways_out)
