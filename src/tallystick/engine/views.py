"""Inside to outside: core values as the border shows them."""

from collections.abc import Callable, Iterable
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any, get_args, get_type_hints

from msgspec.structs import replace

from .. import results
from ..core.account import OpenCap
from ..core.caps import CapTerms
from ..core.credits import SCALE, Micros, show, text
from ..core.grants import Part, Parts
from ..core.history import History
from ..core.instants import Instant, to_datetime
from ..core.pricing import ModelCard, Priced
from ..core.refusal_facts import RefusalFacts
from ..core.refusals import BY_CODE, Refusal, Refused, WayOut
from ..core.subscription import Subscription


def moment(at: Instant | None) -> datetime | None:
    return None if at is None else to_datetime(at)


def burns(parts: Parts) -> tuple[results.Burn, ...]:
    """What was taken of each grant, or given back to it: each stands there once."""
    if len(parts) > 1:
        parts = _merged(parts)
    return tuple([
        results.Burn(grant=f"g{part.grant}", source=part.source, credits=show(part.credits))
        for part in parts
    ])  # fmt: skip


def cap_terms(terms: Iterable[CapTerms]) -> tuple[results.CapTerms, ...]:
    return tuple([
        results.CapTerms(credits=show(each.credits), every=each.every, tools=each.tools)
        for each in terms
    ])  # fmt: skip


def caps(found: Iterable[OpenCap]) -> tuple[results.CapView, ...]:
    return tuple([
        results.CapView(
            credits=show(each.cap.credits or 0),
            every=each.cap.every,
            tools=each.cap.tools,
            used=show(each.used),
            resets_at=moment(each.ends_at),
        )
        for each in found
    ])  # fmt: skip


def _merged(parts: Parts) -> Parts:
    """The parts with those of one grant as one, where the first of them stood."""
    found: dict[int, Part] = {}
    for part in parts:
        before = found.get(part.grant)
        credits = part.credits + (before.credits if before else 0)
        found[part.grant] = Part(part.grant, part.source, credits)
    return tuple(found.values())


def priced_line(priced: Priced, history: History) -> results.PricedLine:
    card = history.version(priced.version).by_id(priced.model)
    listed = priced.list_credits
    line = results.PricedLine(
        model=priced.model,
        name=card.model.name,
        tool=priced.tool,
        rate=priced.rate,
        unit=priced.unit,
        quantity=show(priced.quantity),
        outputs=priced.outputs,
        settings=dict(priced.settings),
        credits=show(priced.credits),
        list_credits=None if listed is None else show(listed),
        plan=priced.plan,
    )
    return replace(line, **_counted(priced, card)) if card.counts else line


def _counted(priced: Priced, card: ModelCard) -> dict[str, Any]:
    """What a line says besides of a price with terms, steps or units of the catalog's own."""
    price = card.price_of(priced)
    stated = card.stated(priced)
    return {
        "terms": tuple(
            results.TermLine(
                unit=term.unit or "generation",
                quantity=show(amount),
                exact=fraction(exact),
                units=term.many,
            )
            for term, amount, exact in card.terms(priced)
        ),
        "stated": None if stated is None else show(stated),
        "units": getattr(price, "many", None),
    }


def fraction(exact: Fraction) -> str:
    """``2.4`` where a decimal of six places says it all, else ``1/3``."""
    scaled = exact * SCALE
    return str(show(scaled.numerator)) if scaled.denominator == 1 else str(exact)


def fraction_words(exact: Fraction) -> str:
    """The same for people: ``3,000.5``, ``10,000/3``."""
    scaled = exact * SCALE
    if scaled.denominator == 1:
        return text(scaled.numerator)
    return f"{exact.numerator:,}/{exact.denominator:,}"


def catalog_ref(version: int, history: History) -> results.CatalogRef:
    return _catalog_ref(history.platform, version)


@lru_cache(maxsize=256)
def _catalog_ref(platform: str, version: int) -> results.CatalogRef:
    return results.CatalogRef(platform=platform, version=version)


def by_source(sums: Iterable[tuple[str, int]]) -> dict[str, Any]:
    return {source: show(credits) for source, credits in sums}


