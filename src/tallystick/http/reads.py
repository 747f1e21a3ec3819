"""Reads: each on a reader's thread when it is its turn; what takes long on a thread apart."""

import asyncio
from collections.abc import Callable
from typing import Any

from ..core import queries
from ..engine.balances import LongPast
from ..service import handlers
from ..service.async_engine import AsyncEngine, Lane, lane_of
from . import pages
from .settings import ServerSettings
from .turns import Asker, Limits, Turns

LONG_READS_MAX = 16
"""The most reads that may wait for a verification, or for the past of an account without
snapshots."""
LONGEST_REST_SECONDS = 0.1
LARGE_ROWS = 100
"""The most rows of a page that is read beside other reads."""
_PRICE_LISTS = (queries.Prices, queries.CatalogOf, queries.CapacityOf, queries.EstimateFor)


def is_large(query: queries.Query) -> bool:
    """Whether a read keeps the processor busy for milliseconds. Python runs one thread at a time:
    two of these at once would be no faster, and whoever charges would wait for both."""
    if isinstance(query, queries.UsageOf) and query.labels:
        return True
    if isinstance(query, queries.BalanceOf):
        return query.as_of is not None
    limit = getattr(query, "limit", 0)
    return isinstance(query, _PRICE_LISTS) or limit is None or limit > LARGE_ROWS


class Reads:
    """Reads for a server's clients, in turn, so that nobody makes others wait long: large pages one
    at a time, and what takes long on threads of its own."""

    def __init__(self, engine: AsyncEngine, settings: ServerSettings):
        self._engine = engine
        limits = Limits.of(settings)
        alone = Limits(readers=1, platform=1, key=1, account=1, wait=settings.max_waiting_reads)
        self.turns: dict[Lane, Turns] = {
            "reader": Turns(limits),
            "page": Turns(alone),
            "long": Turns(alone._replace(wait=LONG_READS_MAX)),
        }

    async def answer(self, asker: Asker, query: queries.Query) -> Any:
        """The answer to a query as it stands in a reply."""
        engine, platform = self._engine.engine, asker.platform
        lane = lane_of(query)
        if lane == "reader":
            page = pages.wanted(query)
            try:
                lane = "page" if is_large(query) else "reader"
                return await self._run(lane, asker, lambda: page(engine, platform))
            except LongPast:
                lane = "long"
        return await self._run(lane, asker, lambda: handlers.ask(engine, platform, query))

    async def look(self, asker: Asker, query: queries.Query) -> Any:
        """The answer to a query as it is."""
        begin = self._engine.ask
        return await self._admitted("reader", asker, lambda: begin(asker.platform, query))

    async def _run(self, lane: Lane, asker: Asker, work: Callable[[], Any]) -> Any:
        return await self._admitted(lane, asker, lambda: self._engine.run(lane, work))

    async def _admitted(
        self, lane: Lane, asker: Asker, begin: "Callable[[], asyncio.Future[Any]]"
    ) -> Any:
        """Begin when it is the asker's turn. The turn ends with the work, though nobody may wait
        for it any more: its thread is busy until then."""
        turns = self.turns[lane]
        await turns.begin(asker)
        try:
            work = asyncio.ensure_future(begin())
        except BaseException:
            turns.end(asker)
            raise
        begun = asyncio.get_running_loop().time()
        work.add_done_callback(lambda done: self._ended(lane, asker, begun, done))
        return await asyncio.shield(work)

    def _ended(self, lane: Lane, asker: Asker, begun: float, done: "asyncio.Future[Any]") -> None:
        """Hand the turn on; after a large page once it has rested as long as it took, so that half
        of the time belongs to others."""
        if not done.cancelled():
            done.exception()  # heard, even where whoever asked has gone
        loop = done.get_loop()
        if lane == "page":
            rest = min(loop.time() - begun, LONGEST_REST_SECONDS)
            loop.call_later(rest, self.turns[lane].end, asker)
        else:
            self.turns[lane].end(asker)
