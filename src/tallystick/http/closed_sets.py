"""The closed sets of answers: fields whose every value is known, which no type of theirs says.

Generated clients make types of them, so that a value that is misspelt does not compile. A field
that a catalog or an operator names (a tool, a unit, a plan) is not among them.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias, get_args

from ..core import events
from ..core.api_keys import SCOPES
from ..core.catalog import PERIODS, Interval, Source
from ..core.holds import Status
from ..core.refusals import BY_CODE
from ..wire.problems import KINDS

Schema: TypeAlias = dict[str, Any]

_INTERVALS = get_args(Interval)
_CLOSINGS = tuple(each for each in get_args(Status) if each not in ("open", "refunded"))
_KINDS = tuple(
    str(each.__struct_config__.tag)
    for each in vars(events).values()
    if isinstance(each, type) and issubclass(each, events.Event) and each is not events.Event
)

CLOSED_SETS: Mapping[tuple[str, str], tuple[str, ...]] = {
    **{
        (shape, "source"): get_args(Source)
        for shape in ("Burn", "ExpiryChange", "Grant", "GrantView", "SourceView", "Void")
    },
    **{(shape, "outcome"): get_args(events.Outcome) for shape in ("Receipt", "Settlement")},
    **{
        (shape, "interval"): _INTERVALS
        for shape in ("Refusal", "Problem", "SubscriptionView", "Way")
    },
    ("PlanOffer", "intervals"): _INTERVALS,
    ("UpgradeOffer", "from_interval"): _INTERVALS,
    ("UpgradeOffer", "to_interval"): _INTERVALS,
    ("FreeOffer", "every"): PERIODS,
    ("Entry", "kind"): ("brought_forward", *_KINDS),
    ("PlanChange", "change"): (
        "subscribe", "upgrade", "switch", "downgrade", "interval", "cancel", "resume", "pay", "end",
        "pause", "reset",
    ),
    ("SubscriptionView", "status"): ("coming", "trial", "active", "paused", "past_due"),
    ("PlanChange", "rule"): ("add_full_keep_leftover", "deduct_used"),
    ("Release", "how"): ("released", "timed_out"),
    ("Refusal", "how"): _CLOSINGS,
    ("Problem", "how"): _CLOSINGS,
    ("Refusal", "code"): tuple(BY_CODE),
    ("Problem", "code"): tuple(KINDS),
    ("KeyView", "scopes"): SCOPES,
    ("Health", "status"): ("ok",),
}  # fmt: skip
"""By shape and field: every value that an answer may have there."""


def closed(shape: str, field: str, schema: Schema) -> Schema:
    """The schema of a field, with its values where those are known."""
    values = CLOSED_SETS.get((shape, field))
    return schema if values is None else _narrowed(schema, values)


def _narrowed(schema: Schema, values: tuple[str, ...]) -> Schema:
    if schema.get("type") == "string":
        return {**schema, "enum": list(values)}
    if "items" in schema:
        return {**schema, "items": _narrowed(schema["items"], values)}
    choices = [_narrowed(each, values) for each in schema.get("anyOf", ())]
    return {**schema, "anyOf": choices} if choices else schema
