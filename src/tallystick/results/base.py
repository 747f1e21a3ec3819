"""What all answers share: their JSON, and the parts that many of them have."""

from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct, json
from msgspec.structs import force_setattr

from ..core.credits import Credits

_encoder = json.Encoder(decimal_format="number")


class Result(Struct, frozen=True, kw_only=True, gc=False):
    """Something a verb answered. Its JSON has every field, null where there is nothing to say."""

    def to_json(self) -> bytes:
        """The JSON document of this answer: the same bytes for the same answer."""
        return _encoder.encode(self)


def to_json(value: Any) -> bytes:
    """Any result, or a list of them, as JSON."""
    return _encoder.encode(value)


class CatalogRef(Result, frozen=True, kw_only=True):
    """Which version of a platform's catalog a price came from."""

    platform: str
    version: int


class PricedLine(Result, frozen=True, kw_only=True):
    """One item of a price. `list_credits` is what it costs where the plan does not change it."""

    model: str
    name: str
    tool: str
    rate: str
    unit: str
    quantity: Credits
    outputs: int = 1
    settings: dict[str, str] = {}
    credits: Credits
    list_credits: Credits | None = None
    plan: str | None = None


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
