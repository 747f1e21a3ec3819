"""Every rule of style can fail: each is shown something bad, and something like it that is good."""

import pytest

from tests.tidy import rules
from tests.tidy.rules import Source

CORE = "src/tallystick/core/x.py"
ENGINE = "src/tallystick/engine/x.py"
CLOCK = "src/tallystick/engine/clock.py"


def function(lines: int) -> str:
    return "def work():\n" + "    step()\n" * (lines - 1)


BAD = [
    (rules.overlong_functions, ENGINE, function(46)),
    (rules.overlong_functions, ENGINE, "async " + function(46)),
    (rules.overlong_file, ENGINE, "step()\n" * 451),
    (rules.overlong_readme, "src/tallystick/core/README.md", "line\n" * 121),
    (rules.banned_calls, ENGINE, "import time\nnow = time.time()\n"),
    (rules.banned_calls, ENGINE, "from time import time as clock\nnow = clock()\n"),
    (rules.banned_calls, ENGINE, "from datetime import UTC, datetime\nnow = datetime.now(UTC)\n"),
    (rules.banned_calls, ENGINE, "import datetime as d\nday = d.date.today()\n"),
    (rules.banned_calls, ENGINE, "from datetime import datetime\nnow = datetime.utcnow()\n"),
    (rules.banned_calls, ENGINE, "from .clock import SystemClock\nclock = SystemClock()\n"),
    (rules.banned_calls, ENGINE, "from .. import engine\nclock = engine.SystemClock()\n"),
    (rules.banned_calls, ENGINE, "print('hello')\n"),
    (rules.banned_calls, ENGINE, "bucket = hash(account) % 64\n"),
    (rules.banned_calls, ENGINE, "import random\nrandom.shuffle(accounts)\n"),
    (rules.banned_calls, CORE, "amount = float(text)\n"),
    (rules.banned_calls, CORE, "amount = round(credits)\n"),
    (rules.banned_calls, CORE, "text = open(path).read()\n"),
    (rules.assertions, ENGINE, "assert amount > 0\n"),
    (rules.true_divisions, CORE, "half = amount / 2\n"),
    (rules.true_divisions, CORE, "amount /= 2\n"),
    (rules.sql_in_python, ENGINE, "run('select state from accounts where account = ?', key)\n"),
    (rules.sql_in_python, ENGINE, "run(f'UPDATE accounts SET state = {state}')\n"),
    (rules.sql_in_python, ENGINE, "run('create unique index one on accounts (account)')\n"),
    (rules.module_that_is_no_noun, "src/tallystick/client/keeping.py", ""),
    (rules.module_that_is_no_noun, "src/tallystick/cli/show.py", ""),
    (rules.vague_name, "src/tallystick/utils.py", ""),
    (rules.vague_name, "tests/helpers/accounts.py", ""),
    (rules.vague_name, "src/tallystick/core/_misc.py", ""),
    (rules.missing_docstring, ENGINE, "import time\n"),
    (rules.missing_docstring, "src/tallystick/engine/__init__.py", "import time\n"),
    (rules.positional_fields, CORE, "event = Charged(parts, credits, priced, member, labels)\n"),
    (rules.positional_fields, CORE, "line = events.Held(parts, credits, at, priced, None)\n"),
    (rules.leftovers, ENGINE, "# TO" + "DO: later\n"),
    (rules.leftovers, "docs/x.md", "FIX" + "ME\n"),
    (rules.words_from_elsewhere, "docs/x.md", "see /ho" + "me/somebody\n"),
    (rules.words_from_elsewhere, "docs/x.md", "from http" + "s://packages.test/simple\n"),
    (rules.untidy_space, ENGINE, "x = 1 \n"),
    (rules.untidy_space, ENGINE, "if x:\n\tstep()\n"),
    (rules.untidy_space, ENGINE, "x = 1\r\n"),
    (rules.untidy_space, ENGINE, "x = 1"),
]

GOOD = [
    (rules.overlong_functions, ENGINE, function(45)),
    (rules.overlong_file, ENGINE, "step()\n" * 450),
    (rules.overlong_readme, "src/tallystick/core/README.md", "line\n" * 120),
    (rules.banned_calls, CLOCK, "import time\nnow = time.time_ns()\n"),
    (rules.banned_calls, ENGINE, "import time\nspent = time.monotonic()\n"),
    (rules.banned_calls, "src/tallystick/engine/engine.py", "self.clock = SystemClock()\n"),
    (rules.banned_calls, ENGINE, "text = 'print(1) and time.time()'\n"),
    (rules.banned_calls, "src/tallystick/cli/output.py", "print('hello')\n"),
    (rules.banned_calls, ENGINE, "import random\nchance = random.Random(1)\nchance.random()\n"),
    (rules.banned_calls, ENGINE, "seconds = float(text)\n"),
    (rules.true_divisions, CORE, "half, rest = amount // 2, amount % 2\n"),
    (rules.sql_in_python, ENGINE, "say('select a plan, or update the catalog')\n"),
    (rules.sql_in_python, ENGINE, "run('select count(*) from sqlite_schema')\n"),
    (rules.module_that_is_no_noun, "src/tallystick/core/pricing.py", ""),
    (rules.module_that_is_no_noun, "src/tallystick/core/holds.py", ""),
    (rules.vague_name, "src/tallystick/core/holds.py", ""),
    (rules.missing_docstring, ENGINE, '"""What it is."""\nimport time\n'),
    (rules.missing_docstring, "src/tallystick/engine/_queue.py", "import time\n"),
    (rules.positional_fields, CORE, "event = Charged(parts, credits, priced, member)\n"),
    (rules.positional_fields, CORE, "write(row_key, line, head, key, request_hash)\n"),
    (rules.words_from_elsewhere, "docs/x.md", "see docs/home/page and ../reference/cli.md\n"),
    (rules.words_from_elsewhere, "docs/x.md", "see https://example.com/anything\n"),
    (rules.untidy_space, "Makefile", "test:\n\tpytest\n"),
    (rules.untidy_space, "tests/prices.tsv", "model\tcredits\t\n"),
]


