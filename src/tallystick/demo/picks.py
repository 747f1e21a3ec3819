"""Picks: the generation and the account that an address names, and the fields of the form.

Everything in the form comes from the catalog: the models of each tool, their settings with the
values there are, the quantities they are priced by with their units.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from ..core import queries
from ..core.catalog import Catalog, Model, Table
from ..core.credits import show
from ..core.errors import InvalidRequest
from ..core.pricing import MAX_OUTPUTS, RateCard, unit_of

MODEL, ACCOUNT, OUTPUTS = "model", "account", "outputs"
SHOWN = "_for"
"""The model whose fields a form showed: when another one was picked, they are not meant for it."""

FRACTIONAL_UNITS = frozenset({"second", "minute", "megapixel"})
_USUAL = {"second": "8", "minute": "1", "character": "600", "word": "500", "token": "1000"}


class First(NamedTuple):
    """What a platform's page shows before anything is picked."""

    model: str
    params: Mapping[str, str]
    account: str


FIRST = {
    "artlist": First("veo-3.1", {"resolution": "1080p", "audio": "on"}, "pixelforge"),
    "imagineart": First("example-video", {}, "ravi"),
    "videodraft": First("google-text-to-speech", {"characters": "9000"}, "academy"),
}


class Pick(NamedTuple):
    """A generation and the account that asks for it, as texts; `account` is empty for none."""

    model: str
    params: Mapping[str, str]
    outputs: str
    account: str

    @property
    def address(self) -> str:
        """The query that leads to this pick again."""
        named = {MODEL: self.model, **self.params, OUTPUTS: self.outputs, ACCOUNT: self.account}
        return urlencode(named)

    def by(self, account: str) -> "Pick":
        """The same generation for another account."""
        return self._replace(account=account)

    def query(self, account: str | None) -> queries.QuoteFor:
        """What is asked: empty quantities are left out. Raises `InvalidRequest`."""
        params = {name: value for name, value in self.params.items() if value}
        return queries.QuoteFor(self.model, params, _outputs(self.outputs), account)


class Field(NamedTuple):
    """One input: its choices, or a number of `unit` if there are none."""

    name: str
    value: str
    choices: Sequence[str] = ()
    most: int | None = None
    exact: bool = False
    """Whether only whole numbers are taken."""
    hint: str = ""


def read(given: Iterable[tuple[str, str]], card: RateCard, first: First) -> Pick:
    """The pick that an address names; what it leaves open is as usual."""
    named = {name: value.strip() for name, value in given}
    account = named.pop(ACCOUNT, first.account)
    outputs = named.pop(OUTPUTS, "1") or "1"
    model, shown = named.pop(MODEL, None), named.pop(SHOWN, None)
    if model is None:
        model = first.model if card.knows(first.model) else card.catalog.models[0].id
        named = {**first.params, **named} if model == first.model else named
    if not card.knows(model):
        return Pick(model, named, outputs, account)
    picked = card.model(model).model
    if shown is not None and shown != picked.id:
        named = {}
    return Pick(picked.id, {**usual(picked), **named}, outputs, account)


def usual(model: Model) -> dict[str, str]:
    """A value for every setting and every quantity that is priced."""
    settings = {each.name: each.default or each.values[0] for each in model.settings}
    return settings | {f"{unit}s": _usual_quantity(model, unit) for unit in _units(model)}


def of_rate(model: Model, when: Mapping[str, Sequence[str]], account: str) -> Pick:
    """A pick that a row of the price list is for."""
    params = usual(model) | {name: values[0] for name, values in when.items()}
    return Pick(model.id, params, "1", account)


def instead(pick: Pick, model: Model, settings: Mapping[str, str]) -> Pick:
    """Another model in place of what was picked, in the quantities that it was picked in."""
    quantities = {*(f"{unit}s" for unit in _units(model)), *model.unpriced}
    kept = {name: value for name, value in pick.params.items() if name in quantities}
    return pick._replace(model=model.id, params={**usual(model), **settings, **kept})


def fields(model: Model, pick: Pick) -> list[Field]:
    """The inputs for a model's settings, its quantities and the number of outputs."""
    return [
        *(_setting(each.name, each.values, pick) for each in model.settings),
        *(_quantity(model, unit, pick) for unit in _units(model)),
        *(_unpriced(name, pick) for name in model.unpriced),
        Field(OUTPUTS, pick.outputs, most=MAX_OUTPUTS, exact=True,
              hint="each variant costs the same"),
    ]  # fmt: skip


def tools(catalog: Catalog) -> list[tuple[str, list[Model]]]:
    """The models under the names of their tools."""
    found = [
        (tool.name, [model for model in catalog.models if model.tool == tool.id])
        for tool in catalog.tools
    ]
    return [(name, models) for name, models in found if models]


def _outputs(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:9]) <= MAX_OUTPUTS):
        raise InvalidRequest(
            f"outputs must be a whole number from 1 to {MAX_OUTPUTS:,}, not '{text[:40]}'",
            where=OUTPUTS,
        )
    return int(text[:9])


def _units(model: Model) -> list[str]:
    units = [unit_of(rate.price) for rate in model.rates]
    return list(dict.fromkeys(unit for unit in units if unit))


def _listed(model: Model, unit: str) -> list[str]:
    """The quantities that are sold, where only some are."""
    tables = [each.price for each in model.rates if isinstance(each.price, Table)]
    amounts = [amount for table in tables if table.unit == unit for amount, _ in table.rows]
    return [str(show(each)) for each in dict.fromkeys(amounts)]


def _usual_quantity(model: Model, unit: str) -> str:
    listed = _listed(model, unit)
    return listed[0] if listed else _USUAL.get(unit, "1")


def _setting(name: str, values: Sequence[str], pick: Pick) -> Field:
    return Field(name, _as_listed(pick.params.get(name, ""), values), values)


def _as_listed(value: str, values: Sequence[str]) -> str:
    """A value in the spelling of the list; one that is not there stays as it is."""
    return {each.casefold(): each for each in values}.get(value.casefold(), value)


def _quantity(model: Model, unit: str, pick: Pick) -> Field:
    name = f"{unit}s"
    exact = unit not in FRACTIONAL_UNITS
    return Field(name, pick.params.get(name, ""), _listed(model, unit), exact=exact)


def _unpriced(name: str, pick: Pick) -> Field:
    return Field(name, pick.params.get(name, ""), hint="does not change the price")
