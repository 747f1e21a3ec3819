"""hf-nostro: an append-only ledger on PostgreSQL; a debit under an idempotency key.

Awaited, as its documentation shows, over a pool of sixteen connections, with accounts named by the
ids it gave (which saves it a look-up).
"""

import asyncio
from importlib import import_module
from typing import Any

_CONNECTIONS = 16
_PLENTY = "1000000"


class Peer:
    def __init__(self, url: str):
        nostro = import_module("nostro")
        pools = import_module("psycopg_pool")
        self._url = url
        self._pool: Any = pools.AsyncConnectionPool(
            url, min_size=_CONNECTIONS, max_size=_CONNECTIONS, open=False
        )
        self._ledger: Any = nostro.AsyncLedger(pool=self._pool, scale=6)
        self._cost = self._ledger.amount("1.25")
        self._accounts: list[Any] = []
        self._open = False

    async def make(self, accounts: int) -> None:
        """Called again, by another process, it finds what is there."""
        await self._opened()
        together = asyncio.Semaphore(_CONNECTIONS)

        async def one(number: int) -> Any:
            async with together:
                account = await self._ledger.accounts.get_or_create("bench", f"acct_{number:06d}")
                await self._ledger.credit(
                    account.id,
                    self._ledger.amount(_PLENTY),
                    category="topup",
                    idempotency_key=f"topup-{number}",
                )
                return account.id

        self._accounts = await asyncio.gather(*[one(number) for number in range(accounts)])

    async def _opened(self) -> None:
        if not self._open:
            migrations = import_module("nostro.migrate")
            await asyncio.to_thread(lambda: migrations.migrate(dsn=self._url, scale=6))
            await self._pool.open(wait=True)
            self._open = True

    async def charge(self, account: int, key: str) -> None:
        await self._ledger.debit(
            self._accounts[account],
            self._cost,
            category="generation",
            idempotency_key=key,
            metadata={"model": "seedance-1.5-pro"},
        )