def subscription(
    bought: Subscription, at: Instant, renews_at: Instant | None, history: History
) -> results.SubscriptionView:
    """A subscription as it stands at an instant, and when it renews; None where it does not."""
    scheduled = bought.scheduled
    terms = scheduled.terms if scheduled else None
    waits = bought.awaited is not None
    past_due = bought.past_due_at is not None
    return results.SubscriptionView(
        plan=plan_name(bought.terms.plan, bought.version, history),
        package=show(bought.terms.package),
        interval=bought.terms.interval,
        started_at=to_datetime(bought.anchor),
        paid_through=to_datetime(bought.paid_through),
        renews_at=moment(renews_at),
        time_zone=bought.zone,
        auto_renew=bought.auto_renew,
        ends_at=to_datetime(scheduled.at) if scheduled and terms is None else None,
        changes_at=to_datetime(scheduled.at) if scheduled and terms and not waits else None,
        changes_to=terms_words(terms, scheduled.version, history) if scheduled and terms else None,
        status=_status(bought, at),
        past_due_since=moment(bought.past_due_at),
        grace_until=to_datetime(bought.renews_at) if past_due else None,
        awaits_payment=waits,
        trial_until=to_datetime(bought.anchor) if bought.is_in_trial else None,
        pauses_at=moment(_pauses_at(bought, renews_at)),
        paused_until=moment(bought.pause.until) if bought.pause else None,
    )


def _pauses_at(bought: Subscription, renews_at: Instant | None) -> Instant | None:
    """When a pause began, or will: at the next boundary, which may have moved since."""
    pause = bought.pause
    if pause is None:
        return None
    return pause.starts_at if pause.begun or renews_at is None else renews_at


def _status(bought: Subscription, at: Instant) -> str:
    if bought.past_due_at is not None:
        return "past_due"
    if bought.is_paused:
        return "paused"
    if bought.is_in_trial:
        return "coming" if bought.index < -1 and at < bought.renews_at else "trial"
    return "coming" if at < bought.anchor else "active"


def plan_name(plan_id: str, version: int, history: History) -> str:
    plans = history.version(version).catalog.plans
    return next((plan.name for plan in plans if plan.id == plan_id), plan_id)


def terms_words(terms: Any, version: int, history: History) -> str:
    """``AI Creator, 16,500 credits a month, billed monthly``, in the platform's own words."""
    plan = plan_name(terms.plan, version, history)
    monthly = history.version(version).catalog.wording.amount(terms.package)
    return f"{plan}, {monthly} a month, billed {terms.interval}"


def way(out: WayOut) -> results.Way:
    def amount(value: int | None) -> Any:
        return None if value is None else show(value)

    return results.Way(
        kind=out.kind,
        at=moment(out.at),
        available=amount(out.available),
        credits=amount(out.credits),
        plan=out.plan,
        interval=out.interval,
        price=out.price,
        model=out.model,
        settings=out.settings,
        quantities=None if out.quantities is None else _shown_each(out.quantities),
        outputs=out.outputs,
        bundles=None if out.bundles is None else tuple(map(show, out.bundles)),
        tool=out.tool,
    )


def _shown_each(amounts: dict[str, int]) -> dict[str, Any]:
    return {name: show(amount) for name, amount in amounts.items()}


def facts(inside: RefusalFacts | None) -> dict[str, Any]:
    """A refusal's facts as the border shows them, each by its type, without those that are None."""
    if inside is None:
        return {}
    return {
        name: value if shown is None else shown(value)
        for name, shown in _shown(type(inside))
        if (value := getattr(inside, name)) is not None
    }


_SHOWN: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (Micros, show),
    (Instant, to_datetime),
    (tuple[str, ...], list),
)
"""How a fact of a type is shown; any other fact is shown as it is."""


@lru_cache(maxsize=64)
def _shown(kind: type[RefusalFacts]) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    """What shows each fact of a shape, read off the types of its fields."""
    types = get_type_hints(kind, include_extras=True)
    return tuple(
        (name, next((shown for type_, shown in _SHOWN if type_ in (hint, *get_args(hint))), None))
        for name, hint in types.items()
    )


def refused(refusal: Refusal) -> Refused:
    """The exception of a refusal: the subclass of its code."""
    ways = tuple(way(out) for out in refusal.ways_out)
    return BY_CODE[refusal.code](refusal.message, facts(refusal.facts), ways)


def refusal_view(error: Refused) -> results.Refusal:
    return results.Refusal(
        code=error.code, message=error.message, ways_out=error.ways_out, **error.facts
    )
