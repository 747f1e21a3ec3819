"""What the migrations of a SQLite file do that is not said in SQL."""

from functools import partial
from itertools import groupby
from typing import Any

import apsw

from .queries import queries
from .refusals import tally_of
from .rows import signed_again
from .sqlite_refusals import Run, put_tally

EVIDENCE = 8
"""The migration from which on refusals are tallied, and catalogs signed."""


def migrated(connection: apsw.Connection, number: int) -> None:
    """What a migration does once its script has run, in the same transaction."""
    if number == EVIDENCE:
        run = partial(_run, connection)
        _tally_refusals(run)
        _sign_catalogs(run)


def _run(connection: apsw.Connection, name: str, *values: Any) -> apsw.Cursor:
    return connection.execute(queries("sqlite")[name], values)


def _tally_refusals(run: Run) -> None:
    for account, rows in groupby(run("every_refusal"), key=lambda row: row[0]):
        put_tally(run, account, tally_of(account, (row[1:] for row in rows)))


def _sign_catalogs(run: Run) -> None:
    for (platform,) in list(run("platforms")):
        _, secret, *_ = next(run("platform", platform))
        for row in list(run("catalogs", platform, 0)):
            run("sign_catalog", signed_again(secret, platform, row), platform, row[0])
