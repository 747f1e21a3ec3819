"""Pricing: a request and a rate card give exactly one price (`docs/spec.md` 2).

The rate card finds the model by any of its names; its `ModelCard` does the rest. Nothing here knows
accounts, and the time is an argument.
"""

from functools import cached_property, partial
from typing import Any

from msgspec import Struct

from .arithmetic import unit_of
from .catalog import Model, Plan, Published
from .errors import InvalidRequest, UnknownModel, Words, describe, unknown
from .instants import Instant
from .model_cards import ModelCard, Priced
from .quantities import units_of
from .spelling import Names

__all__ = ["MAX_OUTPUTS", "ModelCard", "Priced", "RateCard", "Request", "unit_of"]

MAX_OUTPUTS = 1_000

_LISTED = 20
_PRICES_MAX = 4_096
"""Prices that a rate card remembers; then it begins again."""
_SAME_BY_VALUE = {str, int}
"""Types of which equal values are the same request: ``True`` is not 1."""


class Request(Struct, frozen=True, omit_defaults=True, gc=False):
    """What is to be generated: a `model` by id or name, settings and quantities by name (`params`),
    how many `outputs` of it, and the `tool` if models of several tools have that name."""

    model: str
    params: dict[str, Any] = {}
    outputs: int = 1
    tool: str | None = None


