"""What all answers share: their JSON, and the parts that many of them have."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import force_setattr

from ..core import plain_values
from ..core.credits import Credits
from . import display


class Result(Struct, frozen=True, kw_only=True, gc=False):
    """Something a verb answered. Its JSON has every field, null where there is nothing to say."""

    def to_json(self) -> bytes:
        """The JSON document of this answer: the same bytes for the same answer."""
        return plain_values.to_json(self)

    def to_dict(self) -> dict[str, Any]:
        """This answer as its JSON read back: dicts, lists, texts and numbers, for whatever takes a
        ``dict``. Instants are RFC 3339 texts, and amounts that are not whole are floats."""
        return plain_values.to_plain(self)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """The items of `to_dict`, so that ``dict(answer)`` is that."""
        return iter(self.to_dict().items())

    def __repr__(self) -> str:
        return display.line(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What IPython and Jupyter show."""
        display.layout(self, printer)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> dict[str, Any]:
        """What pydantic asks for: answers are fields and responses of its models."""
        from . import pydantic_schemas

        return pydantic_schemas.schema_of(cls, handler)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        from . import pydantic_schemas

        return pydantic_schemas.described(cls, schema, handler)


def to_json(value: Any) -> bytes:
    """Any result, or a list of them, as JSON."""
    return plain_values.to_json(value)


class CatalogRef(Result, frozen=True, kw_only=True):
    """Which version of a platform's catalog a price came from."""

    platform: str
    version: int


class TermLine(Result, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a price that is a sum. `exact` is what it comes to, before the one rounding and for
    all outputs: a decimal, or a fraction such as ``1/3``. `units` is the plural of the unit, where
    it is not simply the unit with an s."""

    unit: str
    quantity: Credits
    exact: str
    units: str | None = None


class PricedLine(Result, frozen=True, kw_only=True, omit_defaults=True):
    """One item of a price. `list_credits` is what it costs where the plan does not change it.

    Left out where there is nothing to say: the `terms` of a price that is a sum; `stated`, the
    quantity as it was said, where it is counted in steps; and `units`, the plural of the unit where
    it is not simply the unit with an s.
    """

    model: str
    name: str
    tool: str
    rate: str
    unit: str
    quantity: Credits
    outputs: int
    settings: dict[str, str]
    credits: Credits
    list_credits: Credits | None
    plan: str | None
    terms: tuple[TermLine, ...] = ()
    stated: Credits | None = None
    units: str | None = None


class Burn(Result, frozen=True, kw_only=True):
    """Credits of one grant."""

    grant: str
    source: str
    credits: Credits


class OnLine(Result, frozen=True, kw_only=True):
    """What stands on the ledger entry `seq`."""

    account: str
    seq: int
    at: datetime


W = TypeVar("W", bound="Written")


class Written(OnLine, frozen=True, kw_only=True):
    """An answer that stands on the ledger entry `seq`. `epoch` is that of the ledger which gives
    the answer: a ledger that was restored counts its entries from where it was restored to."""

    epoch: str = ""


def stamped(answer: W, epoch: str) -> W:
    """An answer that was just made, and that nobody else has yet, with the epoch it is given in."""
    force_setattr(answer, "epoch", epoch)
    return answer
