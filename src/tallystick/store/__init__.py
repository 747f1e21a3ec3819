"""All SQL. A store keeps rows and gives them back; it decides nothing."""

from .base import Conflict, Store
from .epochs import remarks
from .pages import FIRST, LAST, Sought
from .records import (
    BUCKETS,
    FIRST_EPOCH,
    AnsweredRow,
    ApiKeyRow,
    Batch,
    EpochRow,
    KnownTime,
    Loaded,
    Move,
    PlatformRow,
    RefusedRow,
    Repeated,
    StoredAccount,
    Unwritten,
    Wanted,
    WorkerSlot,
    account_key,
    bucket_of,
    split_key,
)

__all__ = [
    "BUCKETS",
    "FIRST",
    "FIRST_EPOCH",
    "LAST",
    "AnsweredRow",
    "ApiKeyRow",
    "Batch",
    "Conflict",
    "EpochRow",
    "KnownTime",
    "Loaded",
    "Move",
    "PlatformRow",
    "RefusedRow",
    "Repeated",
    "Sought",
    "Store",
    "StoredAccount",
    "Unwritten",
    "Wanted",
    "WorkerSlot",
    "account_key",
    "bucket_of",
    "remarks",
    "split_key",
]
