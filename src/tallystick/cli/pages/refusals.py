"""Refusals for people: what was refused, and the ways out, each with its command."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...wire.problem_docs import PROBLEM_DOCS
from ..options import plain
from ..output import Next, Page, Paragraph, Ways, amount, counted, credit, instant
from ..vocabulary import word, worded
from . import phrases

if TYPE_CHECKING:
    from ... import results
    from ..context import Here

_RAISED = frozenset({"member_cap_reached"})
"""What an operator may raise, beside the ways out that there are without them."""

Rows = list[tuple[str, Sequence[str]]]


def as_result(error: Any) -> "results.Refusal":
    """The JSON document of a refusal: its code, its facts and its ways out side by side."""
    from ... import results

    return results.Refusal(
        code=error.code, message=error.message, ways_out=error.ways_out, **error.facts
    )


def page(refusal: "results.Refusal", here: "Here") -> Page:
    """A refusal that ended a command."""
    yield Paragraph(f"Refused: {refusal.message}", "bad")
    yield from ways(refusal, here)
    yield from _remembered(refusal, here)


def _remembered(refusal: "results.Refusal", here: "Here") -> Page:
    """What becomes of the key that the command was given, and what to do."""
    from ...core.refusals import is_remembered

    if here.key is None:
        return
    if is_remembered(refusal.code):
        said = (
            f"This refusal is remembered under the key '{here.key}' for 30 days: the same command "
            "under it is refused again. To try again, use another key."
        )
    else:
        said = f"The key '{here.key}' can be used again: the same command is then decided again."
    yield Paragraph(said, "quiet")


def ways(refusal: "results.Refusal", here: "Here") -> Page:
    """Its ways out; without any, what the problem docs say to do, and commands for it."""
    account = refusal.account or here.given.get("account")
    yield Paragraph(f"code: {refusal.code}", "quiet")
    if refusal.ways_out:
        subscribed = _subscribed(here, account)
        rows = [
            row
            for way in refusal.ways_out
            for row in (_way(way, here, account, subscribed), *_more_bundles(way, account))
        ]
        yield Ways(rows, title="Ways out")
        if refusal.code in _RAISED:
            yield Next(COMMANDS[refusal.code](refusal, account or "ACCOUNT", here))
        return
    yield Paragraph(worded(plain(PROBLEM_DOCS[refusal.code].remedy)))
    rows = COMMANDS[refusal.code](refusal, account or "ACCOUNT", here)
    if rows:
        yield Next(rows)


def _subscribed(here: "Here", account: str | None) -> bool:
    return account is not None and here.aside(
        lambda credits: credits.balance(account).subscription is not None, True
    )


def _way(
    way: "results.Way", here: "Here", account: str | None, subscribed: bool
) -> tuple[str, Sequence[str] | None]:
    if way.kind == "wait":
        return f"wait until {instant(way.at)}: {credit(way.available)} will be there", None
    if way.kind == "top_up":
        first = way.bundles[0] if way.bundles else way.credits
        words = ["top-up", account or "ACCOUNT", str(first)]
        together = f" ({_bundles(way.bundles)})" if way.bundles else ""
        return f"buy {credit(way.credits)} once{together}{_money(way.price)}", words
    if way.kind == "upgrade":
        return _upgrade(way), _upgrade_words(way, account or "ACCOUNT", subscribed)
    if way.kind == "less":
        return _less(way), _fewer(way, here)
    cheaper = f"{way.model}, {phrases.settings(way.settings)}".removesuffix(", ")
    return f"cheaper: {cheaper}, for {credit(way.credits)}", _instead(way, here)


def _bundles(bundles: Sequence[Any]) -> str:
    """``2 x 2,000 + 500``: bundles that are bought together."""
    counts = Counter(bundles)
    return " + ".join(
        f"{count} x {amount(each)}" if count > 1 else amount(each) for each, count in counts.items()
    )


def _more_bundles(
    way: "results.Way", account: str | None
) -> list[tuple[str, Sequence[str] | None]]:
    """The other bundles of a top-up: each is bought by itself."""
    return [
        (f"and {amount(each)}", ["top-up", account or "ACCOUNT", str(each)])
        for each in (way.bundles or ())[1:]
    ]


def _less(way: "results.Way") -> str:
    """``less of it: 2 outputs, for 48 credits``."""
    if way.outputs is None and way.quantities is None:
        return f"lease less: {credit(way.credits)}"
    said = [] if way.outputs is None else [counted(way.outputs, "output")]
    said += [phrases.units(each, name.removesuffix("s")) for name, each in _quantities(way)]
    return f"less of it: {', '.join([*said, f'for {credit(way.credits)}'])}"


def _quantities(way: "results.Way") -> list[tuple[str, Any]]:
    return list((way.quantities or {}).items())


def _fewer(way: "results.Way", here: "Here") -> list[str] | None:
    """The same command for as much as fits."""
    from ..arguments import generation

    given = here.given
    if here.command == "lease":
        return ["lease", given["account"], str(way.credits), *_marks(here)]
    if not given.get("model"):
        return None
    name, values = generation(given["model"])
    said = {each: str(value) for each, value in _quantities(way)}
    if "characters" in said:
        values.pop("text", None)
    chosen = {**values, **said}
    chosen.pop("outputs", None)
    outputs = _outputs(here) if way.outputs is None else way.outputs
    words = [*(f"{each}={value}" for each, value in chosen.items()), *_asked(outputs)]
    return _command([str(name), *words], here)


def _outputs(here: "Here") -> Any:
    """How many outputs were asked for, as an option or among the words."""
    from ..arguments import generation

    return here.given.get("outputs") or generation(here.given["model"])[1].get("outputs")


def _asked(outputs: Any) -> list[str]:
    return [] if outputs in (None, 1, "1") else [f"outputs={outputs}"]


def _money(price: "Any | None") -> str:
    return "" if price is None else f" for {phrases.money(price)}"


def _upgrade(way: "results.Way") -> str:
    terms = phrases.terms(way.credits, way.interval or "monthly")
    return f"take {way.plan}, {terms}{_money(way.price)}: {credit(way.available)} at once"


def _upgrade_words(way: "results.Way", account: str, subscribed: bool) -> list[str]:
    verb = "change-plan" if subscribed else "subscribe"
    interval = [] if way.interval in (None, "monthly") else ["--interval", way.interval]
    return [verb, account, str(way.plan), "--package", str(way.credits), *interval]


def _instead(way: "results.Way", here: "Here") -> list[str] | None:
    """The same command for another model or other settings, with the quantities it had."""
    from ..arguments import generation

    if way.model is None or not here.given.get("model"):
        return None
    _, values = generation(here.given["model"])
    kept = {name: value for name, value in values.items() if _is_measured(name, value)}
    chosen = {**(way.settings or {}), **kept}
    words = [*(f"{name}={value}" for name, value in chosen.items()), *_asked(_outputs(here))]
    tool = [f"tool={way.tool}"] if way.tool else []
    return _command([way.model, *tool, *words], here)


def _command(request: list[str], here: "Here") -> list[str]:
    """This command for another request: a model, its settings and quantities."""
    given = here.given
    if here.command == "quote":
        return ["quote", given["platform"], *request, "--account", given["account"]]
    lease = [given["hold"]] if here.command == "draw" else []
    return [here.command, given["account"], *lease, *request, *_marks(here)]


def _marks(here: "Here") -> list[str]:
    """The member and the labels that the command was given."""
    given = here.given
    member = ["--member", given["member"]] if given.get("member") else []
    return [*member, *(word for label in given["label"] or () for word in ("--label", label))]


def _is_measured(name: str, value: Any) -> bool:
    """Whether it is a quantity rather than a setting: a text, or a number of something."""
    number = str(value).replace(".", "", 1)
    return name == "text" or (name.endswith("s") and number.isdecimal())


# The commands that help where a refusal has no ways out, for each code.


def _see_account(refusal: Any, account: str, here: "Here") -> Rows:
    return [("the balance", ["account", "balance", account])]


def _open_account(refusal: Any, account: str, here: "Here") -> Rows:
    return [
        ("open it", ["account", "open", account]),
        ("the accounts", ["account", "list"]),
    ]


def _new_quote(refusal: Any, account: str, here: "Here") -> Rows:
    platform = here.platform or "PLATFORM"
    return [("a new quote", ["quote", platform, "MODEL", "--account", account, "--json"])]


def _subscribe(refusal: Any, account: str, here: "Here") -> Rows:
    return [
        ("the plans", ["catalog", "show"]),
        ("subscribe", ["subscribe", account, "PLAN"]),
    ]


def _see_holds(refusal: Any, account: str, here: "Here") -> Rows:
    return [("the open holds", ["account", "holds", account])]


def _see_closed_hold(refusal: Any, account: str, here: "Here") -> Rows:
    if refusal.how == "settled":
        return [("its receipt", ["account", "receipt", account, str(refusal.hold)])]
    return _see_entries(refusal, account, here)


def _see_entries(refusal: Any, account: str, here: "Here") -> Rows:
    return [("the latest entries", ["account", "entries", account, "--newest"])]


def _see_receipt(refusal: Any, account: str, here: "Here") -> Rows:
    return [("its receipt", ["account", "receipt", account, str(refusal.receipt)])]


def _see_members(refusal: Any, account: str, here: "Here") -> Rows:
    return [
        ("the members", ["account", "members", "list", account]),
        ("add a member", ["account", "members", "set", account, "MEMBER"]),
    ]


def _raise_cap(refusal: Any, account: str, here: "Here") -> Rows:
    cap = "CREDITS" if refusal.every in (None, "cycle") else f"CREDITS/{refusal.every}"
    words = ["account", "members", "set", account, str(refusal.member), "--cap", cap]
    return [("another cap", words)]


def _settle_inside(refusal: Any, account: str, here: "Here") -> Rows:
    hold = here.given.get("hold")
    if hold is None:  # a charge: nothing is held that could be settled otherwise
        return _see_account(refusal, account, here)
    return [
        ("settle for what was held", ["settle", account, hold, "--credits", str(refusal.held)]),
        ("or charge nothing", ["release", account, hold]),
    ]


def _change_plan(refusal: Any, account: str, here: "Here") -> Rows:
    return [("what a change would do", ["change-plan", account, "PLAN", "--preview"])]


def _resume(refusal: Any, account: str, here: "Here") -> Rows:
    if refusal.ends_at is None:
        return _change_plan(refusal, account, here)
    return [("withdraw the cancellation", ["resume", account])]


def _plan_instead(refusal: Any, account: str, here: "Here") -> Rows:
    return [("a larger plan", ["change-plan", account, "PLAN", "--preview"])]


def _adjust_instead(refusal: Any, account: str, here: "Here") -> Rows:
    return [(f"take {word('credits')} back", ["adjust", account, "-CREDITS", "--reason", "TEXT"])]


def _test_platform(refusal: Any, account: str, here: "Here") -> Rows:
    words = ["init", "PLATFORM", "--test-clock", "2026-01-31T10:00:00Z", "--db", "test.db"]
    return [("a test platform", words)]


def _see_clock(refusal: Any, account: str, here: "Here") -> Rows:
    return [("the clock", ["clock", "show", here.platform or "PLATFORM"])]


def _see_catalogs(refusal: Any, account: str, here: "Here") -> Rows:
    return [
        ("every version", ["catalog", "list"]),
        ("an earlier one again", ["catalog", "rollback", "N"]),
    ]


COMMANDS: dict[str, Callable[[Any, str, "Here"], Rows]] = {
    "account_not_found": _open_account,
    "account_exists": _see_account,
    "quote_for_another_account": _new_quote,
    "quote_expired": _new_quote,
    "quote_used": _new_quote,
    "hold_not_found": _see_holds,
    "hold_closed": _see_closed_hold,
    "grant_not_found": _see_account,
    "nothing_left": _see_account,
    "subscription_required": _subscribe,
    "tool_not_in_plan": _change_plan,
    "model_requires_subscription": _subscribe,
    "member_unknown": _see_members,
    "member_required": _see_members,
    "member_cap_reached": _raise_cap,
    "account_cap_reached": _see_account,
    "held_limit_reached": _see_holds,
    "fair_use_reached": _see_account,
    "insufficient_credits": _see_account,
    "settle_outside_range": _settle_inside,
    "settle_above_hold": _settle_inside,
    "refund_above_charge": _see_receipt,
    "lease_exhausted": _see_holds,
    "already_subscribed": _change_plan,
    "no_subscription": _subscribe,
    "trial_used": _subscribe,
    "subscription_paused": _see_account,
    "no_running_cycle": _see_account,
    "no_change": _resume,
    "nothing_scheduled": _see_account,
    "top_ups_not_sold": _plan_instead,
    "top_up_requires_subscription": _subscribe,
    "balance_limit": _see_account,
    "entry_not_found": _see_entries,
    "entry_final": _adjust_instead,
    "clock_not_test": _test_platform,
    "clock_backwards": _see_clock,
    "version_not_scheduled": _see_catalogs,
}
