"""The limits on connections: how many are taken, and how long each may take.

They are limits of one process: several workers have as many of them. Time counts only while this
server runs: if it stood still for a while, no client is blamed for what was not read.
"""

import ipaddress
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from ..wire.problems import KINDS, HttpError
from .logs import lines
from .metrics import Metrics
from .settings import ServerSettings

STEP_MAX_SECONDS = 0.3
"""The most time that counts between two looks at the connections: a longer one means that the
server stood still."""
LEAVING_MAX = 100
"""Connections above the limits that are told so; others are ended without a word."""
FULL = "this server has all the connections it accepts ({}); try again in a moment"
FULL_FOR_ONE = "your address has all the connections it may have ({}); reuse the open ones"


class Connected(Protocol):
    """A connection, as it is counted and looked at."""

    client: tuple[str, int] | None

    def look(self, now: float) -> None:
        """End the connection if it takes longer than it may."""
        ...


class Admission:
    """Who is connected, and what became of those who were turned away."""

    def __init__(
        self,
        settings: ServerSettings,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.settings = settings
        self.now = 0.0
        """Seconds that the server has been at work, from look to look."""
        self.connected: set[Any] = set()
        self.leaving: set[Any] = set()
        """Those that were never counted: told that there are too many, and not gone yet."""
        self._metrics = metrics
        self._by_address: Counter[str] = Counter()
        self._clock = clock
        self._looked = clock()
        metrics.connections(lambda: len(self.connected))

    def enter(self, connection: Connected) -> HttpError | None:
        """Count a connection; or why it is one too many."""
        settings, address = self.settings, network(connection.client)
        refused = None
        if len(self.connected) >= settings.max_connections:
            refused = FULL.format(f"{settings.max_connections:,}")
        elif self._by_address[address] >= settings.max_connections_per_address:
            refused = FULL_FOR_ONE.format(f"{settings.max_connections_per_address:,}")
        if refused is not None:
            self.leaving.add(connection)
            return HttpError("too_many_connections", refused)
        self.connected.add(connection)
        self._by_address[address] += 1
        return None

    @property
    def crowded(self) -> bool:
        """Whether so many are being turned away that no more of them can be told why."""
        return len(self.leaving) > LEAVING_MAX

    def leave(self, connection: Connected) -> None:
        self.leaving.discard(connection)
        if connection in self.connected:
            self.connected.remove(connection)
            address = network(connection.client)
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    def look(self) -> None:
        """Look at every connection; called some ten times a second."""
        before, self._looked = self._looked, self._clock()
        self.now += min(self._looked - before, STEP_MAX_SECONDS)
        for each in (*self.connected, *self.leaving):
            try:
                each.look(self.now)
            except Exception as error:  # noqa: BLE001 - one connection may not end the server
                lines().error("connection not looked at", exc_info=error)

    def turned_away(
        self, error: HttpError, connection: Connected, request_id: str | None = None
    ) -> None:
        """Count and log what was turned away before it was a request."""
        self._metrics.turned_away(error.code)
        lines().info(
            "turned away",
            request_id=request_id,
            status=KINDS[error.code].status,
            code=error.code,
            address=connection.client[0] if connection.client else None,
        )

    def hung_up(self, connection: Connected) -> None:
        """Count and log a client that did not read its reply."""
        self._metrics.turned_away("reply_not_read")
        address = connection.client[0] if connection.client else None
        lines().info("hung up", code="reply_not_read", address=address)


def network(client: tuple[str, int] | None) -> str:
    """Whose connection it is: an address, or of version 6 the network of one, a /64."""
    if client is None:
        return ""
    host = client[0].partition("%")[0]
    if ":" not in host:
        return host
    address = ipaddress.IPv6Address(host)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))