def shown(case):
    return case.__name__ if callable(case) else None


@pytest.mark.parametrize(("rule", "path", "text"), BAD, ids=shown)
def test_it_finds(rule, path, text):
    found = list(rule(Source(path, text)))
    assert len(found) == 1
    assert str(found[0]).startswith(f"{path}:")


@pytest.mark.parametrize(("rule", "path", "text"), GOOD, ids=shown)
def test_it_leaves_alone(rule, path, text):
    assert list(rule(Source(path, text))) == []


def test_a_ban_names_the_line_and_what_to_write_instead():
    (finding,) = rules.banned_calls(Source(ENGINE, "import time\n\nnow = time.time()\n"))
    assert finding.line == 3
    assert "engine/clock.py" in finding.message


PAGES = {
    "docs/README.md": "# Docs\n",
    "docs/concepts/holds.md": "# Holds\n\n## When it `closes`, once\n\n```\n# not a heading\n```\n",
    "Makefile": None,
}


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("concepts/holds.md", None),
        ("concepts/holds.md#when-it-closes-once", None),
        ("../Makefile", None),
        ("#docs", None),
        ("https://example.com/anything", None),
        ("concepts/grants.md", "leads nowhere"),
        ("../../Makefile", "leads nowhere"),
        ("concepts/holds.md#not-a-heading", "no heading"),
        ("#other", "no heading"),
    ],
)
def test_links(link, said):
    page = Source("docs/README.md", f"# Docs\n\n`[code](nowhere)` and [a page]({link})\n")
    found = list(rules.broken_links(page, PAGES | {page.path: page.text}))
    assert [each.line for each in found] == ([3] if said else [])
    assert all(said in each.message for each in found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"""Holds (`docs/concepts/holds.md` 2)."""\n', []),
        ("# see ../../docs/README.md\n", []),
        ('"""Holds (`holds.md` 2)."""\n', ["holds.md is cited and is not in the repository"]),
        ("# see docs/plans.md, 3\n", ["docs/plans.md is cited and is not in the repository"]),
    ],
)
def test_cited_pages(text, said):
    found = rules.cited_pages(Source("src/engine/holds.py", text), PAGES)
    assert [each.message for each in found] == said


HOUSE = ("tallystick.core", "tallystick.core.holds", "tallystick.core.grants", "tallystick.cli")


@pytest.mark.parametrize(
    ("path", "text", "imported"),
    [
        ("src/tallystick/core/x.py", "from .holds import Hold\n", "tallystick.core.holds"),
        ("src/tallystick/core/x.py", "from . import grants\n", "tallystick.core.grants"),
        ("src/tallystick/cli/x.py", "def f():\n    from ..core import y\n", "tallystick.core"),
        ("src/tallystick/core/__init__.py", "from .holds import Hold\n", "tallystick.core.holds"),
        ("tests/x.py", "if TYPE_CHECKING:\n    import tallystick.cli\n", "tallystick.cli"),
    ],
)
def test_an_import_is_found_wherever_it_stands(path, text, imported):
    assert rules.imports_of(Source(path, text), HOUSE) == {imported}


@pytest.mark.parametrize(
    ("imports", "circles"),
    [
        ({"a": ["b"], "b": ["c"], "c": []}, []),
        ({"a": ["b"], "b": ["a"], "c": ["a"]}, [["a", "b"]]),
        ({"a": ["b"], "b": ["c"], "c": ["b"], "d": ["e"], "e": ["d"]}, [["b", "c"], ["d", "e"]]),
    ],
)
def test_modules_that_import_each_other_are_found(imports, circles):
    assert rules.circles(imports) == circles


def test_a_class_name_in_two_files_is_found():
    one, other = "class Batch: ...\nclass Store: ...\n", "class Batch: ...\n"
    sources = [Source(ENGINE, one), Source("src/tallystick/wire/y.py", other)]
    assert rules.shared_class_names(sources) == {"Batch": ["engine", "wire"]}
