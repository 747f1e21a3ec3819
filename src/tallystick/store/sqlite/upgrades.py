"""What migrations need besides their SQL: which schema a file really has, and rows worked over."""

from contextlib import closing
from functools import partial
from itertools import groupby
from typing import Any

import apsw

from ..named_sql import migrations, queries
from ..records import bucket_of
from ..refusals import tally_of
from ..rows import signed_again
from .refusals import Run, put_tally

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


_OBJECTS = """
select schema.type, schema.name, columns.name
from sqlite_schema as schema left join pragma_table_info(schema.name) as columns
"""


def real_schema(connection: apsw.Connection) -> int:
    """The newest migration all of whose tables, columns and indexes are there; 0 for none."""
    found, real = set(connection.execute(_OBJECTS)), 0
    with closing(apsw.Connection(":memory:")) as made:
        made.create_scalar_function("bucket_of", bucket_of, 1, deterministic=True)
        for number, _, script in migrations("sqlite"):
            made.execute(script)
            if set(made.execute(_OBJECTS)) <= found:
                real = number
    return real
