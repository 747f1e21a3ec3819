"""Estimates and capacity: what work costs, what credits are good for (`docs/spec.md` 8.3, 8.4)."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from msgspec.structs import replace

from ..core import limits
from ..core.arithmetic import many_of
from ..core.catalog import (
    Flat,
    Package,
    PerUnit,
    Plan,
    Price,
    Rate,
    Sum,
    Table,
    Tier,
    Wording,
    find_plan,
)
from ..core.credits import MAX, SCALE, Micros, Number, parse, show, text
from ..core.errors import InvalidRequest, describe, unknown
from ..core.instants import Instant
from ..core.pricing import ModelCard, Priced, RateCard, Request
from ..results.estimates import Capacity, CapacityLine, Estimate, EstimateLine

MAX_LINES = 1_000
MAX_ITEMS = 1_000_000_000
MAX_DAYS = 3_660


def estimate(
    card: RateCard,
    lines: Sequence[tuple[int, Request]],
    days: object,
    buffer: object,
    plan: Plan | None,
    at: Instant | None = None,
) -> Estimate:
    """The estimate of `lines`, as `read_lines` reads them.

    Raises `InvalidRequest` for a line that cannot be priced, or a sum above the largest amount.
    """
    times = limits.whole(days, "days", 1, MAX_DAYS)
    share, said = read_buffer(buffer)
    priced = [_line(card, count, card.price(asked, plan, at), times) for count, asked in lines]
    subtotal = sum(most for _, most, _ in priced)
    if subtotal * (SCALE + share) > MAX * SCALE:
        raise InvalidRequest(
            f"this comes to more than {card.catalog.wording.amount(MAX)}, the largest amount "
            "there is",
            where="lines",
        )
    extra = -(-subtotal * share // (SCALE * SCALE)) * SCALE
    return Estimate(
        credits=show(subtotal + extra),
        subtotal=show(subtotal),
        buffer=said,
        buffer_credits=show(extra),
        min=show(sum(least for _, _, least in priced)),
        days=times,
        lines=tuple(line for line, _, _ in priced),
    )


def _line(
    card: RateCard, count: int, priced: Priced, days: int
) -> tuple[EstimateLine, Micros, Micros]:
    most, least = priced.credits * count * days, priced.least * count * days
    line = EstimateLine(
        count=count,
        model=priced.model,
        name=card.by_id(priced.model).model.name,
        settings=dict(priced.settings),
        each=show(priced.credits),
        credits=show(most),
        min=show(least),
    )
    return line, most, least


def read_lines(
    lines: Sequence[Any], card: RateCard, tool: str | None = None
) -> list[tuple[int, Request]]:
    """The lines of an estimate, each a text or ``(count, model, settings_and_quantities)``. `tool`
    is that of the lines whose model is one of several of that name.

    Raises `InvalidRequest` for a line that cannot be read, and for too many lines.
    """
    if not isinstance(lines, (list, tuple)) or not 0 < len(lines) <= MAX_LINES:
        raise InvalidRequest(f"an estimate is a list of 1 to {MAX_LINES:,} lines", where="lines")
    of_tool = None if tool is None else card.tool(tool)
    read = [read_line(line) for line in lines]
    return [
        (count, replace(asked, tool=of_tool) if card.is_shared(asked) else asked)
        for count, asked in read
    ]


_LINE = re.compile(r"\s*([0-9,]+)\s*[x\u00d7*]\s+(.+)", re.DOTALL)


def read_line(line: object) -> tuple[int, Request]:
    """``"30 x Veo 3.1 seconds=8 audio=on"`` or ``(30, "Veo 3.1", {"seconds": 8})``.

    Raises `InvalidRequest` for anything else.
    """
    if isinstance(line, str):
        matched = _LINE.fullmatch(line[:1_000])
        if matched is None:
            raise InvalidRequest(
                f"an estimate's line is written like '30 x Veo 3.1 seconds=8', not "
                f"{describe(line)}",
                where="lines",
            )
        count = int(matched[1].replace(",", "")[:20] or 0)
        model, params = read_words(matched[2].split())
    elif isinstance(line, (list, tuple)) and 2 <= len(line) <= 3 and _named(line[2:]):
        count, model, params = line[0], line[1], dict(line[2]) if line[2:] else {}
    else:
        raise InvalidRequest(
            "an estimate's line is a text, or (count, model, settings and quantities)",
            where="lines",
        )
    limits.whole(count, "count", 1, MAX_ITEMS)
    outputs, tool = params.pop("outputs", 1), params.pop("tool", None)
    return count, Request(model, params, outputs, tool)


def _named(rest: Sequence[Any]) -> bool:
    return not rest or isinstance(rest[0], dict)


def read_words(given: Iterable[str]) -> tuple[str, dict[str, Any]]:
    """``Veo 3.1 seconds=8 audio=on`` as the model's name and its settings and quantities."""
    names, params = [], {}
    for word in given:
        name, equals, value = word.partition("=")
        if equals:
            params[name] = (
                int(value) if value.isascii() and value.isdecimal() and len(value) < 16 else value
            )
        else:
            names.append(word)
    return " ".join(names), params


