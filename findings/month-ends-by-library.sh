#!/usr/bin/env bash
# Versions:  pandas 2.3.3, polars 2.1.0, duckdb 2.0.1, python-dateutil 4.0.0, apsw 3.54.1.0 (SQLite 3.54.1)
# Expected:  "every month from 31 January 2026" names the same days in every library: the last day of each month.
# Behaviour: five libraries give four answers. polars counts each month from the first date and keeps the 31st; pandas and
#            DuckDB step from the date before, so that February moves every later month to the 28th; rrule leaves out the
#            months that have no 31st; SQLite's "+1 month" of 31 January is 3 March.
# Output seen:
#   polars   2026-01-31 2026-02-28 2026-03-31 2026-04-30
#   pandas   2026-01-31 2026-02-28 2026-03-28 2026-04-28
#   duckdb   2026-01-31 2026-02-28 2026-03-28 2026-04-28
#   rrule    2026-01-31 2026-03-31 2026-05-31 2026-07-31
#   sqlite   2026-01-31 2026-03-03 2026-03-31 2026-05-01
# Matters:   whoever rebuilds billing cycles from their first day in a report puts usage into another cycle than the one that
#            it was charged to, three days a month, or finds no cycle at all. An export needs start and end of the cycle
#            on every row.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    pandas==2.3.3 polars==2.1.0 duckdb==2.0.1 python-dateutil==4.0.0 apsw==3.54.1.0
"$work/venv/bin/python" - <<'PYTHON'
from datetime import datetime

import apsw
import duckdb
import pandas
import polars
from dateutil.rrule import MONTHLY, rrule

first, months = datetime(2026, 1, 31), 4
found = {
    "polars": polars.datetime_range(first, datetime(2026, 4, 30), "1mo", eager=True).to_list(),
    "pandas": pandas.date_range(first, periods=months, freq=pandas.DateOffset(months=1)),
    "duckdb": [row[0] for row in duckdb.sql(
        "select unnest(generate_series(timestamp '2026-01-31', timestamp '2026-04-30', interval 1 month))"
    ).fetchall()],
    "rrule": rrule(MONTHLY, dtstart=first, count=months),
    "sqlite": [
        datetime.fromisoformat(row[0])
        for step in range(months)
        for row in apsw.Connection(":memory:").execute("select date('2026-01-31', ? || ' months')", (step,))
    ],
}
expected = {
    "polars": "2026-01-31 2026-02-28 2026-03-31 2026-04-30",
    "pandas": "2026-01-31 2026-02-28 2026-03-28 2026-04-28",
    "duckdb": "2026-01-31 2026-02-28 2026-03-28 2026-04-28",
    "rrule": "2026-01-31 2026-03-31 2026-05-31 2026-07-31",
    "sqlite": "2026-01-31 2026-03-03 2026-03-31 2026-05-01",
}
for name, days in found.items():
    said = " ".join(f"{day:%Y-%m-%d}" for day in days)
    print(f"{name:8} {said}")
    assert said == expected[name], f"{name} counts months in another way now"
PYTHON
