"""A catalog file as a `Catalog` value, with the place of everything in it.

What each section may hold is stated by its `Shape`; whether the parts fit together is for `lint`.
"""

import re
from typing import Literal, TypeAlias

from ..core.catalog import (
    ALL_SOURCES,
    INTERVAL_MONTHS,
    OPENINGS,
    PERIOD_MONTHS,
    PERIODS,
    Anchor,
    Bundle,
    Catalog,
    FreeCredits,
    Interval,
    Money,
    Opening,
    Package,
    Period,
    Plan,
    Policy,
    RollOver,
    Rounding,
    Tool,
    TopUps,
    Trial,
    Unit,
    UpgradeRule,
    Wording,
)
from ..core.errors import describe
from ..core.limits import MAX_LATE_SECONDS
from ..core.quantities import Units, units_of
from .fair_use_limits import FAIR_USE, read_fair_use
from .fields import MAX_NOTE_CHARACTERS, Form, Shape
from .places import Places
from .plan_rules import is_time_zone
from .price_forms import amount_and_currency
from .rates import MODEL, Reading, read_model
from .reader import Node

MAX_MODELS = 5_000
MAX_UNITS = 200
MAX_TTL_SECONDS = 86_400
MAX_TOLERANCE_SECONDS = 14 * 86_400
MAX_GRACE_DAYS = 365
MAX_TRIAL_DAYS = 365
MAX_REVIVAL_DAYS = 3_660
_MAX_DAYS = 36_500

_SECTIONS = (
    "time_zone",
    "units",
    "wording",
    "notes",
    "plans",
    "default_plan",
    "free_credits",
    "top_ups",
    "upgrades",
    "policy",
)
CATALOG = Shape("a catalog", ("platform", "name", "tools", "models"), _SECTIONS)
UNIT = Shape("a unit", ("one", "many"), ("fractions", "counted"))
TOOL = Shape("a tool", ("id", "name"), ("rounding",))
ROUNDING = Shape("rounding", (), ("to", "mode"))
WORDING = Shape("wording", (), ("credit", "credits", "top_up", "top_ups"))
PLAN = Shape(
    "a plan",
    ("id", "name"),
    (
        "intervals",
        "tools",
        "pro_models",
        "unlimited",
        "fair_use",
        "sample",
        "note",
        "packages",
        "trial",
        "anchor",
        "rollover",
    ),
)
ROLLOVER = Shape("roll-over", ("cycles",), ("credits", "percent"))
ANCHOR = Shape("an anchor", (), ("day", "weekday", "first"))
TRIAL = Shape("a trial", ("days", "credits"), ())
PACKAGE = Shape("a package", ("credits",), ("tools", "prices", "note"))
PRICES = Shape("prices", (), tuple(INTERVAL_MONTHS))
MONEY = Shape("a price in money", ("amount", "currency"), ("sample",))
FREE_CREDITS = Shape(
    "an allowance of free credits",
    ("credits", "every"),
    ("from", "within_cycle", "when_used_up", "plans", "note"),
)
TOP_UPS = Shape(
    "top_ups",
    (),
    ("bundles", "requires_subscription", "expires_after_days", "expires_after", "note"),
)
BUNDLE = Shape("a bundle", ("credits",), ("price", "sample"))
UPGRADE = Shape("an upgrade rule", ("from", "to", "credits"), ("restart_cycle", "note"))
POLICY = Shape(
    "policy",
    (),
    (
        "burn_order",
        "burn_by",
        "rounding",
        "quote_ttl_seconds",
        "hold_ttl_seconds",
        "settle_above_hold",
        "outcomes",
        "refund_lapsed_days",
        "payment_tolerance_seconds",
        "grace_days",
        "revival_days",
        "paused_plan",
        "calendar",
        "settle_late_seconds",
        "member_required",
        "reasons",
        "other_reasons",
        "plan_terms",
    ),
)
OUTCOMES = Shape("outcomes", (), ("moderated", "partial"))

