"""The SQL in its files: every statement is whole, used, and finds one account by its key."""

import ast
import re
from pathlib import Path

import apsw
import pytest

from tallystick.store import bucket_of
from tallystick.store.named_sql import migrations, queries
from tallystick.store.postgres.sharding import PRUNED

STORE = Path(__file__).parents[2] / "src/tallystick/store"
BACKENDS = sorted(folder.name for folder in (STORE / "sql").iterdir() if folder.is_dir())
SHARED = ("platforms", "catalogs", "seats", "epochs")
"""Small tables that every shard has whole; all others are found by account."""

STATEMENTS = sorted(queries("sqlite").items())


FILES = [(folder.parent.name, folder.name) for folder in sorted(STORE.glob("sql/*/[a-z]*.sql"))]
EVERY = [
    (backend, name, statement)
    for backend, file in FILES
    for name, statement in sorted(queries(backend, file).items())
]
OF_ACCOUNTS = (
    "accounts", "journal", "holds", "refusals", "checkpoints", "snapshots", "refusal_tallies",
)  # fmt: skip
REMOVES = ("remove_entries", "remove_snapshots", "forget_refusal", "forget_refusals")
"""The statements by which rows go: those of lines that stand in a file of the archive, the
snapshots of those lines, and refusals that are forgotten after 30 days."""

DESCRIBED = re.compile(r"-- [A-Z].{10,}\.")
"""The line below the name of a statement: a sentence."""

WHOLE_PLATFORM = (
    "accounts", "heads", "versions", "refusals", "strays", "due", "timed_out", "stale_refusals",
    "every_refusal", "journal_end", "position",
)  # fmt: skip
"""Statements that go through all accounts of a platform, in order, or look how far a file has come;
nothing is decided by them."""

OF_THE_CATALOG = ("objects",)
"""Statements that ask the server what there is: of no account, and they name what is banned."""

REBUILT = {
    "sqlite": ("drop table refusals_before;",),
    "postgres": (
        "delete from refusals r where not exists (",
        "delete from accounts where version = 0;",
    ),
}
"""What migrations remove: a table that was copied to a new one, and refusals given to accounts
that were never opened, which are not remembered any more."""


def code_of(backend: str) -> str:
    files = [STORE / "named_reads.py", *STORE.glob(f"{backend}/*.py")]
    return "\n".join(path.read_text("utf-8") for path in files)


def words_of(backend: str) -> set[str]:
    tree = ast.parse(code_of(backend))
    return {str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)}


@pytest.fixture(scope="module")
def database() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    connection.create_scalar_function("bucket_of", bucket_of, 1)
    for _, _, script in migrations("sqlite"):
        connection.execute(script)
    return connection


