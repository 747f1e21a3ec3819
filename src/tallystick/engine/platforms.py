"""Platforms: the catalogs each has published, its clock, and the key that signs its quotes."""

import os
from collections.abc import Callable

from ..core.catalog import Catalog, Published
from ..core.errors import InvalidCatalog, InvalidRequest, KeyConflict, describe
from ..core.history import History, Standing
from ..core.instants import Clock, Instant, words
from ..core.refusal_facts import ClockFacts, VersionFacts
from ..core.refusals import Refusal
from ..store import FIRST_EPOCH, AnsweredRow, PlatformRow, Store
from .clock_check import ClockCheck
from .views import refused


class Platforms:
    """What a batch needs to know of a platform, read with the accounts of every batch.

    Published versions never change, so they are kept; the row that names the newest is read
    each time, so that no process prices by a stale catalog.
    """

    def __init__(self, store: Store, check: ClockCheck):
        self._store = store
        self._check = check
        self.histories: dict[str, History] = {}
        """The catalogs of each platform that somebody asked for, as last read."""
        self._secrets: dict[str, bytes] = {}
        self._epoch: str | None = None

    def current(self, platform: str, clock: Clock) -> tuple[History, Instant]:
        """A platform's catalogs and its now, inside a transaction."""
        return self.of(platform, self._store.platform(platform), clock.now())

    def certain(self, platform: str) -> Instant:
        """A platform's now for what is written; inside `writing`. Raises `WrongClock` where it
        lives by a clock that the database does not bear out."""
        clock_at = self._row(platform).clock_at
        return self._check.now() if clock_at is None else clock_at

    def of(self, platform: str, found: PlatformRow | None, now: Instant) -> tuple[History, Instant]:
        """The same from a row that was read already; `now` is the time without a test clock."""
        row = self._known(platform, found)
        self._epoch = row.epoch
        history = self.histories.get(platform)
        if history is None or history.changes != row.catalogs:
            known = history.cards if history and history.changes < row.catalogs else []
            more = self._store.catalogs(platform, after=len(known))
            withdrawn = self._store.withdrawn_catalogs(platform)
            history = History(platform, more, known, withdrawn)
            self.histories[platform] = history
        return history, now if row.clock_at is None else row.clock_at

    @property
    def epoch(self) -> str:
        """The epoch that the database is in, as last read."""
        if self._epoch is None:
            with self._store.looking_up():
                rows = self._store.epochs()
            self._epoch = rows[-1].epoch if rows else FIRST_EPOCH
        return self._epoch

    def secret(self, platform: str) -> bytes:
        """The key that signs a platform's quotes; it never changes."""
        secret = self._secrets.get(platform)
        if secret is None:
            with self._store.looking_up():
                secret = self._secrets[platform] = self._row(platform).secret
        return secret

    def _row(self, platform: str) -> PlatformRow:
        return self._known(platform, self._store.platform(platform))

    def _known(self, platform: str, row: PlatformRow | None) -> PlatformRow:
        if row is None:
            raise InvalidRequest(
                f"this database has no platform {describe(platform)} (it has: "
                f"{', '.join(self._store.platforms()) or 'none'})",
                where="platform",
                allowed=self._store.platforms(),
            )
        return row

    def names(self) -> list[str]:
        with self._store.looking_up():
            return self._store.platforms()

    def on_real_time(self) -> list[str]:
        """The platforms that live by the machine's clock, inside a transaction."""
        rows = [self._store.platform(name) for name in self._store.platforms()]
        return [row.platform for row in rows if row is not None and row.clock_at is None]

    def create(
        self, catalog: Catalog, source: str, now: Instant, clock_at: Instant | None = None
    ) -> bool:
        """Add a platform with its first catalog, in force from the beginning; False if it is
        there already. With `clock_at` it is a test platform, whose clock can be moved."""
        with self._store.writing():
            if self._store.platform(catalog.platform) is not None:
                return False
            if clock_at is None:
                self._check.confirm(now)
            row = PlatformRow(catalog.platform, os.urandom(32), 0, clock_at)
            self._store.add_platform(row)
            self._store.add_catalog(Published(1, now, catalog, published_at=now), source)
            return True

    def once(
        self, platform: str, key: str | None, request_hash: bytes, work: Callable[[], bytes]
    ) -> tuple[bytes, bool]:
        """`work` in one transaction and its answer, kept under `key`; with the same key and
        request the first answer again, and True. Raises `KeyConflict` for another request."""
        with self._store.writing():
            known = None if key is None else self._store.platform_request(platform, key)
            if known is not None and known.request_hash != request_hash:
                raise KeyConflict(None, known.key)
            if known is not None:
                return known.answer, True
            answer = work()
            if key is not None:
                now = self.certain(platform)
                self._store.add_platform_request(
                    platform, AnsweredRow(key, now, request_hash, answer)
                )
            return answer, False

    def publish(
        self,
        catalog: Catalog,
        source: str,
        effective_at: Instant | None,
        clock: Clock,
        by: tuple[str | None, str | None] = (None, None),
    ) -> Published:
        """Add a catalog version, in force from `effective_at` (now, unless it is to come), as
        published `by` somebody with an API key of this name. Versions that were scheduled for that
        very instant are replaced.

        Inside a transaction, as `once` opens one.

        Raises `InvalidCatalog` if it is in force then already, and `InvalidRequest` if
        `effective_at` lies before the present.
        """
        history, _ = self.current(catalog.platform, clock)
        now = self.certain(catalog.platform)
        at = now if effective_at is None else effective_at
        if at < now:
            raise InvalidRequest(
                f"effective_at must not lie before {words(now)}: prices that were in "
                "force stay as they were",
                where="effective_at",
            )
        before = history.at(at)
        if catalog == before.catalog:
            when = "already" if at == now else f"at {words(at)} already"
            raise InvalidCatalog(f"this catalog is version {before.version}, which is in force "
                                 f"{when}; nothing to do")  # fmt: skip
        published = Published(
            version=len(history.cards) + 1,
            effective_at=at,
            catalog=catalog,
            published_at=now,
            published_by=by[0],
            published_key=by[1],
        )
        self._store.add_catalog(published, source)
        for replaced in history.scheduled(now):
            if replaced.published.effective_at == at:
                self._store.withdraw_catalog(catalog.platform, replaced.version, now)
        return published

    def withdraw(self, platform: str, version: int, clock: Clock) -> Published:
        """Withdraw a version that is only scheduled, inside a transaction; it never comes into
        force. Raises `InvalidRequest` for a version that is not there, and `Refused` for one that
        is or was in force, or is withdrawn already."""
        history, _ = self.current(platform, clock)
        now = self.certain(platform)
        published = history.version(version).published
        standing = history.standing(version, now)
        if standing != "scheduled":
            raise refused(_not_scheduled(published, standing))
        self._store.withdraw_catalog(platform, version, now)
        return published

    def move_clock(self, platform: str, at: Instant) -> None:
        """Move a test platform's clock forward to `at`, inside a transaction.

        Raises `Refused` if the platform runs on real time, or `at` lies before its clock.
        """
        before = self._row(platform).clock_at
        if before is None:
            raise refused(
                Refusal(
                    "clock_not_test",
                    f"{platform} runs on real time; only a test platform's clock can be moved",
                )
            )
        if at < before:
            raise refused(
                Refusal(
                    "clock_backwards",
                    f"the clock stands at {words(before)} and only moves forward",
                    ClockFacts(before),
                )
            )
        self._store.set_clock(platform, at)


_STANDS = {
    "in_force": "is in force",
    "past": "was in force",
    "withdrawn": "is withdrawn already",
}


def _not_scheduled(published: Published, standing: Standing) -> Refusal:
    """The refusal to withdraw a version that is not scheduled."""
    said = f"version {published.version} {_STANDS[standing]}"
    return Refusal(
        "version_not_scheduled",
        f"{said}: only a version that is still to come into force can be withdrawn",
        VersionFacts(published.version, published.effective_at, standing),
    )