Outcome: TypeAlias = Literal["nothing", "delivered", "full"]

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_INTERVALS: tuple[Interval, ...] = ("monthly", "quarterly", "yearly")
_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?")
_PERIODS = re.compile(rf"(?:([1-9][0-9]{{0,3}}) )?({'|'.join(PERIODS)})s?")
_MAX_PERIODS = 1_000
_SPAN = re.compile(r"([1-9][0-9]{0,4}) (day|month|year)s?")
_UNIT_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


def read_catalog(places: Places, root: Node) -> Catalog:
    """Read a whole file; what is wrong with it is collected in `places.problems`."""
    form = Form(places, root, CATALOG)
    zone = form.text("time_zone", "UTC")
    units = tuple(_own_unit(each) for each in form.forms("units", UNIT, MAX_UNITS))
    reading = Reading(units_of(units), zone if is_time_zone(zone) else "UTC")
    catalog = Catalog(
        platform=form.id("platform"),
        name=form.text("name"),
        tools=tuple(_tool(each) for each in form.forms("tools", TOOL)),
        models=tuple(read_model(each, reading) for each in form.forms("models", MODEL, MAX_MODELS)),
        plans=tuple(_plan(each, reading.units) for each in form.forms("plans", PLAN)),
        time_zone=zone,
        default_plan=form.text("default_plan") or None,
        free_credits=tuple(_free(each) for each in form.forms("free_credits", FREE_CREDITS)),
        top_ups=_top_ups(form.form("top_ups", TOP_UPS)),
        upgrades=tuple(_upgrade(each) for each in form.forms("upgrades", UPGRADE)),
        policy=_policy(form.form("policy", POLICY)),
        wording=_wording(form.form("wording", WORDING)),
        notes=form.texts("notes", MAX_NOTE_CHARACTERS),
        units=units,
    )
    return places.keep(catalog, root)


def _own_unit(form: Form) -> Unit:
    one, many = (_unit_name(form, name) for name in ("one", "many"))
    unit = Unit(one, many, form.flag("fractions", False), form.flag("counted", False))
    return form.places.keep(unit, form.node)


def _unit_name(form: Form, name: str) -> str:
    """A unit is called in a request as in the catalog, so its name is one word."""
    written = form.text(name)
    if written and not _UNIT_NAME.fullmatch(written):
        message = f"{name} must be lower-case letters, digits and underscores"
        form.reject(name, "wrong_value", f"{message}, not {describe(written)}")
    return written


def _tool(form: Form) -> Tool:
    rounding = form.form("rounding", ROUNDING)
    tool = Tool(
        id=form.id(),
        name=form.text("name"),
        rounding=None if rounding is None else _rounding(rounding),
    )
    return form.places.keep(tool, form.node)


def _rounding(form: Form) -> Rounding:
    step = form.credits("to", minimum=1) if form.has("to") else Rounding().step
    return Rounding(step, form.choice("mode", ("up", "down", "half_up"), "up"))


def _wording(form: Form | None) -> Wording:
    """A word that is given alone, in singular or plural, brings the other: ``coin``, ``coins``."""
    if form is None:
        return Wording()
    credit, credits = _one_and_many(form, "credit", "credits")
    top_up, top_ups = _one_and_many(form, "top_up", "top_ups")
    return Wording(credit=credit, credits=credits, top_up=top_up, top_ups=top_ups)


def _one_and_many(form: Form, one: str, many: str) -> tuple[str, str]:
    usual = Wording()
    single, plural = form.text(one), form.text(many)
    if not single and not plural:
        return getattr(usual, one), getattr(usual, many)
    return single or plural.removesuffix("s") or plural, plural or f"{single}s"


def _plan(form: Form, units: Units) -> Plan:
    intervals = form.choices("intervals", _INTERVALS, "an interval")
    unlimited = form.texts("unlimited")
    plan = Plan(
        id=form.id(),
        name=form.text("name"),
        packages=tuple(_package(each) for each in form.forms("packages", PACKAGE)),
        tools=form.texts("tools") if form.has("tools") else None,
        intervals=intervals if form.has("intervals") else ("monthly",),
        pro_models=form.flag("pro_models", True),
        unlimited=unlimited,
        sample=form.flag("sample", False),
        note=form.note(),
        trial=_trial(form.form("trial", TRIAL)),
        anchor=_anchor(form.form("anchor", ANCHOR)),
        rollover=_rollover(form.form("rollover", ROLLOVER)),
        fair_use=tuple(
            read_fair_use(each, unlimited, units) for each in form.forms("fair_use", FAIR_USE)
        ),
    )
    return form.places.keep(plan, form.node)


