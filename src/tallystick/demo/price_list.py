"""The price list of a platform as a page shows it: rows by model, numbered notes, plans."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from ..core.pricing import RateCard
from ..results.prices import ModelPrices, PricePage, PriceRow
from . import picks
from .picks import Pick


class Row(NamedTuple):
    """A rate, the pick it leads to, and the numbers of its notes."""

    row: PriceRow
    pick: Pick
    notes: Sequence[int]


class Listed(NamedTuple):
    """A model with its rows."""

    model: ModelPrices
    rows: Sequence[Row]
    has_settings: bool


class PriceList:
    """A price page laid out for an account: its picks are for `account`."""

    def __init__(self, prices: PricePage, card: RateCard, account: str):
        self.page = prices
        self.notes: list[str] = []
        self.tools = [
            (tool.name, [self._listed(model, card, account) for model in tool.models])
            for tool in prices.tools
        ]
        self._tools = {tool.id: tool.name for tool in prices.tools}
        self._plans = {plan.id: plan.name for plan in prices.plans}

    @property
    def since(self) -> datetime:
        """When this version came into force."""
        return datetime.fromisoformat(self.page.effective_at)

    def rate(self, id: str) -> PriceRow | None:
        """The row of a rate."""
        rows = (row for tool in self.page.tools for model in tool.models for row in model.rows)
        return next((row for row in rows if row.rate == id), None)

    def plan(self, id: str) -> str:
        return self._plans.get(id, id)

    def unlocked(self, tools: Iterable[str]) -> list[str]:
        """Names of tools; the word everything, if these are all."""
        named = [self._tools.get(each, each) for each in tools]
        return ["everything"] if len(named) == len(self._tools) else named

    def upgrades(self) -> dict[str, list[str]]:
        """Which upgrades come to the same: what they do, and from which interval to which."""
        found: dict[str, list[str]] = {}
        for each in self.page.upgrades:
            found.setdefault(each.words, []).append(f"{each.from_interval} to {each.to_interval}")
        return found

    def _listed(self, model: ModelPrices, card: RateCard, account: str) -> Listed:
        sold = card.model(model.id).model
        rows = []
        for row in model.rows:
            notes = [model.note if row is model.rows[0] else None, row.note]
            pick = picks.of_rate(sold, row.settings, account)
            rows.append(Row(row, pick, [self._number(note) for note in notes if note]))
        return Listed(model, rows, bool(sold.settings))

    def _number(self, note: str) -> int:
        """The number of a note: the same words have the same number."""
        if note not in self.notes:
            self.notes.append(note)
        return self.notes.index(note) + 1
