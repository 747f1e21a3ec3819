"""All SQL. A store keeps rows and gives them back; it decides nothing."""

from .base import (
    AnsweredRow,
    ApiKeyRow,
    Batch,
    Conflict,
    Loaded,
    PlatformRow,
    RefusedRow,
    Repeated,
    Store,
    StoredAccount,
    Unwritten,
    Wanted,
    account_key,
    split_key,
)

__all__ = [
    "AnsweredRow",
    "ApiKeyRow",
    "Batch",
    "Conflict",
    "Loaded",
    "PlatformRow",
    "RefusedRow",
    "Repeated",
    "Store",
    "StoredAccount",
    "Unwritten",
    "Wanted",
    "account_key",
    "split_key",
]
