#!/usr/bin/env bash
# Versions:  polars 2.1.0, pandas 2.3.3, pyarrow 26.0.1, duckdb 2.0.1
# Expected:  a sum that does not fit its type is wider, or an error. PostgreSQL and DuckDB widen it.
# Behaviour: polars, pandas and pyarrow wrap around in silence for 64-bit integers: four times 2^62 is 0. polars sums a
#            column of 32-bit integers in 32 bits: three times 2,000,000,000 is 1,705,032,704. pyarrow wraps a sum of
#            decimal128 too and gives a negative number, where polars raises an error.
# Output seen:
#   4 x 2^62 as int64: polars 0, pandas 0, pyarrow 0, duckdb 18446744073709551616
#   3 x 2,000,000,000 as int32: polars 1705032704, duckdb 6000000000
#   3 x 99999999999999999999999999999999.999999 as decimal: pyarrow -40282366920938463463374607431768.211459, polars: error
# Matters:   credits are exported as whole millionths. 2^63 of those are nine million million credits, which a year of a
#            large platform's totals of totals can pass, and an analyst who narrows a column to 32 bits is wrong at
#            2,147 credits, with no word said. A report must sum in DuckDB or check the range first.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    polars==2.1.0 pandas==2.3.3 pyarrow==26.0.1 duckdb==2.0.1
"$work/venv/bin/python" - <<'PYTHON'
from decimal import Decimal

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.compute

large = [2**62] * 4
table = pyarrow.table({"micros": large})
sums = {
    "polars": polars.Series(large).sum(),
    "pandas": int(pandas.Series(large).sum()),
    "pyarrow": pyarrow.compute.sum(table["micros"]).as_py(),
    "duckdb": duckdb.from_arrow(table).sum("micros").fetchall()[0][0],
}
print("4 x 2^62 as int64:", sums)
assert sums == {"polars": 0, "pandas": 0, "pyarrow": 0, "duckdb": 2**64}

narrow = pyarrow.table({"micros": pyarrow.array([2_000_000_000] * 3, pyarrow.int32())})
in_32_bits = polars.from_arrow(narrow)["micros"].sum()
widened = duckdb.from_arrow(narrow).sum("micros").fetchall()[0][0]
print("3 x 2,000,000,000 as int32:", {"polars": in_32_bits, "duckdb": widened})
assert (in_32_bits, widened) == (1_705_032_704, 6_000_000_000)

decimals = [Decimal("9" * 32 + ".999999")] * 3
wrapped = pyarrow.compute.sum(pyarrow.array(decimals)).as_py()
try:
    raised = f"polars {polars.Series(decimals).sum()}"
except polars.exceptions.ComputeError as error:
    raised = f"polars: {error}"
print("3 decimals of 38 digits: pyarrow", wrapped, "|", raised)
assert wrapped == Decimal("-40282366920938463463374607431768.211459")
assert "overflow" in raised
PYTHON
