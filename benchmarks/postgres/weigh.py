"""By how much a charge makes the database grow, with all that comes along."""

from ..figures import Check, Figure, Findings
from . import ways
from .bench import Bench
from .server import all_of

MOST_BYTES = 800
_IN_ALL = "in all (pg_database_size)"
_BY_RELATION = """
select c.relname || coalesce(' (toast of ' || t.relname || ')', ''),
       case when c.relkind = 'i' then pg_relation_size(c.oid)
            else pg_table_size(c.oid) - coalesce(pg_relation_size(c.reltoastrelid), 0) end
from pg_class c
left join pg_class t on t.reltoastrelid = c.oid
join pg_namespace n on n.oid = coalesce(t.relnamespace, c.relnamespace)
where n.nspname = 'tallystick' and c.relkind in ('r', 'p', 'i', 't')
"""


def measure(bench: Bench) -> Findings:
    """After as many charges again, so that pages which a new database leaves free are filled."""
    count = bench.scale.weighed
    with bench.server.copy(bench.base) as url:
        found = []
        for run in range(2):
            bench.tell(f"bytes a charge, {count:,} charges ({run + 1} of 2)")
            before = _sizes(bench, url)
            charges = bench.charges(bench.accounts, count, f"weigh{run}", run)
            ways.batches_of(500)(url, charges, ways.nothing)
            after = _sizes(bench, url)
            found.append({name: (size - before.get(name, 0)) / count
                          for name, size in after.items()})  # fmt: skip
    figures = [
        Figure(f"growth by a charge: {name}", "bytes", tuple(each[name] for each in found))
        for name in sorted(found[-1], key=lambda name: -found[-1][name])
        if max(each[name] for each in found) >= 1
    ]
    notes = (
        f"twice {count:,} charges to {len(bench.accounts):,} accounts, after a checkpoint",
        "with tables, indexes, overflow (toast) and what updates left behind; no vacuum was asked",
    )
    most = Figure("bytes of database a charge", "bytes", tuple(each[_IN_ALL] for each in found))
    return Findings("Bytes a charge", tuple(figures), (Check(most, at_most=MOST_BYTES),), notes)


def _sizes(bench: Bench, url: str) -> dict[str, int]:
    bench.server.checkpoint()
    sizes: dict[str, int] = dict(all_of(url, _BY_RELATION))
    in_all = all_of(url, "select pg_database_size(current_database())")[0][0]
    return {_IN_ALL: in_all, **sizes}