def read_buffer(buffer: object) -> tuple[int, str]:
    """A share such as ``0.2`` or ``"20%"``, in millionths and as written in per cent."""
    if isinstance(buffer, str) and buffer.strip().endswith("%"):
        share = parse(buffer.strip()[:-1].strip(), "buffer", maximum=1_000 * SCALE) // 100
    else:
        share = parse(buffer, "buffer", maximum=10 * SCALE)
    return share, f"{show(share * 100)}%"


def capacity(
    card: RateCard,
    plan: str,
    package: Number | None,
    tool: str | None = None,
    at: Instant | None = None,
) -> Capacity:
    """What the monthly credits of a plan's package are good for, computed from the rates; of one
    `tool`, and without what has ended `at` an instant, if they are given.

    Raises `InvalidRequest` for an unknown plan, package or tool.
    """
    catalog = card.catalog
    found = find_plan(catalog, plan) if isinstance(plan, str) else None
    if found is None:
        raise unknown("plan", plan, [each.name for each in catalog.plans])
    chosen = _package(found, package, catalog.wording)
    credits = chosen.credits if chosen else _free_month(card, found)
    tools = chosen.tools if chosen and chosen.tools is not None else found.tools
    only = None if tool is None else card.tool(tool)
    lines = []
    for model in catalog.models:
        if only not in (None, model.tool):
            continue
        if (tools is None or model.tool in tools) and (found.pro_models or not model.pro):
            for rate in model.rates:
                if at is None or not card.by_id(model.id).ended(rate, at):
                    lines += _capacity_lines(card.by_id(model.id), rate, credits, found)
    return Capacity(
        plan=found.name,
        package=show(chosen.credits) if chosen else None,
        credits=show(credits),
        lines=tuple(lines),
    )


def _package(plan: Plan, package: Number | None, wording: Wording) -> Package | None:
    if package is None and len(plan.packages) <= 1:
        return plan.packages[0] if plan.packages else None
    wanted = None if package is None else parse(package, "package")
    for each in plan.packages:
        if each.credits == wanted:
            return each
    allowed = [str(show(each.credits)) for each in plan.packages]
    raise InvalidRequest(
        f"{plan.name} comes with {' or '.join(allowed) or 'no'} {wording.credits} a month",
        where="package",
        allowed=allowed,
    )


def _free_month(card: RateCard, plan: Plan) -> Micros:
    """The free credits of a month on a plan that is not sold."""
    return sum(
        free.credits
        for free in card.catalog.free_credits
        if free.window == "month" and (free.plans is None or plan.id in free.plans)
    )


def _capacity_lines(card: ModelCard, rate: Rate, credits: Micros, plan: Plan) -> list[CapacityLine]:
    price = rate.plan_prices.get(plan.id, rate.price)
    unlimited = card.model.tool in plan.unlimited
    settings = {name: "/".join(values) for name, values in rate.when.items()}
    return [
        CapacityLine(
            tool=card.model.tool,
            model=card.model.id,
            name=card.model.name,
            settings=settings,
            unit=unit,
            credits=show(each),
            per=show(per),
            count=None if unlimited or not each else _count(credits, each, per, step),
            units=units,
        )
        for unit, each, per, step, units in _measures(price)
    ]


def _count(credits: Micros, each: Micros, per: int, step: int) -> int:
    """How many units the credits pay for, in whole steps (micro-units)."""
    return credits * per // (each * step) * step // SCALE


_Measure: TypeAlias = tuple[str, Micros, int, int, str | None]
"""What to count of a price: the unit, its credits per how many micro-units, the step in which it is
counted (micro-units), and its plural if that is the catalog's own."""


def _measures(price: Price) -> list[_Measure]:
    if isinstance(price, Flat):
        return [("generation", price.credits, SCALE, SCALE, None)]
    if isinstance(price, Table):
        many = many_of(price.unit, price.many)
        listed = [f"generation of {text(amount)} {many}" for amount, _ in price.rows]
        rows = zip(listed, price.rows, strict=True)
        return [(unit, cost, SCALE, SCALE, None) for unit, (_, cost) in rows]
    if isinstance(price, PerUnit):
        if price.at_least is not None:  # a generation costs this much however short it is
            return [
                (f"generation{_reach(price, price.at_least)}", price.at_least, SCALE, SCALE, None)
            ]
        return [(price.unit, price.credits, price.per, price.step or SCALE, price.many)]
    if isinstance(price, Sum):  # each term by itself, at its first rate
        return [
            (term.unit or "generation", first.credits, first.per, term.step or SCALE, term.many)
            for term in price.terms
            for first in (*term.tiers, Tier(term.credits, term.per))[:1]
        ]
    return [(price.unit or "generation", price.maximum, SCALE, SCALE, price.many)]


def _reach(price: PerUnit, at_least: Micros) -> str:
    """How much a generation may have for the least price: `` of up to 100 characters``."""
    if not price.credits:
        return ""
    step = price.step or 1
    units = at_least * price.per // (price.credits * step) * step
    unit = price.unit if units == SCALE else many_of(price.unit, price.many)
    return f" of up to {text(units)} {unit}" if units else ""
