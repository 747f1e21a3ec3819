"""Quotes: a price somebody was shown, honoured until it expires (`docs/spec.md` 2.9)."""

from msgspec import Struct

from .instants import Instant
from .pricing import Priced


class Quote(Struct, frozen=True, omit_defaults=True):
    """What a quote's token carries. `account` is None when it was made for nobody; `epoch` is that
    of the ledger it was made in: one that was restored does not know what was spent since."""

    id: str
    account: str | None
    priced: Priced
    expires_at: Instant
    epoch: str = "e1"
