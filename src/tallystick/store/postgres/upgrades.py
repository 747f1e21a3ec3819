"""What the migrations of a PostgreSQL database do that is not said in SQL."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from ..records import bucket_of
from ..refusals import tally_of
from ..rows import signed_again
from .connections import Connection
from .session import SQL

EVIDENCE = 5
"""The migration from which on refusals are tallied, and catalogs signed."""

_PAGE_ROWS = 1_000


def migrated(connection: Connection, number: int) -> None:
    """What a migration does once its script has run, in the same transaction."""
    if number == EVIDENCE:
        _tally_refusals(connection)
        _sign_catalogs(connection)


def _tally_refusals(connection: Connection) -> None:
    for account, rows in groupby(_refusals(connection), key=lambda row: row[0]):
        tally = tally_of(account, (row[1:] for row in rows))
        values = {"account": account, "bucket": bucket_of(account), "refusals": tally.count}
        digest = {"digest": str(tally.digest), "oldest_at": tally.oldest_at}
        connection.execute(SQL["add_tally"], {**values, **digest})


def _refusals(connection: Connection) -> Iterator[tuple[Any, ...]]:
    account = key = ""
    while True:
        values = {"account": account, "key": key, "limit": _PAGE_ROWS}
        page = connection.execute(SQL["every_refusal"], values).fetchall()
        yield from page
        if len(page) < _PAGE_ROWS:
            return
        account, key = page[-1][:2]


def _sign_catalogs(connection: Connection) -> None:
    for (platform,) in connection.execute(SQL["platforms"]).fetchall():
        values = {"platform": platform}
        _, secret, *_ = connection.execute(SQL["platform"], values).fetchall()[0]
        for row in connection.execute(SQL["catalogs"], {**values, "after": 0}).fetchall():
            signed = {"hash": signed_again(secret, platform, row), "version": row[0]}
            connection.execute(SQL["sign_catalog"], {**values, **signed})
