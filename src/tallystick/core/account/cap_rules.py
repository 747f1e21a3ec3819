"""Rules about members, caps and limits. Like those in `rules`, each returns the refusal that it is
named after, or None where a case passes."""

from typing import Any

from ..arithmetic import many_of
from ..catalog import FairUseLimit
from ..credits import Micros, text
from ..instants import Instant
from ..refusal_facts import FairUseFacts, HeldLimitFacts, MembersFacts, WindowCapFacts
from ..refusals import Refusal
from .case import Case
from .entitlement import PricedGeneration, tool_name
from .member_caps import OpenCap, RunningCap, every_words
from .state import Account


def fair_use_reached(
    asked: PricedGeneration,
    limit: FairUseLimit,
    used: int,
    quantity: int,
    ends_at: Instant | None,
) -> Refusal | None:
    """A generation fits into what is left of the fair use of its tool."""
    if used + quantity <= limit.up_to:
        return None
    tool = tool_name(asked.card.catalog, limit.tool)
    many = many_of(limit.unit, limit.many)
    message = (
        f"{tool} is unlimited up to {text(limit.up_to)} {many} {every_words(limit.every)}; "
        f"{text(used)} are used, and this has {text(quantity)}"
    )
    facts = FairUseFacts(
        tool=limit.tool,
        unit=limit.unit,
        up_to=limit.up_to,
        done=used,
        quantity=quantity,
        every=limit.every,
        resets_at=ends_at,
    )
    return Refusal("fair_use_reached", message, facts)


def member_required(case: Case[Any]) -> Refusal | None:
    """Who spends from an account with members is named, unless the catalog does without."""
    account = case.account
    if not account.members or not case.card.catalog.policy.member_required:
        return None
    message = "this account has members: say with `member` which of them this is for"
    facts = MembersFacts(tuple(each.id for each in account.members))
    return Refusal("member_required", message, facts)


def member_unknown(account: Account, member_id: str) -> Refusal | None:
    """The named member is one of the account."""
    if account.member(member_id) is not None:
        return None
    message = f"{member_id} is not a member of this account"
    facts = MembersFacts(tuple(each.id for each in account.members))
    return Refusal("member_unknown", message, facts)


def member_cap_reached(cap: RunningCap, cost: Micros) -> Refusal | None:
    """The member spends no more than their cap in a period."""
    member = cap.member
    if member.cap is None or cap.used + cost <= member.cap:
        return None
    message = (
        f"{member.id} may spend {text(member.cap)} a cycle and has spent {text(cap.used)}; "
        f"this costs {text(cost)}"
    )
    facts = WindowCapFacts(
        member=member.id,
        cap=member.cap,
        used=cap.used,
        credits=cost,
        every="cycle",
        resets_at=cap.ends_at,
    )
    return Refusal("member_cap_reached", message, facts)


def member_cap_reached_in_window(member_id: str, found: OpenCap, cost: Micros) -> Refusal | None:
    """The member spends no more than their cap in a window, for the tools that it is for."""
    passed = _passed(found, cost, member_id, member_id)
    return Refusal("member_cap_reached", *passed) if passed else None


def account_cap_reached(found: OpenCap, cost: Micros) -> Refusal | None:
    """The account as a whole spends no more than its cap in a window."""
    passed = _passed(found, cost, "this account", None)
    return Refusal("account_cap_reached", *passed) if passed else None


def _passed(
    found: OpenCap, cost: Micros, who: str, member_id: str | None
) -> tuple[str, WindowCapFacts] | None:
    """The message and the facts of a cap that would be passed; None where the cost fits."""
    cap = found.cap.credits
    if cap is None or not cost or found.used + cost <= cap:
        return None
    tools = f" for {', '.join(found.cap.tools)}" if found.cap.tools else ""
    message = (
        f"{who} may spend {text(cap)} {every_words(found.cap.every)}{tools} and has "
        f"spent {text(found.used)}; this costs {text(cost)}"
    )
    facts = WindowCapFacts(
        member=member_id,
        cap=cap,
        used=found.used,
        credits=cost,
        every=found.cap.every,
        tools=found.cap.tools,
        resets_at=found.ends_at,
    )
    return message, facts


def held_limit_reached(case: Case[Any], credits: Micros) -> Refusal | None:
    """Open holds together reserve no more than the account's limit."""
    limit, held = case.account.held_limit, case.account.held
    if limit is None or not credits or held + credits <= limit:
        return None
    message = (
        f"this account may have {text(limit)} held at once and has {text(held)}; "
        f"this would hold {text(credits)} more"
    )
    return Refusal(
        "held_limit_reached", message, HeldLimitFacts(limit=limit, held=held, credits=credits)
    )
