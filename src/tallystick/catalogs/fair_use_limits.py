"""Fair use of a plan's unlimited tools: ``{tool: voice, up_to: 900 characters, every: day}``."""

import re

from ..core.caps import EVERY
from ..core.catalog import FairUseLimit, Unit
from ..core.credits import SCALE
from ..core.errors import describe
from ..core.quantities import Units
from .fields import Form, Shape
from .price_forms import find_unit

FAIR_USE = Shape("a fair-use limit", ("tool", "up_to", "every"), ("beyond",))
_UP_TO = re.compile(r"([0-9]{1,12}) +([a-z][a-z0-9_]*)")


def read_fair_use(form: Form, unlimited: tuple[str, ...], units: Units) -> FairUseLimit:
    """A limit of one of the tools that are `unlimited` on the plan, in one of the catalog's
    `units`."""
    tool = form.text("tool")
    if tool and tool not in unlimited:
        message = f"tool must be one of the plan's unlimited tools, not {describe(tool)}"
        form.reject("tool", "wrong_value", message)
    up_to, unit = _up_to(form, units)
    limit = FairUseLimit(
        tool=tool,
        unit=unit.one,
        up_to=up_to,
        every=form.choice("every", EVERY, "month"),
        beyond=form.choice("beyond", ("refuse", "charge"), "refuse"),
        many=None if unit.many == f"{unit.one}s" else unit.many,
    )
    return form.places.keep(limit, form.node)


def _up_to(form: Form, units: Units) -> tuple[int, Unit]:
    """``100000 characters`` as micro-units and unit."""
    written = form.text("up_to")
    parts = _UP_TO.fullmatch(written)
    if parts:
        return int(parts[1]) * SCALE, find_unit(form, "up_to", parts[2], units)
    if written:
        message = f"up_to must be such as 100000 characters, not {describe(written)}"
        form.reject("up_to", "wrong_value", message)
    return 0, units.by_one["character"]
