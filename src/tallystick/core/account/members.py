"""Members and limits: who shares an account, and how much they and it may spend (`docs/spec.md`
6.4)."""

from typing import Any

from .. import limits
from ..caps import EVERY, CapTerms
from ..catalog import Catalog
from ..commands import RemoveMember, SetLimits, SetMember
from ..credits import Micros, parse
from ..errors import InvalidRequest, describe, unknown
from ..events import LimitsSet, MemberRemoved, MemberSet
from . import cap_rules
from .case import Case, Decision

_FIELDS = ("credits", "every", "tools")


def decide_set_member(case: Case[SetMember]) -> Decision:
    """A member joins, or has other caps. Raises `InvalidRequest` for one member too many."""
    account, command = case.account, case.command
    member = limits.name(command.member, "member")
    if command.cap is not None and command.caps is not None:
        raise InvalidRequest("give `cap` or `caps`, not both", where="caps")
    cap = None if command.cap is None else parse(command.cap, "cap")
    terms: tuple[CapTerms, ...] = ()
    if command.caps is not None:
        terms = _caps(case, command.caps)
        cap, terms = _of_cycle(terms)
    if len(account.members) >= limits.MAX_MEMBERS and account.member(member) is None:
        raise InvalidRequest(
            f"an account has at most {limits.MAX_MEMBERS:,} members", where="member"
        )
    return [MemberSet(member, cap, terms)]


def decide_remove_member(case: Case[RemoveMember]) -> Decision:
    """A member leaves; what they spent of their caps is kept under their name."""
    member = limits.name(case.command.member, "member")
    return cap_rules.member_unknown(case.account, member) or [MemberRemoved(member, kept=True)]


def decide_set_limits(case: Case[SetLimits]) -> Decision:
    """The account as a whole has other caps, and another limit of what is held at once."""
    command = case.command
    held = None if command.held is None else parse(command.held, "held")
    return [LimitsSet(_caps(case, command.caps), held)]


def _of_cycle(terms: tuple[CapTerms, ...]) -> tuple[Micros | None, tuple[CapTerms, ...]]:
    """The cap of a cycle for every tool, which stands by itself, and the others."""
    alone = [each.credits for each in terms if each.every == "cycle" and each.tools is None]
    others = tuple([each for each in terms if each.every != "cycle" or each.tools is not None])
    return (alone[0] if alone else None), others


def _caps(case: Case[Any], value: object) -> tuple[CapTerms, ...]:
    """Caps as they are asked for. Raises `InvalidRequest` for anything else, and for two caps in
    the same windows for the same tools."""
    if not isinstance(value, (list, tuple)) or len(value) > limits.MAX_CAPS:
        raise InvalidRequest(
            f"caps must be a list of at most {limits.MAX_CAPS} caps, each such as "
            "{credits: 50, every: day}",
            where="caps",
        )
    catalog = case.card.catalog
    found = tuple([_cap(each, f"caps[{at}]", catalog) for at, each in enumerate(value)])
    if len({(each.every, each.tools) for each in found}) < len(found):
        raise InvalidRequest(
            "two caps count in the same windows for the same tools: give one of them", where="caps"
        )
    return found


def _cap(value: object, where: str, catalog: Catalog) -> CapTerms:
    if not isinstance(value, dict):
        raise InvalidRequest(
            f"{where} must be such as {{credits: 50, every: day}}, not {describe(value)}",
            where=where,
        )
    for name in value:
        if name not in _FIELDS:
            raise unknown("field", name, _FIELDS)
    every = value.get("every", "cycle")
    if every not in EVERY:
        raise unknown("window", every, EVERY)
    credits = parse(value.get("credits"), f"{where}.credits")
    return CapTerms(credits=credits, every=every, tools=_tools(value.get("tools"), where, catalog))


def _tools(value: object, where: str, catalog: Catalog) -> tuple[str, ...] | None:
    """Tools by their ids, in the catalog's order; None for all of them."""
    if value is None:
        return None
    if not isinstance(value, (list, tuple)) or not value or len(value) > len(catalog.tools):
        raise InvalidRequest(
            f"{where}.tools must be a list of tools, not {describe(value)}", where=f"{where}.tools"
        )
    ids = {tool.id.casefold(): tool.id for tool in catalog.tools}
    ids |= {tool.name.casefold(): tool.id for tool in catalog.tools}
    named = set()
    for each in value:
        tool = ids.get(each.casefold()) if isinstance(each, str) else None
        if tool is None:
            raise unknown("tool", each, [tool.id for tool in catalog.tools])
        named.add(tool)
    return tuple([tool.id for tool in catalog.tools if tool.id in named])
