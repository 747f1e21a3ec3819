"""Charges a second with a long past in the database, in turn with none.

The past is made of real lines, copied within the server: half of them to the very accounts that
are charged (before their own lines, so with seqs below one), half to other accounts, of which
there is one for a hundred lines. Every line has a key of its own, and every index is there.
"""

import psycopg
from msgspec import structs

from tallystick import commands

from ..figures import Findings, Tally
from ..mix import Mix
from ..transports import PLATFORM
from . import ways
from .bench import Bench, keep

OVER_EMPTY = 0.9
_SAMPLE = 2_000
_PIECE = 500_000
_LINES_AN_ACCOUNT = 100
_EMPTY, _GROWN = "empty", "grown"

_WAYS = {"64 in flight, asyncio": ways.tasks(64), "execute, 500 at once": ways.batches_of(500)}

_NUMBERED = """
create table sample as
select row_number() over (order by account, seq) - 1 as number, * from tallystick.journal
where key is not null
"""
_OTHERS = """
insert into tallystick.accounts (account, version, stamp, state, head, bucket, due_at)
select 'artlist/past_' || lpad(g::text, 7, '0'), 100, g, a.state, a.head, g %% 64, a.due_at
from generate_series(0, %(others)s - 1) as g
join (select row_number() over (order by account) - 1 as number, *
      from tallystick.accounts limit %(charged)s) a on a.number = g %% %(charged)s
"""
_FILL = """
insert into tallystick.journal (account, seq, at, event, postings, balance_before, balance_after,
    key, request, quote, tool, model, member, credits, quantity, hash)
select case when g %% 2 = 0 then 'artlist/acct_' || lpad((g / 2 %% %(charged)s)::text, 6, '0')
            else 'artlist/past_' || lpad((g / 2 %% %(others)s)::text, 7, '0') end,
       -(g / 2 / case when g %% 2 = 0 then %(charged)s else %(others)s end),
       s.at, s.event, s.postings, s.balance_before, s.balance_after,
       'past-' || lpad(g::text, 8, '0') || '-' || left(md5(g::text), 12), s.request, s.quote,
       s.tool, s.model, s.member, s.credits, s.quantity, s.hash
from generate_series(%(first)s::bigint, %(last)s::bigint) as g
join sample s on s.number = g %% (select count(*) from sample)
"""
_INDEXES = """
select indexname, indexdef from pg_indexes
where schemaname = 'tallystick' and tablename = 'journal'
"""


def measure(bench: Bench) -> Findings:
    tally = Tally("charges/s")
    lines = bench.scale.lines
    with bench.server.copy(bench.base) as empty, bench.server.copy(bench.base) as grown:
        _fill(bench, grown, lines)
        _settle(bench, grown, empty)
        for run in range(bench.runs):
            for how, way in _WAYS.items():
                for which, url in ((_GROWN, grown), (_EMPTY, empty)):
                    bench.tell(f"run {run + 1} of {bench.runs}, {which}: {how}")
                    charges = bench.charges(
                        bench.accounts, bench.scale.charges, f"{how[:2]}{run}", run
                    )
                    keep(tally, f"{which}: {how}", way(url, charges, ways.nothing))
        size = _size(grown)
    checks = [
        tally.ratio(f"{_GROWN}: {how}", f"{_EMPTY}: {how}", f"{how}, grown / empty", OVER_EMPTY)
        for how in _WAYS
    ]
    notes = (
        f"{lines:,} journal lines beforehand, {size / 1e9:,.1f} GB",
        f"half are of the accounts charged, half of {_others(lines):,} others",
    )
    return Findings("With a long past", tally.figures(), tuple(checks), notes)


def _others(lines: int) -> int:
    return max(1, lines // 2 // _LINES_AN_ACCOUNT)


def _fill(bench: Bench, url: str, lines: int) -> None:
    """The indexes are built when all lines are there, which is quicker."""
    sample = bench.charges(bench.accounts, _SAMPLE, "sample", 99)
    with bench.server.copy(bench.base) as made:
        ways.batches_of(500)(made, sample, ways.nothing)
        _copy_sample(made, url)
    values = {"charged": len(bench.accounts), "others": _others(lines)}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set synchronous_commit = off")  # nothing of this is measured
        connection.execute("set maintenance_work_mem = '1GB'")
        bench.tell(f"making {values['others']:,} other accounts")
        connection.execute(_OTHERS.encode(), values)
        indexes = connection.execute(_INDEXES).fetchall()
        for name, _ in indexes:
            connection.execute(f"drop index tallystick.{name}".encode())
        for first in range(0, lines, _PIECE):
            bench.tell(f"filling: {first:,} of {lines:,} lines")
            last = min(first + _PIECE, lines) - 1
            connection.execute(_FILL.encode(), {**values, "first": first, "last": last})
        for name, definition in indexes:
            bench.tell(f"building {name}")
            connection.execute(definition.encode())
        connection.execute("drop table sample")


def _copy_sample(made: str, url: str) -> None:
    """Lines that the engine wrote, from one database to the other."""
    with psycopg.connect(made) as there, psycopg.connect(url) as here:
        there.execute(_NUMBERED)
        here.execute("create table sample (number bigint, like tallystick.journal)")
        with (
            there.cursor().copy("copy sample to stdout (format binary)") as out,
            here.cursor().copy("copy sample from stdin (format binary)") as into,
        ):
            for piece in out:
                into.write(piece)


def _settle(bench: Bench, *urls: str) -> None:
    """What a server would have done in time: statistics, hint bits, pages on disk. Then every
    account is charged twice, for a page's first change after a checkpoint is logged whole."""
    for url in urls:
        bench.tell("vacuum and checkpoint")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("vacuum (analyze) tallystick.journal, tallystick.accounts")
    bench.server.checkpoint()
    for url in urls:
        bench.tell("a first round, which does not count")
        ways.batches_of(500)(url, _round(bench), ways.nothing)


def _round(bench: Bench) -> list[commands.Charge]:
    """Two charges to each account."""
    made = Mix(PLATFORM, 0).charges([*bench.accounts], 2 * len(bench.accounts), "settle")
    each = [*bench.accounts] * 2
    return [
        structs.replace(charge, account=account) for charge, account in zip(made, each, strict=True)
    ]


def _size(url: str) -> int:
    with psycopg.connect(url) as connection:
        asked = "select pg_database_size(current_database())"
        return connection.execute(asked).fetchall()[0][0]
