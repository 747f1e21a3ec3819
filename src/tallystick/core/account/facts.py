"""What a decision may know besides the account itself: rows that the command names."""

from msgspec import Struct

from ..events import Event
from ..holds import Hold
from ..quotes import Quote


class Facts(Struct, frozen=True, gc=False):
    """The named hold, the named quote with the line that spent it, the named entry."""

    hold: Hold | None = None
    quote: Quote | None = None
    quote_used: int | None = None
    entry: Event | None = None


NO_FACTS = Facts()
