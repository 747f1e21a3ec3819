"""escrowmint: quotas as scripts on a Redis server; a consumption under an idempotency key.

Threads over one client, which keeps a connection for each.
"""

from importlib import import_module
from typing import Any

_PLENTY = 1_000_000_000
_COST = 5


class Peer:
    def __init__(self, url: str):
        self._client: Any = import_module("escrowmint").Client.from_url(url)

    def make(self, accounts: int) -> None:
        for number in range(accounts):
            self._client.top_up(_name(number), _PLENTY, idempotency_key="topup")

    def charge(self, account: int, key: str) -> None:
        if not self._client.try_consume(_name(account), _COST, idempotency_key=key).applied:
            raise RuntimeError("refused")


def _name(number: int) -> str:
    return f"acct_{number:06d}"
