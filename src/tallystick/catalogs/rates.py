"""Models, their settings and their rates, as read from a catalog file."""

import re

from ..core.catalog import (
    UNITS,
    Flat,
    Model,
    PerUnit,
    Price,
    Range,
    Rate,
    Setting,
    Table,
)
from ..core.credits import SCALE
from ..core.errors import InvalidRequest, describe
from ..core.pricing import quantity
from .fields import MAX_NAME_CHARACTERS, MODEL_ID, Form, Shape, texts
from .places import Places
from .reader import ListNode, Node, ObjectNode, ScalarNode

MAX_RATES = 1_000

MODEL = Shape(
    "a model",
    ("name", "tool", "rates"),
    ("id", "pro", "aliases", "settings", "unpriced", "note"),
)
SETTINGS = Shape("settings", others=True)
SETTING = Shape("a setting", ("values",), ("default",))
_PRICE = ("credits", "per", "at_least", "at_most", "table", "free")
RATE = Shape("a rate", (), (*_PRICE, "when", "note", "plans", "id"))
WHEN = Shape("when", others=True)
TABLE = Shape("a table", ("by",), others=True)
PLAN_PRICES = Shape("plans", others=True)
PLAN_PRICE = Shape("a plan's own price", (), _PRICE)

QUANTITIES = tuple(unit + "s" for unit in UNITS)

_SETTING_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_VALUE = re.compile(r"[^\s=,+]{1,64}")
_PER = re.compile(r"(?:(\S+) )?([a-z]+)")
_RANGE = re.compile(r"(.+?) ?\.\. ?(.+)")


def slug(name: str) -> str:
    """The id of a model that gives none: ``Veo 3.1`` -> ``veo-3.1``."""
    return re.sub(r"[^a-z0-9.]+", "-", name.casefold()).strip("-.")


def read_model(form: Form) -> Model:
    name = form.text("name")
    model_id = form.id(pattern=MODEL_ID) if form.has("id") else slug(name)
    if name and not model_id and not form.has("id"):
        form.reject(
            "name", "missing_field", f"give an id: {describe(name)} cannot be turned into one"
        )
    settings = tuple(_settings(form))
    rates = tuple(read_rate(each, model_id) for each in form.forms("rates", RATE, MAX_RATES))
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
        unpriced=form.choices("unpriced", QUANTITIES, "a quantity"),
        note=form.note(),
    )
    return form.places.keep(model, form.node)


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
    return places.keep(Setting(name, _values(places, node, name), default), node)


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


def read_rate(form: Form, model_id: str) -> Rate:
    when = _when(form)
    rate = Rate(
        id=form.text("id") if form.has("id") else _rate_id(form, model_id, when),
        price=read_price(form),
        when=when,
        plan_prices=_plan_prices(form),
        note=form.note(),
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


def _when(form: Form) -> dict[str, tuple[str, ...]]:
    when = form.form("when", WHEN)
    if when is None:
        return {}
    return {name: _values(form.places, field.value, name) for name, field in when.fields.items()}


def _plan_prices(form: Form) -> dict[str, Price]:
    plans = form.form("plans", PLAN_PRICES)
    if plans is None:
        return {}
    return {
        plan: read_price(Form(form.places, field.value, PLAN_PRICE))
        for plan, field in plans.fields.items()
    }


def read_price(form: Form) -> Price:
    """The price a mapping states in one of three ways: credits, table or free."""
    ways = [name for name in ("credits", "table", "free") if form.has(name)]
    if len(ways) != 1:
        if isinstance(form.node, ObjectNode):
            said = f", not {' and '.join(ways)}" if ways else ""
            message = f"{form.what} needs one of credits, table or free{said}"
            form.places.report(
                form.node, "conflicting_fields" if ways else "missing_field", message
            )
        return Flat(0)
    if ways == ["credits"]:
        return _credits_price(form)
    _conflict(form, f"{ways[0]} is the whole price", "per", "at_least", "at_most")
    if ways == ["table"]:
        return _table(form)
    if not form.flag("free", True):
        form.reject("free", "wrong_value", "free must be true or left out")
    return Flat(0)


def _conflict(form: Form, why: str, *names: str) -> None:
    for name in names:
        if form.has(name):
            form.reject(name, "conflicting_fields", f"{name} does not go here: {why}")


def _credits_price(form: Form) -> Price:
    unit, per = _per(form)
    written = form.text("credits")
    ends = _RANGE.fullmatch(written)
    if ends is not None:
        _conflict(form, "the range is the limit", "at_least", "at_most")
        if per != SCALE:
            form.reject("per", "conflicting_fields", "a range is per one unit")
        low, high = (form.amount("credits", each) for each in ends.groups())
        return Range(low, high, unit)
    if unit is None:
        _conflict(form, "it limits a price per unit, and there is no per", "at_least", "at_most")
        return Flat(form.amount("credits", written) if written else 0)
    return PerUnit(
        credits=form.amount("credits", written) if written else 0,
        unit=unit,
        per=per,
        at_least=form.credits("at_least") if form.has("at_least") else None,
        at_most=form.credits("at_most") if form.has("at_most") else None,
    )


def _table(form: Form) -> Table:
    """``{by: seconds, 5: 300, 8: 400}``: a price for exactly these quantities."""
    table = Form(form.places, form.value("table") or form.node, TABLE)
    unit = _unit(table, "by", table.text("by")) if table.has("by") else UNITS[0]
    rows = tuple(
        (_count(form.places, field.key, written, unit), table.credits(written))
        for written, field in table.fields.items()
        if written != "by"
    )
    return Table(unit, rows)


def _per(form: Form) -> tuple[str | None, int]:
    """``second`` or ``5 characters`` as unit and micro-units; no unit when it is left out."""
    node, written = form.value("per"), form.text("per")
    if node is None or not written:
        return None, SCALE
    parts = _PER.fullmatch(written)
    if parts is None:
        message = f"per must be a unit such as second, or 5 characters, not {describe(written)}"
        form.reject("per", "wrong_value", message)
        return None, SCALE
    count, word = parts.groups()
    unit = _unit(form, "per", word)
    return unit, _count(form.places, node, count, unit) if count else SCALE


def _unit(form: Form, name: str, word: str) -> str:
    unit = word.removesuffix("s")
    if unit not in UNITS:
        near = form.places.nearest(unit, UNITS) or f" (one of: {', '.join(UNITS)})"
        form.reject(name, "unknown_unit", f"unknown unit {describe(word)}{near}")
        return UNITS[0]
    return unit


def _count(places: Places, node: Node, written: str, unit: str) -> int:
    """So many units, in micro-units."""
    try:
        return quantity(written, unit + "s")
    except InvalidRequest as error:
        places.report(node, "wrong_value", error.message)
        return SCALE
