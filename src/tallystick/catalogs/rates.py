"""Models, their settings and their rates, as read from a catalog file."""

import re
from typing import NamedTuple

from ..core import dates
from ..core.catalog import Model, Price, Rate, Setting
from ..core.errors import InvalidRequest, describe
from ..core.instants import Instant
from ..core.quantities import Units
from .fields import MAX_NAME_CHARACTERS, MODEL_ID, Form, Shape, texts
from .places import Places
from .price_forms import PRICE, read_costs, read_price
from .reader import ListNode, Node, ScalarNode

MAX_RATES = 1_000

MODEL = Shape(
    "a model",
    ("name", "tool", "rates"),
    ("id", "pro", "aliases", "settings", "unpriced", "until", "note"),
)
SETTINGS = Shape("settings", others=True)
SETTING = Shape("a setting", ("values",), ("default",))
RATE = Shape("a rate", (), (*PRICE, "when", "note", "plans", "id", "until", "cost"))
WHEN = Shape("when", others=True)
PLAN_PRICES = Shape("plans", others=True)
PLAN_PRICE = Shape("a plan's own price", (), PRICE)

_SETTING_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_VALUE = re.compile(r"[^\s=,+]{1,64}")


class Reading(NamedTuple):
    """What the models of a catalog are read by: its units, and the zone in which its days begin."""

    units: Units
    zone: str


def slug(name: str) -> str:
    """The id of a model that gives none: ``Veo 3.1`` -> ``veo-3.1``."""
    return re.sub(r"[^a-z0-9.]+", "-", name.casefold()).strip("-.")


def read_model(form: Form, reading: Reading) -> Model:
    """A model with its rates."""
    name = form.text("name")
    model_id = form.id(pattern=MODEL_ID) if form.has("id") else slug(name)
    if name and not model_id and not form.has("id"):
        form.reject(
            "name", "missing_field", f"give an id: {describe(name)} cannot be turned into one"
        )
    settings = tuple(_settings(form))
    spellings = {setting.name: _spellings(setting.values) for setting in settings}
    rates = tuple(
        _read_rate(each, model_id, spellings, reading)
        for each in form.forms("rates", RATE, MAX_RATES)
    )
    if not rates and form.has("rates"):
        form.reject("rates", "empty_field", "rates is empty: a model needs at least one")
    model = Model(
        id=model_id,
        name=name,
        tool=form.text("tool"),
        rates=rates,
        settings=settings,
        pro=form.flag("pro", False),
        aliases=form.texts("aliases"),
        unpriced=form.choices("unpriced", tuple(reading.units.by_many), "a quantity"),
        note=form.note(),
        until=_until(form, reading),
    )
    return form.places.keep(model, form.node)


def _until(form: Form, reading: Reading) -> Instant | None:
    """The instant at which a model or a rate ends; a date begins where the platform is."""
    written = form.text("until")
    if not written:
        return None
    try:
        return dates.read_day(written, "until", reading.zone)
    except InvalidRequest as error:
        form.reject("until", "wrong_value", error.message)
        return None


def _settings(form: Form) -> list[Setting]:
    settings = form.form("settings", SETTINGS)
    if settings is None:
        return []
    return [
        _setting(form.places, name, field.value)
        for name, field in settings.fields.items()
        if _setting_name(form.places, field.key, name)
    ]


def _setting_name(places: Places, key: Node, name: str) -> bool:
    if _SETTING_NAME.fullmatch(name):
        return True
    message = "a setting's name must be lower-case letters, digits and underscores, not "
    places.report(key, "wrong_value", message + describe(name))
    return False


def _setting(places: Places, name: str, node: Node) -> Setting:
    """A list of values, or ``{values: [...], default: x}``; it stands where its values stand."""
    default = None
    if not isinstance(node, ListNode):
        form = Form(places, node, SETTING)
        default = form.text("default") or None
        node = form.value("values") or ListNode((), node.start, node.end)
    values = _values(places, node, name)
    default = None if default is None else _spelt(default, _spellings(values))
    return places.keep(Setting(name, values, default), node)


def _spellings(values: tuple[str, ...]) -> dict[str, str]:
    """How a setting spells its values, which are matched in any case."""
    return {value.casefold(): value for value in reversed(values)}


def _spelt(word: str, spellings: dict[str, str]) -> str:
    return spellings.get(word.casefold(), word)


def _values(places: Places, node: Node, name: str) -> tuple[str, ...]:
    """The values of a setting, as a list or a single word."""
    nodes = node.nodes if isinstance(node, ListNode) else (node,)
    found = texts(places, nodes, name)
    sound = set(found)
    for each in nodes:
        if isinstance(each, ScalarNode) and each.line in sound and not _VALUE.fullmatch(each.line):
            message = f"{name} takes single words of at most 64 characters without = , or +"
            places.report(each, "wrong_value", f"{message}, not {describe(each.line)}")
    return found


def _read_rate(
    form: Form, model_id: str, spellings: dict[str, dict[str, str]], reading: Reading
) -> Rate:
    when = _when(form, spellings)
    rate = Rate(
        id=form.text("id") if form.has("id") else _rate_id(form, model_id, when),
        price=read_price(form, reading.units),
        when=when,
        plan_prices=_plan_prices(form, reading.units),
        note=form.note(),
        until=_until(form, reading),
        costs=read_costs(form, reading.units),
    )
    return form.places.keep(rate, form.node)


def _rate_id(form: Form, model_id: str, when: dict[str, tuple[str, ...]]) -> str:
    """``veo-3.1/resolution=720p+1080p,audio=off``; the model's id when nothing is matched."""
    matched = ",".join(f"{name}={'+'.join(values)}" for name, values in when.items())
    found = f"{model_id}/{matched}" if matched else model_id
    if len(found) > MAX_NAME_CHARACTERS:
        message = f"this rate's id would have {len(found):,} characters: give it an id of its own"
        form.places.report(form.node, "too_long", message)
    return found


def _when(form: Form, spellings: dict[str, dict[str, str]]) -> dict[str, tuple[str, ...]]:
    """The settings a rate is for, their values spelt as the model spells them."""
    when = form.form("when", WHEN)
    if when is None:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for name, field in when.fields.items():
        written = _values(form.places, field.value, name)
        found[name] = tuple(_spelt(value, spellings.get(name, {})) for value in written)
    return found


def _plan_prices(form: Form, units: Units) -> dict[str, Price]:
    plans = form.form("plans", PLAN_PRICES)
    if plans is None:
        return {}
    return {
        plan: read_price(Form(form.places, field.value, PLAN_PRICE), units)
        for plan, field in plans.fields.items()
    }
