"""The terms of a lease: what generations cost one account, computed here without asking.

The catalog is read once. What the account's plan makes of a rate is asked by a quote with the first
spend of that rate; later spends of it are priced without asking. When a spend turns out to have
cost something else, or the catalog has another version, the terms are stale: all is asked again.

Who waits: one spend at a time asks. The others wait for its answer, and then look again.
"""

from typing import TypeAlias

from msgspec.structs import asdict

from .. import results
from ..core import queries
from ..core.account.charges import actual_charge
from ..core.account.rules import settle_outside_range_of_price
from ..core.catalog import Plan, Published, Wording, find_plan
from ..core.commands import Draw
from ..core.credits import Micros, show
from ..core.errors import InvalidRequest, ServerError
from ..core.instants import from_datetime
from ..core.pricing import ModelCard, Priced, RateCard, Request
from ..core.refusals import BY_CODE, SettleOutsideRange
from ..service.transport import Call, given
from .lease_steps import RECHECK_SECONDS, Changes, LeaseSteps, Wait

_NOT_ENTITLED = frozenset(
    {"subscription_required", "tool_not_in_plan", "model_requires_subscription"}
)
_QUESTIONS_MAX = 5
"""One spend asks at most so often what it costs, if catalogs are published that quickly."""
_Rate: TypeAlias = tuple[str, str]
"""A model and a rate of it, by their ids."""


class LeaseTerms:
    """The prices of one account, as far as they were asked for."""

    def __init__(self, account: str, changes: Changes):
        self._account = account
        self._changes = changes
        self._card: RateCard | None = None
        self._plans: dict[_Rate, Plan | None] = {}
        self._is_asking = False
        self._is_stale = True

    @property
    def version(self) -> int | None:
        """The version of the catalog that prices are from, None before it is read."""
        return self._card.version if self._card else None

    @property
    def wording(self) -> Wording:
        """The platform's words for its money; the usual ones before the catalog is read."""
        return self._card.catalog.wording if self._card else Wording()

    def doubt(self) -> None:
        """Have everything asked again before the next spend: something was not as expected."""
        self._is_stale = True

    def cost_steps(self, draw: Draw) -> LeaseSteps[tuple[Priced, Micros]]:
        """Find the price of a generation, and the micros that it is charged.

        Raises what the draw would raise, but for its lease; `ServerError` if the price changes
        with every question.
        """
        questions = 0
        while (priced := self._known(draw)) is None:
            if self._is_asking:
                yield Wait(RECHECK_SECONDS)
                continue
            if questions == _QUESTIONS_MAX:
                raise ServerError(f"the price of {draw.model} keeps changing")
            questions += 1
            self._is_asking = True
            try:
                yield from self._ask_steps(draw)
            finally:
                self._is_asking = False
                self._changes.notify()
        return priced, _cost(draw, priced)

    def read_steps(self) -> LeaseSteps[None]:
        """Read the catalog that is in force."""
        from ..catalogs import load_text

        view: results.CatalogView = given((yield Call(queries.CatalogOf())))
        if view.version != self.version:
            catalog = load_text(view.source, f"version {view.version}")
            at = from_datetime(view.effective_at)
            self._card = RateCard(Published(view.version, at, catalog))
        self._plans.clear()
        self._is_stale = False

    def _known(self, draw: Draw) -> Priced | None:
        """Answer the price; None if what the plan makes of it is unknown, or if there is nothing to
        price, which the engine says best."""
        card = self._card
        if card is None or self._is_stale:
            return None
        try:
            model, rate = _rate_of(card, draw)
            plan = self._plans[model.model.id, rate]
            request = Request(draw.model, draw.params, draw.outputs, draw.tool)
            return card.price(request, plan)
        except (InvalidRequest, KeyError):
            return None

    def _ask_steps(self, draw: Draw) -> LeaseSteps[None]:
        """Ask what a generation costs the account, and whether its plan allows it."""
        request = queries.QuoteFor(
            model=draw.model,
            params=draw.params,
            outputs=draw.outputs,
            account=self._account,
            plan=None,
            tool=draw.tool,
        )
        quote: results.Quote = given((yield Call(request)))
        refusal = quote.refusal
        if refusal is not None and refusal.code in _NOT_ENTITLED:
            raise _refused(refusal)
        if self._is_stale or quote.catalog.version != self.version:
            yield from self.read_steps()
        line = quote.lines[0]
        self._plans[line.model, line.rate] = self._plan(line)

    def _plan(self, line: results.PricedLine) -> Plan | None:
        """Answer the plan that changes a price, None if none does."""
        if line.plan is None or self._card is None:
            return None
        found = find_plan(self._card.catalog, line.plan)
        if found is None and line.credits == 0:  # not sold any more, but this account still has it
            return Plan(line.plan, line.plan, unlimited=(line.tool,))
        return found


def _cost(draw: Draw, priced: Priced) -> Micros:
    """Find what a draw is charged. Raises what the draw would raise for its actual."""
    cost = actual_charge(draw, priced)
    refusal = settle_outside_range_of_price(priced, cost)
    if refusal is not None and refusal.facts is not None:
        facts = {name: show(amount) for name, amount in asdict(refusal.facts).items()}
        raise SettleOutsideRange(refusal.message, facts)
    return cost


def _rate_of(card: RateCard, draw: Draw) -> tuple[ModelCard, str]:
    """Find the model of a draw, and the id of its rate."""
    model = card.model(draw.model, draw.tool)
    settings, _ = model.read(draw.params)
    return model, model.rate(settings).id


def _refused(refusal: results.Refusal) -> Exception:
    """Make the error that stands for a refusal in a quote."""
    facts = {
        name: value
        for name in refusal.__struct_fields__
        if name not in ("code", "message", "ways_out")
        and (value := getattr(refusal, name)) is not None
    }
    return BY_CODE[refusal.code](refusal.message, facts, refusal.ways_out)
