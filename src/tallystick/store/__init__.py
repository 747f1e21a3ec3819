"""All SQL. A store keeps rows and gives them back; it decides nothing."""

from .base import (
    Batch,
    Conflict,
    Loaded,
    PlatformRow,
    RefusedRow,
    Repeated,
    Store,
    StoredAccount,
    Wanted,
    account_key,
    split_key,
)

__all__ = [
    "Batch",
    "Conflict",
    "Loaded",
    "PlatformRow",
    "RefusedRow",
    "Repeated",
    "Store",
    "StoredAccount",
    "Wanted",
    "account_key",
    "split_key",
]