def _trial(form: Form | None) -> Trial | None:
    if form is None:
        return None
    trial = Trial(form.whole("days", 1, MAX_TRIAL_DAYS), form.credits("credits"))
    return form.places.keep(trial, form.node)


def _rollover(form: Form | None) -> RollOver | None:
    if form is None:
        return None
    rollover = RollOver(
        credits=form.credits("credits", minimum=1) if form.has("credits") else None,
        percent=form.whole("percent", 100, 10_000),
        cycles=form.whole("cycles", 1, 120),
    )
    return form.places.keep(rollover, form.node)


def _anchor(form: Form | None) -> Anchor | None:
    if form is None:
        return None
    if form.has("day") == form.has("weekday"):
        form.reject("anchor", "conflicting_fields", "an anchor is a day or a weekday: give one")
    weekday = form.choice("weekday", _WEEKDAYS, "monday") if form.has("weekday") else None
    anchor = Anchor(
        day=form.whole("day", 1, 31) if form.has("day") else None,
        weekday=None if weekday is None else _WEEKDAYS.index(weekday),
        first=form.choice("first", ("full", "proportion", "nothing"), "full"),
    )
    return form.places.keep(anchor, form.node)


def _package(form: Form) -> Package:
    prices = form.form("prices", PRICES)
    package = Package(
        credits=form.credits("credits", minimum=1),
        tools=form.texts("tools") if form.has("tools") else None,
        prices={} if prices is None else _prices(prices),
        note=form.note(),
    )
    return form.places.keep(package, form.node)


def _prices(form: Form) -> dict[str, Money]:
    return {
        interval: _money(price)
        for interval in _INTERVALS
        if (price := form.form(interval, MONEY)) is not None
    }


def _money(form: Form) -> Money:
    amount, currency = amount_and_currency(form, _AMOUNT, such_as="9.99")
    return Money(amount, currency, form.flag("sample", False))


def _free(form: Form) -> FreeCredits:
    count, every = _period(form)
    opens: Opening | None = None
    if form.has("from"):
        opens = form.choice("from", OPENINGS, "calendar")
    if opens == ("account" if every in PERIOD_MONTHS else "calendar"):
        opens = None  # as it is without being said: the same windows
    if count > 1 and opens != "first_use":
        message = f"{count} {every}s are counted from their first use: say from: first_use"
        form.reject("every", "conflicting_fields", message)
    free = FreeCredits(
        credits=form.credits("credits", minimum=1),
        every=every,
        plans=form.texts("plans") if form.has("plans") else None,
        note=form.note(),
        count=count,
        opens=opens,
        within_cycle=form.flag("within_cycle", False),
        when_used_up=form.flag("when_used_up", False),
    )
    return form.places.keep(free, form.node)


def _period(form: Form) -> tuple[int, Period]:
    """``day``, or so many of them: ``5 hours``."""
    written = form.text("every")
    found = _PERIODS.fullmatch(written)
    if not written:
        return 1, "month"
    if found is None or (found[1] and int(found[1]) > _MAX_PERIODS):
        message = f"every must be {', '.join(PERIODS[:-1])} or {PERIODS[-1]}, or so many of them"
        form.reject("every", "wrong_value", f"{message} such as 5 hours, not {describe(written)}")
        return 1, "month"
    return int(found[1] or 1), found[2]  # type: ignore[return-value]


def _top_ups(form: Form | None) -> TopUps | None:
    if form is None:
        return None
    days = form.whole("expires_after_days", 0, _MAX_DAYS)
    months = 0
    if form.has("expires_after"):
        days, months = _expires_after(form, days)
    top_ups = TopUps(
        bundles=tuple(_bundle(each) for each in form.forms("bundles", BUNDLE)),
        requires_subscription=form.flag("requires_subscription", True),
        expires_after_days=days or None,
        note=form.note(),
        expires_after_months=months or None,
    )
    return form.places.keep(top_ups, form.node)


