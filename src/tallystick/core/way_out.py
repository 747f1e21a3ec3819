"""A way out of a refusal: one thing that can be done about it, with its price."""

from typing import Literal

from msgspec import Struct

from .catalog import Money
from .credits import Micros
from .instants import Instant


class WayOut(Struct, frozen=True, omit_defaults=True):
    """One thing the person refused can do. Amounts are micros, instants microseconds.

    ``wait``: until `at`, when `available` will be there. ``top_up``: buy `credits` (for `price`).
    ``upgrade``: take `plan` with `credits` a month; `available` is the balance right after.
    A `top_up` of several `bundles` (the credits of each) says them. ``less``: the same with so many
    `outputs` or so much of its `quantities` (micro-units) costs `credits`, which are there, and
    ``cheaper``: `model` (its display name) with `settings` does; its `tool` is named where models
    of several tools have that name. A ``less`` of a lease has `credits` only.
    """

    kind: Literal["wait", "top_up", "upgrade", "cheaper", "less"]
    at: Instant | None = None
    available: Micros | None = None
    credits: Micros | None = None
    plan: str | None = None
    interval: str | None = None
    price: Money | None = None
    model: str | None = None
    settings: dict[str, str] | None = None
    quantities: dict[str, int] | None = None
    outputs: int | None = None
    bundles: tuple[Micros, ...] | None = None
    tool: str | None = None
