"""Retention: what a request key was refused is remembered for 30 days, and then forgotten.

An account that is refused something forgets its own old refusals on the way (`store/refusals.py`);
this is for those that nobody asks about any more.
"""

import time
from collections.abc import Callable, Container

from ..core.instants import Instant
from ..store import BUCKETS, Store
from ..store.refusals import kept_since

ALL_BUCKETS = range(BUCKETS)
_LOOKUP_ACCOUNTS = 100
"""Accounts that are looked up at one time."""


def forget_refusals(
    store: Store,
    platform: str,
    now: Instant,
    buckets: Container[int] = ALL_BUCKETS,
    rest: Callable[[float], object] = time.sleep,
    going_on: Callable[[], bool] = lambda: True,
) -> bool:
    """Forget the refusals of a platform that are older than 30 days at `now`, an account and a
    step at a time, with a pause as long after each; False if `going_on` said no before the end.

    Raises `StoreError` when the database cannot be used.
    """
    before = kept_since(now)
    for bucket in ALL_BUCKETS:
        while bucket in buckets and (accounts := _stale(store, platform, bucket, before)):
            for account in accounts:
                if not going_on():
                    return False
                begun = time.perf_counter()
                store.forget_refusals(account, before)
                rest(min(time.perf_counter() - begun, 1.0))
    return True


def _stale(store: Store, platform: str, bucket: int, before: Instant) -> list[str]:
    with store.reading():
        return store.stale_refusals(platform, bucket, before, _LOOKUP_ACCOUNTS)
