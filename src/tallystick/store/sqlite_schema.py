"""Which schema a SQLite file really has, whatever its number says."""

from contextlib import closing

import apsw

from .queries import migrations
from .records import bucket_of

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
