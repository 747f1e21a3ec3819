"""Grants that end otherwise than was said: voided, or with another expiry (`docs/spec.md` 3.9)."""

from .. import instants, limits
from ..commands import SetExpiry, Void
from ..credits import Micros
from ..errors import InvalidRequest
from ..events import ExpiryMoved, Granted, Voided
from ..grants import Grant
from ..instants import Instant
from . import rules
from .case import Case, Decision
from .grant_histories import spent


def decide_void(case: Case[Void]) -> Decision:
    """An operator takes back what is left of a grant. What is spent of it is owed, if they ask."""
    command, account = case.command, case.account
    number = limits.grant_number(command.grant, "grant")
    reason = case.reason(command.reason)
    owe = limits.flag(command.owe, "owe")
    refusal = rules.grant_not_found(case, number)
    if refusal is not None:
        return refusal
    later = account.later_grant(number)
    if later is not None:
        return [_voided(later, reason, begun=False)]
    owed = spent(account, number, case.facts.entry, case.facts.of_grant) if owe else 0
    refusal = rules.nothing_left(case, number, owed)
    if refusal is not None:
        return refusal
    grant = account.grant(number)
    if grant is None:
        event = case.facts.entry
        source = event.source if isinstance(event, Granted) else "subscription"
        gone = Voided(grant=number, source=source, credits=0, reason=reason, owed=owed)
        return [gone]
    return [_voided(grant, reason, owed)]


def _voided(grant: Grant, reason: str, owed: Micros = 0, begun: bool = True) -> Voided:
    return Voided(
        grant=grant.id,
        source=grant.source,
        credits=grant.remaining,
        reason=reason,
        held=grant.held,
        owed=owed,
        begun=begun,
    )


def decide_set_expiry(case: Case[SetExpiry]) -> Decision:
    """An operator moves the expiry of a grant, earlier or later, or to never.

    Raises `InvalidRequest` for an instant that does not lie after now and after its beginning.
    """
    command, account = case.command, case.account
    number = limits.grant_number(command.grant, "grant")
    reason = case.reason(command.reason)
    refusal = rules.grant_not_found(case, number) or rules.nothing_left(case, number)
    grant = account.later_grant(number) or account.grant(number)
    if refusal is not None or grant is None:
        return refusal or []
    expires_at = None
    if command.expires_at is not None:
        expires_at = case.instant(command.expires_at, "expires_at")
        _check_after(expires_at, max(case.now, grant.effective_at))
    return [
        ExpiryMoved(
            grant=number,
            source=grant.source,
            credits=grant.remaining,
            reason=reason,
            expired_at=grant.expires_at,
            expires_at=expires_at,
        )
    ]


def _check_after(expires_at: Instant, earliest: Instant) -> None:
    if expires_at <= earliest:
        raise InvalidRequest(
            f"expires_at must lie after {instants.words(earliest)}; void takes a grant back at "
            "once",
            where="expires_at",
        )
