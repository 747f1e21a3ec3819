"""A small shop for the tests of the store: one credit a picture, no free credits, no months."""

from __future__ import annotations

from os import PathLike
from typing import Any

from tallystick import Tallystick
from tallystick.testing import TestClock

START = "2026-01-10T10:00:00Z"
CATALOG = """\
platform: shop
name: Shop
tools: [{id: image, name: Image}]
models:
  - {name: Picture, tool: image, rates: [{credits: 1, per: image}]}
plans:
  - {id: guest, name: Guest}
  - {id: basic, name: Basic, packages: [{credits: 1000}]}
default_plan: guest
top_ups: {requires_subscription: false, bundles: [{credits: 500}]}
policy: {member_required: false}
"""


def opened(path: str | PathLike[str] = ":memory:", clock: Any = None) -> Tallystick:
    """The shop in this database; its clock stands unless another one is given."""
    return Tallystick.open(path, catalog=CATALOG, clock=clock or TestClock(START))
