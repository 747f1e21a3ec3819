"""Prices and costs, as read from a catalog file: every way in which a rate can state them."""

import re

from ..core.arithmetic import many_of
from ..core.catalog import (
    UNITS,
    Cost,
    Flat,
    PerUnit,
    Price,
    Range,
    Sum,
    Table,
    Term,
    Tier,
    Unit,
)
from ..core.credits import SCALE
from ..core.errors import InvalidRequest, describe
from ..core.quantities import Units, quantity
from .fields import MAX_NOTE_CHARACTERS, Form, Shape
from .places import Places
from .reader import ListNode, Node, ObjectNode

MAX_TERMS = 50
"""Terms of a sum, and tiers of a term."""

_WAYS = ("credits", "table", "free", "terms", "graduated", "volume")
_TIERED = ("graduated", "volume")
PRICE = (*_WAYS, "per", "step", "by", "at_least", "at_most")
TABLE = Shape("a table", ("by",), others=True)
TERM = Shape("a term", (), ("credits", *_TIERED, "per", "step", "by"))
TIER = Shape("a tier", ("credits",), ("up_to", "per"))
COST = Shape("a cost", ("amount", "currency"), ("per", "source"))

_PER = re.compile(r"(?:(\S+) )?([a-z][a-z0-9_]*)")
_RANGE = re.compile(r"(.+?) ?\.\. ?(.+)")
_AMOUNT = re.compile(r"\d{1,9}(\.\d{1,12})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


def read_price(form: Form, units: Units) -> Price:
    """The price a mapping states in one of its ways: credits, a table, free, a sum, tiers."""
    ways = [name for name in _WAYS if form.has(name)]
    if len(ways) != 1:
        if isinstance(form.node, ObjectNode):
            said = f", not {' and '.join(ways)}" if ways else ""
            message = f"{form.what} needs one of {', '.join(_WAYS[:-1])} or {_WAYS[-1]}{said}"
            code = "conflicting_fields" if ways else "missing_field"
            form.places.report(form.node, code, message)
        return Flat(0)
    way = ways[0]
    if way == "credits":
        return _credits_price(form, units)
    if way in _TIERED or way == "terms":
        return _sum(form, units, way)
    _conflict(form, f"{way} is the whole price", "per", "step", "by", "at_least", "at_most")
    if way == "table":
        return _table(form, units)
    if not form.flag("free", True):
        form.reject("free", "wrong_value", "free must be true or left out")
    return Flat(0)


def _conflict(form: Form, why: str, *names: str) -> None:
    for name in names:
        if form.has(name):
            form.reject(name, "conflicting_fields", f"{name} does not go here: {why}")


def _credits_price(form: Form, units: Units) -> Price:
    unit, per = _per(form, units)
    written = form.text("credits")
    ends = _RANGE.fullmatch(written)
    _conflict(form, "it is for prices by tiers", "by")
    if ends is not None:
        _conflict(form, "the range is the limit", "at_least", "at_most", "step")
        if per != SCALE:
            form.reject("per", "conflicting_fields", "a range is per one unit")
        low, high = (form.amount("credits", each) for each in ends.groups())
        return Range(low, high, None if unit is None else unit.one, _many(unit))
    amount = form.amount("credits", written) if written else 0
    if unit is None:
        why = "it is about a price per unit, and there is no per"
        _conflict(form, why, "at_least", "at_most", "step")
        return Flat(amount)
    return PerUnit(
        credits=amount,
        unit=unit.one,
        per=per,
        at_least=_limit(form, "at_least"),
        at_most=_limit(form, "at_most"),
        step=_step(form, unit, units),
        many=_many(unit),
    )


def _limit(form: Form, name: str) -> int | None:
    return form.credits(name) if form.has(name) else None


def _many(unit: Unit | None) -> str | None:
    """The plural of a unit, where it is not simply the unit with an s."""
    return None if unit is None or unit.many == many_of(unit.one, None) else unit.many


def _sum(form: Form, units: Units, way: str) -> Sum:
    """A list of terms; a price by tiers is a sum of one."""
    if way == "terms":
        _conflict(form, "each term has its own", "per", "step", "by")
        terms = tuple(_term(each, units) for each in form.forms("terms", TERM, MAX_TERMS))
        if not terms and isinstance(form.value("terms"), ListNode):
            form.reject("terms", "empty_field", "terms is empty: a sum needs at least one")
    else:
        terms = (_term(form, units),)
    return Sum(terms, _limit(form, "at_least"), _limit(form, "at_most"))


def _term(form: Form, units: Units) -> Term:
    """``{credits: 5}``, ``{credits: 1, per: 1000 tokens}``, or the rate by tiers."""
    unit, per = _per(form, units)
    ways = [name for name in ("credits", *_TIERED) if form.has(name)]
    if len(ways) != 1 and isinstance(form.node, ObjectNode):
        said = f", not {' and '.join(ways)}" if ways else ""
        message = f"{form.what} needs one of credits, graduated or volume{said}"
        form.places.report(form.node, "conflicting_fields" if ways else "missing_field", message)
        return Term()
    tiered = bool(ways) and ways[0] in _TIERED
    if unit is None and isinstance(form.node, ObjectNode):
        if tiered and not form.has("per"):
            form.places.report(form.node, "missing_field", f"{form.what} by tiers needs per")
        _conflict(form, "it is about a price per unit, and there is no per", "step")
    if ways != ["volume"]:
        _conflict(form, "it says which quantity chooses the tier of a volume price", "by")
    written = "" if tiered else form.text("credits")
    return Term(
        credits=form.amount("credits", written) if written else 0,
        unit=None if unit is None else unit.one,
        per=per,
        step=None if unit is None else _step(form, unit, units),
        tiers=_tiers(form, ways[0], unit, per, units) if tiered else (),
        graduated=ways == ["graduated"],
        by=_by(form, units) if ways == ["volume"] else (),
        many=_many(unit),
    )


def _tiers(form: Form, way: str, unit: Unit | None, per: int, units: Units) -> tuple[Tier, ...]:
    """``[{up_to: 200000, credits: 1}, {credits: 2}]``, in the order of their bounds."""
    found: list[Tier] = []
    for each in form.forms(way, TIER, MAX_TERMS):
        other, own_per = _per(each, units)
        if other is not None and unit is not None and other != unit:
            each.reject("per", "conflicting_fields", f"the tiers of a term all count {unit.many}")
        tier = Tier(
            credits=each.credits("credits"),
            per=own_per if each.has("per") else per,
            up_to=_up_to(each, unit) if each.has("up_to") else None,
        )
        found.append(tier)
    _check_tiers(form, way, found)
    return tuple(found)


def _up_to(form: Form, unit: Unit | None) -> int:
    node = form.value("up_to") or form.node
    many = "units" if unit is None else unit.many
    return _count(form.places, node, form.text("up_to"), many, unit)


def _check_tiers(form: Form, way: str, tiers: list[Tier]) -> None:
    """Each tier but the last ends, higher than the one before it."""
    ends = [tier.up_to for tier in tiers]
    if not tiers:
        form.reject(way, "empty_field", f"{way} is empty: it needs at least one tier")
    elif ends[-1] is not None:
        message = f"the last tier of {way} must have no up_to, or more than that has no price"
        form.reject(way, "tiers", message)
    elif None in ends[:-1] or ends[:-1] != sorted(set(ends[:-1]), key=lambda end: end or 0):
        message = f"the tiers of {way} must each have a higher up_to than the one before"
        form.reject(way, "tiers", message)


def _by(form: Form, units: Units) -> tuple[str, ...]:
    """The quantities whose sum chooses the tier of a volume price."""
    if not form.has("by"):
        return ()
    node = form.value("by")
    words = form.texts("by") if isinstance(node, ListNode) else (form.text("by"),)
    found = [find_unit(form, "by", word, units) for word in words if word]
    return tuple(dict.fromkeys(unit.many for unit in found))


def _step(form: Form, unit: Unit, units: Units) -> int | None:
    """``6`` or ``6 seconds``: how many units are counted at once."""
    written = form.text("step")
    if not written:
        return None
    count, _, word = written.partition(" ")
    if word and units.find(word) != unit:
        message = f"step counts what the price is per, {unit.many}, not {describe(word)}"
        form.reject("step", "conflicting_fields", message)
        return None
    return _count(form.places, form.value("step") or form.node, count, unit.many, unit)


def _table(form: Form, units: Units) -> Table:
    """``{by: seconds, 5: 300, 8: 400}``: a price for exactly these quantities."""
    table = Form(form.places, form.value("table") or form.node, TABLE)
    usual = units.by_one[UNITS[0]]
    unit = find_unit(table, "by", table.text("by"), units) if table.has("by") else usual
    rows = tuple(
        (_count(form.places, field.key, written, unit.many, unit), table.credits(written))
        for written, field in table.fields.items()
        if written != "by"
    )
    return Table(unit.one, rows, _many(unit))


def _per(form: Form, units: Units) -> tuple[Unit | None, int]:
    """``second`` or ``5 characters`` as unit and micro-units; no unit when it is left out. A tier
    may give the number alone."""
    node, written = form.value("per"), form.text("per")
    if node is None or not written:
        return None, SCALE
    if form.what == TIER.what and written[0].isdigit() and " " not in written:
        return None, _count(form.places, node, written, "per", None)
    parts = _PER.fullmatch(written)
    if parts is None:
        message = f"per must be a unit such as second, or 5 characters, not {describe(written)}"
        form.reject("per", "wrong_value", message)
        return None, SCALE
    count, word = parts.groups()
    unit = find_unit(form, "per", word, units)
    return unit, _count(form.places, node, count, unit.many, unit) if count else SCALE


def find_unit(form: Form, name: str, word: str, units: Units) -> Unit:
    """The unit that goes by a word of the field `name`; an unknown one is rejected."""
    found = units.find(word)
    if found is None:
        near = form.places.nearest(word, [*units.by_one, *units.by_many])
        near = near or f" (one of: {', '.join(units.by_one)})"
        form.reject(name, "unknown_unit", f"unknown unit {describe(word)}{near}")
        return units.by_one[UNITS[0]]
    return found


def _count(places: Places, node: Node, written: str, name: str, unit: Unit | None) -> int:
    """So many units, in micro-units."""
    try:
        return quantity(written, name, unit)
    except InvalidRequest as error:
        places.report(node, "wrong_value", error.message)
        return SCALE


def read_costs(form: Form, units: Units) -> tuple[Cost, ...]:
    """What a rate costs the operator: one cost, or a list of them."""
    node = form.value("cost")
    if node is None:
        return ()
    if isinstance(node, ListNode):
        return tuple(_cost(each, units) for each in form.forms("cost", COST, MAX_TERMS))
    return (_cost(Form(form.places, node, COST), units),)


def amount_and_currency(form: Form, amounts: re.Pattern[str], such_as: str) -> tuple[str, str]:
    """The fields `amount` and `currency` of a sum of money; what is wrong with them is rejected."""
    amount, currency = form.text("amount"), form.text("currency")
    if amount and not amounts.fullmatch(amount):
        message = f"amount must be a number such as {such_as}, not {describe(amount)}"
        form.reject("amount", "wrong_value", message)
    if currency and not _CURRENCY.fullmatch(currency):
        message = f"currency must be three capital letters such as USD, not {describe(currency)}"
        form.reject("currency", "wrong_value", message)
    return amount, currency


def _cost(form: Form, units: Units) -> Cost:
    """``{amount: 0.10, currency: USD, per: second, source: the provider's price list}``."""
    amount, currency = amount_and_currency(form, _AMOUNT, such_as="0.05")
    unit, per = _per(form, units)
    source = form.text("source", longest=MAX_NOTE_CHARACTERS) or None
    return Cost(
        amount=amount,
        currency=currency,
        unit=None if unit is None else unit.one,
        per=per,
        source=source,
        many=_many(unit),
    )