class RateCard:
    """A published catalog, ready to price: models by every name, rates by their settings."""

    def __init__(self, published: Published):
        self.published = published
        self.catalog = published.catalog
        self.version = published.version
        tools = {tool.id: tool for tool in self.catalog.tools}
        units = units_of(self.catalog.units)
        self._cards: dict[str, ModelCard] = {}
        self._shared: dict[str, list[ModelCard]] = {}
        self._by_id: dict[str, ModelCard] = {}
        self._prices: dict[tuple[object, ...], tuple[Plan | None, Priced]] = {}
        self.models = {model.id: model for model in self.catalog.models}
        self.default_plan = next(
            (plan for plan in self.catalog.plans if plan.id == self.catalog.default_plan), None
        )
        for model in self.catalog.models:
            rounding = tools[model.tool].rounding or self.catalog.policy.rounding
            self._add(ModelCard(model, rounding, units))

    def _add(self, card: "ModelCard") -> None:
        """Find a model by each of its names, unless a model of another tool has it too."""
        model = card.model
        self._by_id[model.id] = card
        for name in dict.fromkeys(
            each
            for written in (*model.aliases, model.name, model.id)
            for each in (written, _fold(written))
        ):
            other = self._cards.pop(name, None) if name in self._cards else None
            if other is not None or name in self._shared:
                self._shared.setdefault(name, [other] if other else []).append(card)
            else:
                self._cards[name] = card

    def model(self, name: object, tool: object = None) -> "ModelCard":
        """The model with this id, display name or alias, in any case; of a `tool`, by its id or
        name, if one is given.

        Raises `UnknownModel`, and `InvalidRequest` if models of several tools have that name."""
        card = self._cards.get(name) if type(name) is str else None  # ids as written: no folding
        if card is None and isinstance(name, str):
            card = self._cards.get(_fold(name[:500]))
        if tool is not None:
            return self._of_tool(name, self.tool(tool), card)
        if card is None:
            raise self._several(name) or self._unknown(name)
        return card

    def by_id(self, model: str) -> ModelCard:
        """The model with this id, which must be there."""
        return self._by_id[model]

    def is_shared(self, request: Request) -> bool:
        """Whether a request names models of several tools, and not which."""
        return request.tool is None and bool(self._sharing(request.model))

    def shares_name(self, model: Model) -> bool:
        """Whether models of several tools have this name, so that a request says the tool too."""
        return _fold(model.name) in self._shared

    def offers(self, priced: Priced, at: Instant) -> bool:
        """Whether neither the model nor the rate of a price has ended at an instant."""
        card = self._by_id[priced.model]
        return not card.ends or not card.ended(card.rate_of(priced), at)

    def tool(self, name: object) -> str:
        """The id of the tool with this id or display name, in any case. Raises `InvalidRequest`."""
        asked = _fold(name[:500]) if isinstance(name, str) else None
        for tool in self.catalog.tools:
            if asked is not None and asked in (tool.id, _fold(tool.name)):
                return tool.id
        raise unknown("tool", name, [tool.id for tool in self.catalog.tools])

    def _of_tool(self, name: object, tool: str, card: "ModelCard | None") -> "ModelCard":
        found = [card] if card is not None else self._sharing(name)
        for each in found:
            if each.model.tool == tool:
                return each
        if not found:
            raise self._unknown(name)
        others = tuple(dict.fromkeys(each.model.tool for each in found))
        raise UnknownModel(
            f"{found[0].model.name} is a model of {' and '.join(others)}, not of {tool}",
            where="tool",
            allowed=others,
        )

    def _sharing(self, name: object) -> "list[ModelCard]":
        return self._shared.get(_fold(name[:500]), []) if isinstance(name, str) else []

    def _several(self, name: object) -> InvalidRequest | None:
        """What is wrong with a name that models of several tools have."""
        found = self._sharing(name)
        if not found:
            return None
        tools = tuple(each.model.tool for each in found)
        said = " or ".join(f"tool={tool}" for tool in tools)
        return InvalidRequest(
            f"{found[0].model.name} is a model of {' and of '.join(tools)}: say {said}",
            where="tool",
            allowed=tools,
        )

    def knows(self, name: object) -> bool:
        """Whether a model has this name."""
        if not isinstance(name, str):
            return False
        return _fold(name[:500]) in self._cards or bool(self._sharing(name))

    @cached_property
    def param_names(self) -> dict[str, frozenset[str]]:
        """The settings and quantities that a request may name, of each model as it may be written.
        A model may be written in other ways too: what is not here is no error yet."""
        return {name: card.param_names for name, card in self._cards.items()}

    def price(
        self, request: Request, plan: Plan | None = None, at: Instant | None = None
    ) -> Priced:
        """What `request` costs on `plan`, and `at` an instant, if models or rates have an end.

        The same few requests are made again and again, so that a price is found once and shared:
        nobody may change what it has. It is remembered by what the request says, unless that may
        not be what it is equal to. Raises `InvalidRequest` for anything not on the card."""
        key, params, outputs = None, request.params, request.outputs
        if (
            type(params) is dict
            and type(outputs) is int
            and request.tool is None
            and _SAME_BY_VALUE.issuperset(map(type, (request.model, *params.values())))
        ):
            key = (request.model, outputs, *params.items())
            known = self._prices.get(key)
            if known is not None and known[0] is plan:
                return known[1]
        card = self.model(request.model, request.tool)
        if type(outputs) is not int or not 0 < outputs <= MAX_OUTPUTS:
            raise InvalidRequest(
                f"outputs must be a whole number from 1 to {MAX_OUTPUTS:,}, "
                f"not {describe(outputs)}",
                where="outputs",
            )
        settings, quantities = card.read(params)
        rate = card.rate(settings)
        if at is not None and card.ends:
            card.check_offered(rate, at)
        priced = card.price(rate, settings, quantities, outputs, plan, self.version)
        if key is not None and not card.ends:
            if len(self._prices) >= _PRICES_MAX:
                self._prices.clear()
            self._prices[key] = plan, priced
        return priced

    def check(self, request: Request) -> None:
        """Raises `InvalidRequest` for a model, settings or quantities that no plan has."""
        card = self.model(request.model, request.tool)
        settings, _ = card.read(request.params)
        card.rate(settings)

    def _unknown(self, name: object) -> UnknownModel:
        if not isinstance(name, str):
            return UnknownModel(f"model must be a name, not {describe(name)}", where="model")
        said = f"{self.catalog.name} has no model {describe(name)}"
        return UnknownModel(said, where="model", find=partial(self._unknown_words, said, name[:80]))

    def _unknown_words(self, said: str, name: str) -> Words:
        """With the models that are nearest, and those that have the name in theirs."""
        asked = _fold(name)
        found = [*self._spelled.near(asked, 4, 0.4)]
        names = list(dict.fromkeys(self._called(each).name for each in found))[:3]
        names += [self._called(each).name for each in self._titles.containing(asked, 3)]
        nearest = tuple(dict.fromkeys(names))
        if not nearest:
            some = self.catalog.models[:_LISTED]  # a batch may ask for a thousand such names
            return Words(said, tuple(model.name for model in some))
        return Words(f"{said}; the nearest: {', '.join(nearest)}", nearest)

    @cached_property
    def _spelled(self) -> Names:
        """Every name, folded, to be found by a misspelt one."""
        return Names(map(_fold, (*self._cards, *self._shared)))

    def _called(self, name: str) -> Model:
        """A model of this folded name, the first of those that share it."""
        card = self._cards.get(name)
        return (card or self._shared[name][0]).model

    @cached_property
    def _titles(self) -> Names:
        """The display names, folded."""
        return Names(_fold(model.name) for model in self.catalog.models)


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())
