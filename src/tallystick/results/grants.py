"""Credits given and taken back."""

from datetime import datetime

from ..core.credits import Credits
from .base import Burn, Written


class Grant(Written, frozen=True, kw_only=True):
    """Credits given: a top-up, a promotion, an adjustment upwards."""

    grant: str
    source: str
    credits: Credits
    expires_at: datetime | None = None
    priority: int | None = None
    reason: str | None = None
    balance_before: Credits
    balance_after: Credits


class Adjustment(Written, frozen=True, kw_only=True):
    """Credits taken back by an operator, or a reversed entry."""

    credits: Credits
    reason: str
    burns: tuple[Burn, ...] = ()
    reverses: int | None = None
    balance_before: Credits
    balance_after: Credits