@pytest.mark.parametrize(("backend", "file"), FILES)
def test_every_name_stands_once_and_is_used(backend, file):
    text = (STORE / "sql" / backend / file).read_text("utf-8")
    names = [line.removeprefix("-- name: ") for line in text.splitlines() if "-- name:" in line]
    assert sorted(names) == sorted(queries(backend, file))
    assert set(names) <= words_of(backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_migrations_are_numbered_without_a_gap(backend):
    assert [number for number, _, _ in migrations(backend)] == list(
        range(1, len(migrations(backend)) + 1)
    )


@pytest.mark.parametrize(("name", "statement"), STATEMENTS, ids=[name for name, _ in STATEMENTS])
def test_a_statement_reads_rows_by_their_key(database, name, statement):
    named = dict.fromkeys(re.findall(r":(\w+)", statement))
    marks = named or (None,) * statement.count("?")
    plan = [row[3] for row in database.execute(f"explain query plan {statement}", marks)]
    scans = [step for step in plan if step.startswith("SCAN")]
    # A recursive statement goes through the rows that it makes itself.
    own = ["CONSTANT", *re.findall(r"\bwith recursive (\w+)", statement)]
    if name != "every_refusal":  # asked once, by a migration
        assert all(step.split()[1] in (*SHARED, *own) for step in scans), plan


@pytest.mark.parametrize(
    "table",
    [
        "accounts",
        "catalogs",
        "checkpoints",
        "holds",
        "journal",
        "refusals",
        "refusal_tallies",
        "snapshots",
    ],
)
def test_every_key_begins_with_the_account(database, table):
    first = "platform" if table in SHARED else "account"
    indexes = [row[1] for row in database.execute(f"pragma index_list({table})")]
    assert indexes
    for index in indexes:
        begins = "bucket" if index in ("accounts_due", "refusals_stale") else first
        assert next(row[2] for row in database.execute(f"pragma index_info({index})")) == begins


def test_a_database_has_no_sequence_and_no_trigger(database):
    kinds = dict(database.execute("select type, count(*) from sqlite_schema group by type"))
    assert set(kinds) == {"index", "table"}
    assert not database.execute("select 1 from sqlite_schema where sql like '%autoincrement%'").get


# What a database spread over machines can run


def tables_of(statement: str) -> set[str]:
    """The tables of accounts that a statement reads or writes."""
    named = re.findall(r"(?:from|join|into|update)\s+(?:tallystick\.)?(\w+)", statement)
    return set(named) & set(OF_ACCOUNTS)


NAMES_IT = re.compile(r"\baccount = (\?|:account|any\(%\(\w+\)s\)|%\(account\)s|asked\.account)")
PUTS_IT_FIRST = re.compile(r"insert into (tallystick\.)?\w+ \(account, ")


def names_the_account(name: str, statement: str) -> bool:
    """Whether a statement says which accounts it is about, by ``=`` or ``= any``."""
    if name in WHOLE_PLATFORM or not tables_of(statement):
        return True
    return bool((NAMES_IT if "where" in statement else PUTS_IT_FIRST).search(statement))


BANNED = {
    "a sequence": r"\b(sequence|nextval|(big|small)?serial|identity|autoincrement)\b",
    "a trigger": r"\btrigger\b",
    "an advisory lock": r"advisory",
    "a notification": r"\b(listen|unlisten|notify)\b",
    "a setting of the session": r"\A\s*set\s+(?!local\b)|\bset session\b|\breset\b",
    "rows locked by reading": r"\bfor (no key )?(update|share|key share)\b",
    "rows that go": r"\b(delete from|truncate|drop)\b",
    "a merge": r"\bmerge\b",
}


def banned(statement: str) -> list[str]:
    return [what for what, words in BANNED.items() if re.search(words, statement)]


@pytest.mark.parametrize(("backend", "name", "statement"), EVERY)
def test_a_statement_about_accounts_names_them(backend, name, statement):
    assert names_the_account(name, statement)


def loads(statements: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in statements.items() if name.startswith("load_")}


def test_what_loads_from_a_shard_names_its_accounts_by_value():
    """By ``= any``, whatever else: only then the one shard that is asked is known beforehand."""
    plain = loads(queries("postgres"))
    spread = loads({name: text.decode() for name, text in PRUNED.items()})
    assert spread.keys() == plain.keys()
    for name, statement in spread.items():
        if name != "load_platforms":
            (accounts,) = re.findall(r"where account = any\(%\((\w+)\)s\)", statement)
            assert f"%({accounts})s" in plain[name], name
        pruning = re.sub(r"account = any\(%\(\w+\)s\) and ", "", statement)
        assert pruning == plain[name], name


@pytest.mark.parametrize(("backend", "name", "statement"), EVERY)
def test_a_statement_needs_nothing_that_machines_cannot_share(backend, name, statement):
    if name in OF_THE_CATALOG:
        return
    assert banned(statement) == (["rows that go"] if name in REMOVES else [])
    if "do nothing" in statement and backend != "sqlite":
        assert "returning" in statement, "how many rows went in cannot be counted on"


def test_no_row_count_decides_anything_on_a_server():
    assert not re.search(r"\browcount\b|statusmessage", code_of("postgres"))


def test_no_setting_outlives_its_transaction():
    settings = re.findall(r"\"(set \w+)", code_of("postgres"))
    assert settings
    assert set(settings) == {"set local"}


def test_only_migrating_takes_a_lock_of_the_whole_database():
    for path in STORE.glob("postgres/*.py"):
        assert ("advisory" in path.read_text("utf-8")) == (path.name == "schema.py"), path


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_unique_key_of_accounts_begins_with_the_account(backend):
    script = "".join(text for _, _, text in migrations(backend)).replace("tallystick.", "")
    for removed in REBUILT[backend]:
        assert script.count(removed) == 1
        script = script.replace(removed, "")
    assert banned(script) == []
    for table in OF_ACCOUNTS:
        body = re.search(rf"create table {table} \((.*?)\n\)", script, re.DOTALL)
        assert body, table
        keys = re.findall(r"primary key \((\w+)", body[1])
        keys += re.findall(r"^ +(\w+) .*not null primary key", body[1], re.MULTILINE)
        keys += re.findall(rf"create unique index \w+ on {table} \((\w+)", script)
        assert keys, table
        assert set(keys) == {"account"}, table
        assert "unique" not in body[1]


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("select 1 from accounts where account = ? for update", "rows locked by reading"),
        ("select pg_advisory_lock(7)", "an advisory lock"),
        ("set search_path = x", "a setting of the session"),
        ("create table x (id bigserial)", "a sequence"),
        ("notify changed", "a notification"),
        ("delete from journal where account = ?", "rows that go"),
    ],
)
def test_the_bans_can_fail(statement, what):
    assert banned(statement) == [what]


@pytest.mark.parametrize(
    "statement",
    [
        "select state from accounts where version = 7",
        "update tallystick.accounts set state = %(state)s where stamp = %(stamp)s",
        "insert into journal (seq, account) values (?, ?)",
        "select 1 from journal where account > ?",
    ],
)
def test_a_statement_that_names_no_account_is_found(statement):
    assert not names_the_account("new", statement)


@pytest.mark.parametrize(("backend", "file"), FILES)
def test_every_statement_is_described_in_a_line(backend: str, file: str):
    blocks = (STORE / "sql" / backend / file).read_text("utf-8").split("-- name: ")[1:]
    named = {block.partition("\n")[0].strip(): block.splitlines()[1] for block in blocks}
    assert [name for name, line in named.items() if not DESCRIBED.fullmatch(line)] == []
    assert len(set(named.values())) == len(named), "no two do the same"
