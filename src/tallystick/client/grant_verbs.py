"""The verbs that give credits and take them back, by hand or for a payment: see `verbs`."""

from collections.abc import Sequence

from .. import results
from ..core import commands, limits
from ..core.commands import Price, When
from ..core.credits import Number
from ..service.transport import Call


def top_up(
    account: str,
    credits: Number,
    key: str | None = None,
    custom: bool = False,
    price: Price | None = None,
    payment: str | None = None,
) -> Call[results.Grant]:
    """Credits bought once: a bundle of the catalog, or with `custom` any amount. `price` is the
    money that was paid (``"9.99 USD"``), `payment` the id of the payment."""
    return Call(
        commands.TopUp(
            account=account, credits=credits, key=key, custom=custom, price=price, payment=payment
        )
    )


def grant(
    account: str,
    credits: Number,
    source: str = "promo",
    expires_at: When | None = None,
    priority: int | None = None,
    reason: str | None = None,
    key: str | None = None,
    effective_at: When | None = None,
    tools: str | Sequence[str] = (),
    models: str | Sequence[str] = (),
    price: Price | None = None,
    payment: str | None = None,
) -> Call[results.Grant]:
    """Give credits. `priority` (1 to 100) overrides the place of its source in burn-down order:
    sources stand at 10, 20, ...; lower burns first. They begin at `effective_at` (now if left
    out), and pay only for these `tools` and `models` if any are named."""
    return Call(
        commands.GrantCredits(
            account=account,
            credits=credits,
            source=source,
            expires_at=expires_at,
            priority=priority,
            reason=reason,
            key=key,
            effective_at=effective_at,
            tools=_listed(tools),
            models=_listed(models),
            price=price,
            payment=payment,
        )
    )


def _listed(names: str | Sequence[str]) -> Sequence[str]:
    """One name may stand without a list."""
    return [names] if isinstance(names, str) else names


def adjust(
    account: str,
    credits: Number | None = None,
    reason: str = "",
    key: str | None = None,
    grant: str | None = None,
    source: str | None = None,
    used: bool = False,
    expires_at: When | None = None,
    receipt: str | None = None,
    full: bool = False,
) -> Call[results.Grant | results.Adjustment]:
    """An operator's change, up or down, with its reason. Down, it takes from one `grant` or
    `source` if named, and with `used` counts as used in the running cycle; up, the credits last
    until `expires_at`. With a `receipt` (r12) they give its charge back as goodwill: so many of it,
    or with `full` all that is left of it."""
    return Call(
        commands.Adjust(
            account=account,
            credits=credits,
            reason=reason,
            key=key,
            grant=grant,
            source=source,
            used=used,
            expires_at=expires_at,
            receipt=receipt,
            full=full,
        )
    )


def reverse(
    account: str, entry: int | str, reason: str, key: str | None = None
) -> Call[results.Adjustment]:
    """Undo the entry (its seq, or its grant such as g12) that granted credits, while none of them
    is spent or held."""
    return Call(commands.Reverse(account, limits.entry_number(entry, "entry"), reason, key))


def void(
    account: str, grant: str, reason: str, owe: bool = False, key: str | None = None
) -> Call[results.Void]:
    """Take back what is left of a grant (g12). With `owe`, what was spent of it is owed: later
    top-ups, subscription credits and adjustments pay that first."""
    return Call(commands.Void(account=account, grant=grant, reason=reason, owe=owe, key=key))


def set_expiry(
    account: str, grant: str, expires_at: When | None, reason: str, key: str | None = None
) -> Call[results.ExpiryChange]:
    """Let a grant (g12) expire at another instant after now, or never (None)."""
    return Call(
        commands.SetExpiry(
            account=account, grant=grant, expires_at=expires_at, reason=reason, key=key
        )
    )