def _expires_after(form: Form, days: int) -> tuple[int, int]:
    """Days, or months and years by the calendar: ``90 days``, ``3 years``."""
    if days:
        message = "give expires_after or expires_after_days, not both"
        form.reject("expires_after", "conflicting_fields", message)
        return days, 0
    written = form.text("expires_after")
    found = _SPAN.fullmatch(written)
    count = int(found[1]) if found else 0
    each = {"day": 1, "month": 30, "year": 365}[found[2]] if found else 0
    if found is None or not 1 <= count * each <= _MAX_DAYS:
        message = "expires_after must be a number of days, months or years, such as 3 years"
        form.reject("expires_after", "wrong_value", f"{message}, not {describe(written)}")
        return 0, 0
    if found[2] == "day":
        return count, 0
    return 0, count * (12 if found[2] == "year" else 1)


def _bundle(form: Form) -> Bundle:
    price = form.form("price", MONEY)
    bundle = Bundle(
        credits=form.credits("credits", minimum=1),
        price=None if price is None else _money(price),
        sample=form.flag("sample", False),
    )
    return form.places.keep(bundle, form.node)


def _upgrade(form: Form) -> UpgradeRule:
    rule = UpgradeRule(
        from_interval=form.choice("from", _INTERVALS, "monthly"),
        to_interval=form.choice("to", _INTERVALS, "monthly"),
        credits=form.choice(
            "credits", ("add_full_keep_leftover", "deduct_used"), "add_full_keep_leftover"
        ),
        restart_cycle=form.flag("restart_cycle", True),
        note=form.note(),
    )
    return form.places.keep(rule, form.node)


def _policy(form: Form | None) -> Policy:
    if form is None:
        return Policy(member_required=True)
    usual = Policy()
    rounding = form.form("rounding", ROUNDING)
    outcomes = form.form("outcomes", OUTCOMES)
    order = form.choices("burn_order", ALL_SOURCES, "a source")
    policy = Policy(
        burn_order=order if form.has("burn_order") else usual.burn_order,
        rounding=usual.rounding if rounding is None else _rounding(rounding),
        quote_ttl_seconds=form.whole("quote_ttl_seconds", usual.quote_ttl_seconds, MAX_TTL_SECONDS),
        hold_ttl_seconds=form.whole("hold_ttl_seconds", usual.hold_ttl_seconds, MAX_TTL_SECONDS),
        settle_above_hold=form.choice(
            "settle_above_hold", ("refuse", "take_available"), usual.settle_above_hold
        ),
        moderated=_outcome(outcomes, "moderated", usual.moderated),
        partial=_outcome(outcomes, "partial", usual.partial),
        refund_lapsed_days=form.whole("refund_lapsed_days", 0, _MAX_DAYS),
        burn_by=form.choice("burn_by", ("source", "expiry"), usual.burn_by),
        payment_tolerance_seconds=form.whole(
            "payment_tolerance_seconds",
            usual.payment_tolerance_seconds,
            MAX_TOLERANCE_SECONDS,
            minimum=0,
        ),
        grace_days=form.whole("grace_days", usual.grace_days, MAX_GRACE_DAYS, minimum=0),
        calendar=form.choice("calendar", ("platform", "account"), usual.calendar),
        paused_plan=form.choice("paused_plan", ("locked", "unlocked"), usual.paused_plan),
        revival_days=form.whole("revival_days", usual.revival_days, MAX_REVIVAL_DAYS, minimum=0),
        member_required=form.flag("member_required", True),
        settle_late_seconds=form.whole(
            "settle_late_seconds", usual.settle_late_seconds, MAX_LATE_SECONDS, minimum=0
        ),
        reasons=form.texts("reasons"),
        other_reasons=form.choice("other_reasons", ("allowed", "refused"), usual.other_reasons),
        plan_terms=form.choice("plan_terms", ("as_published", "as_bought"), usual.plan_terms),
    )
    return form.places.keep(policy, form.node)


def _outcome(form: Form | None, name: str, usual: Outcome) -> Outcome:
    return usual if form is None else form.choice(name, ("nothing", "delivered", "full"), usual)
