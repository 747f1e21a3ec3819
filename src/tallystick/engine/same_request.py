"""Requests that mean the same: 8.0 for 8, and a model's id for its name.

Only a hash is kept of the first request under a key. One that is written otherwise is looked for
among the hashes of the ways in which a request may be written, and only when the hashes differ, so
that the hash itself is made as ever and the keys of earlier builds go on.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import product
from typing import Any

from msgspec import structs

from ..core.errors import InvalidRequest
from ..core.pricing import RateCard

_NUMBERS_MAX = 3
"""Numbers of a request of which every way to write them is tried; of more, each in one way."""
_WHOLE_MAX = 2**53
"""Up to here every whole number is a float too."""


def means_the_same(
    command: Any, first: bytes, fingerprint: Callable[[Any], bytes], card: RateCard
) -> bool:
    """Whether a request of the hash `first` says what `command` does, in other words of `card`."""
    return any(fingerprint(each) == first for each in _written(command, card))


def _written(command: Any, card: RateCard) -> Iterator[Any]:
    fields = command.__struct_fields__
    params: dict[str, Any] = command.params if "params" in fields else {}
    if type(params) is not dict:
        return
    credits = command.credits if "credits" in fields else None
    ways = [_ways(each) for each in (credits, *params.values())]
    if sum(len(each) > 1 for each in ways) > _NUMBERS_MAX:
        ways = [each[:1] for each in ways]
    models = _models(command, card) if "model" in fields else (None,)
    for model, (credits, *values) in product(models, product(*ways)):
        said: dict[str, Any] = {}
        if "model" in fields:
            said["model"] = model
        if "params" in fields:
            said["params"] = dict(zip(params, values, strict=True))
        if "credits" in fields:
            said["credits"] = credits
        yield structs.replace(command, **said)


def _ways(value: Any) -> tuple[Any, ...]:
    """A whole number as an integer and with a point; anything else as it is."""
    if type(value) not in (int, float, Decimal):
        return (value,)
    if type(value) is not int and not Decimal(value).is_finite():
        return (value,)
    if not -_WHOLE_MAX <= value <= _WHOLE_MAX:
        return (value,)
    return (int(value), float(value)) if value == int(value) else (value,)


def _models(command: Any, card: RateCard) -> tuple[Any, ...]:
    """The names by which a model is called, as it was said first."""
    if command.model is None:
        return (None,)
    try:
        model = card.model(command.model, getattr(command, "tool", None)).model
    except InvalidRequest:
        return (command.model,)
    return tuple(dict.fromkeys((command.model, model.id, model.name, *model.aliases)))
