"""What work costs, and what credits are good for (`docs/spec.md` 8.3, 8.4)."""

from ..core.credits import Credits
from . import Result


class EstimateLine(Result, frozen=True, kw_only=True):
    """`count` generations of one kind: the price of one, and of all on all days."""

    count: int
    model: str
    name: str
    settings: dict[str, str]
    each: Credits
    credits: Credits
    min: Credits


class Estimate(Result, frozen=True, kw_only=True):
    """(lines x days) + buffer. `subtotal` is without the buffer, `min` where ranges come cheap."""

    credits: Credits
    subtotal: Credits
    buffer: str
    buffer_credits: Credits
    min: Credits
    days: int
    lines: tuple[EstimateLine, ...]


class CapacityLine(Result, frozen=True, kw_only=True, omit_defaults=True):
    """About how much of one thing the credits are good for; `count` is None where it is
    unlimited. `unit` is what is counted: units such as seconds, or generations; `units` its plural,
    where that is not simply the unit with an s. Where a generation costs at least so much, `unit`
    says how much one may have for that: ``generation of up to 100 characters``."""

    tool: str
    model: str
    name: str
    settings: dict[str, str]
    unit: str
    credits: Credits
    per: Credits
    count: int | None
    units: str | None = None


class Capacity(Result, frozen=True, kw_only=True):
    """What a plan's monthly credits are good for, each line on its own."""

    plan: str
    package: Credits | None
    credits: Credits
    lines: tuple[CapacityLine, ...]
