"""The rules of style that a program can hold: each takes one file and yields what is wrong in it.

A rule that bans something names what to write instead. `test_rules` shows that each one can fail;
`test_tree` applies them to the whole repository.
"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from pathlib import PurePosixPath
from typing import NamedTuple

LONGEST_FUNCTION = 45
LONG_FUNCTION = 25
LONGEST_FILE = 450
LONGEST_README = 120


class Finding(NamedTuple):
    """One thing that is wrong, at one line of a file."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class Source:
    """One file of the repository: its path from the root, with slashes, and its text."""

    def __init__(self, path: str, text: str):
        self.path = path
        self.text = text

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def finding(self, line: int, message: str) -> Finding:
        return Finding(self.path, line, message)

    def within(self, *places: str) -> bool:
        """Whether the file is one of `places`, or lies in a folder of them (ending in a slash)."""
        return any(
            self.path == place or (place.endswith("/") and self.path.startswith(place))
            for place in places
        )


# Length


def function_lengths(source: Source) -> Iterator[tuple[int, int, str]]:
    """Lines, first line and name of every function, its docstring included."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1, node.lineno, node.name


def overlong_functions(source: Source) -> Iterator[Finding]:
    for lines, at, name in function_lengths(source):
        if lines > LONGEST_FUNCTION:
            yield source.finding(at, f"{name} has {lines} lines; at most {LONGEST_FUNCTION}")


def overlong_file(source: Source) -> Iterator[Finding]:
    count = source.text.count("\n")
    if count > LONGEST_FILE:
        yield source.finding(count, f"the file has {count} lines; at most {LONGEST_FILE}")


def overlong_readme(source: Source) -> Iterator[Finding]:
    count = source.text.count("\n")
    if count > LONGEST_README:
        yield source.finding(count, f"the README has {count} lines; at most {LONGEST_README}")


# Calls


class Ban(NamedTuple):
    """Calls that no file may make, but for those at home in them."""

    calls: frozenset[str]
    instead: str
    within: tuple[str, ...] = ("src/",)
    home: tuple[str, ...] = ()


def _ban(calls: str, instead: str, **places: tuple[str, ...]) -> Ban:
    return Ban(frozenset(calls.split()), instead, **places)


CORE = ("src/tallystick/core/",)
TERMINAL = ("src/tallystick/cli/", "src/tallystick/demo/")

BANS = (
    _ban(
        "time.time time.time_ns datetime.datetime.now datetime.datetime.utcnow "
        "datetime.datetime.today datetime.date.today",
        "the clock that was handed in: time is an argument, and engine/clock.py alone reads it",
        home=("src/tallystick/engine/clock.py",),
    ),
    _ban(
        "SystemClock engine.SystemClock clock.SystemClock "
        "tallystick.engine.SystemClock tallystick.engine.clock.SystemClock",
        "engine.clock, which is the clock that was handed in: only the engine makes one",
        home=(
            "src/tallystick/engine/engine.py",
            "src/tallystick/audit/backup.py",  # no engine is open where a file is backed up
            "src/tallystick/audit/restoration.py",  # or restored
        ),
    ),
    _ban("print", "an answer or an error: only the command line speaks", home=TERMINAL),
    _ban("hash", "a digest of hashlib: hash() differs from one process to the next"),
    _ban(
        "random.random random.randint random.choice random.choices random.shuffle random.seed",
        "random.Random(seed), so that a run can be had again",
    ),
    _ban("float round", "whole micros and core.credits: a float is not exact", within=CORE),
    _ban("open", "an argument: the core does no I/O", within=CORE),
)


def banned_calls(source: Source) -> Iterator[Finding]:
    bans = [ban for ban in BANS if source.within(*ban.within) and not source.within(*ban.home)]
    imported = _imported_names(source.tree)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and (called := _full_name(node.func, imported)):
            for ban in bans:
                if called in ban.calls:
                    yield source.finding(node.lineno, f"{called}() is banned; use {ban.instead}")


def _imported_names(tree: ast.Module) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {each.asname: each.name for each in node.names if each.asname}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return names


def _full_name(called: ast.expr, imported: dict[str, str]) -> str | None:
    """The dotted name of what is called, as if everything were imported by its full name."""
    parts: list[str] = []
    while isinstance(called, ast.Attribute):
        parts.append(called.attr)
        called = called.value
    if not isinstance(called, ast.Name):
        return None
    return ".".join([imported.get(called.id, called.id), *reversed(parts)])


def assertions(source: Source) -> Iterator[Finding]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assert):
            yield source.finding(node.lineno, "assert is banned; raise an error: -O drops it")


def true_divisions(source: Source) -> Iterator[Finding]:
    """In the core a single slash would make a float of two whole numbers."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield source.finding(node.lineno, "/ is banned in the core; use // or divmod")


SQL = re.compile(
    r"\s*(select\b.*\bfrom|insert\b.*\binto|update\s+\w+\s+set|delete\s+from"
    r"|(create|alter|drop)\s+(unique\s+)?(table|index|trigger|view))\s+(?!sqlite_)",
    re.IGNORECASE | re.DOTALL,
)


def sql_in_python(source: Source) -> Iterator[Finding]:
    """SQL stands in files, named; only what SQLite says of itself is asked for in place."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
            yield source.finding(node.lineno, "SQL in Python; name it in the backend's queries.sql")


# Names and documentation

VAGUE_NAMES = frozenset({"common", "helper", "helpers", "misc", "util", "utils"})


def vague_name(source: Source) -> Iterator[Finding]:
    for part in PurePosixPath(source.path).parts:
        if part.partition(".")[0].strip("_").lower() in VAGUE_NAMES:
            yield source.finding(1, f"'{part}' says nothing; name it by what it holds")


def missing_docstring(source: Source) -> Iterator[Finding]:
    public = not PurePosixPath(source.path).stem.startswith("_") or "__init__" in source.path
    if public and source.tree.body and not ast.get_docstring(source.tree):
        yield source.finding(1, "a public module begins with a docstring that says what it is")


POSITIONAL_ARGUMENTS = 4


def positional_fields(source: Source) -> Iterator[Finding]:
    """A struct with more than four fields is built by keyword: nobody counts commas."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and len(node.args) > POSITIONAL_ARGUMENTS:
            name = ast.unparse(node.func).rpartition(".")[2]
            if name[:1].isupper():
                yield source.finding(node.lineno, f"{name} has more than four fields by position")


# Text

LEFTOVERS = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
ELSEWHERE = {
    "a path of one machine": re.compile(r"(?<![\w.])/(work|opt|root|home|Users)/"),
    "an address on the network": re.compile(
        r"\bhttps?://(?!www\.apache\.org/licenses|[\w.]*example\.com|localhost|127\.0\.0\.1)\S+"
    ),
}


def leftovers(source: Source) -> Iterator[Finding]:
    for number, line in enumerate(source.lines, 1):
        if found := LEFTOVERS.search(line):
            yield source.finding(number, f"left-over {found[0]}: do it, or file an issue")


def words_from_elsewhere(source: Source) -> Iterator[Finding]:
    """A clone must make sense by itself: nothing in it points at where it was made."""
    for number, line in enumerate(source.lines, 1):
        for what, pattern in ELSEWHERE.items():
            if found := pattern.search(line):
                yield source.finding(number, f"{what}: '{found[0]}'")


def untidy_space(source: Source) -> Iterator[Finding]:
    for number, line in enumerate(source.lines, 1):
        if "\t" in line and not source.path.endswith(("Makefile", ".tsv")):
            yield source.finding(number, "a tab; use spaces")
        if line != line.rstrip(" \r"):
            yield source.finding(number, "trailing space")
    if source.text and not source.text.endswith("\n"):
        yield source.finding(len(source.lines), "the last line has no end")


# Links

_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.*?) *$", re.MULTILINE)


def links(source: Source) -> Iterator[tuple[int, str]]:
    """Line and target of every link of a Markdown page that stays in the repository."""
    prose = _CODE.sub(_blank, _FENCED.sub(_blank, source.text))
    for found in _LINK.finditer(prose):
        if not re.match(r"[a-z]+:", found[1]):
            yield prose.count("\n", 0, found.start()) + 1, found[1]


_CITED = re.compile(r"(?<![\w./-])[\w-][\w./-]*\.md\b")


def cited_pages(source: Source, paths: Collection[str]) -> Iterator[Finding]:
    """What a comment, a docstring or a page cites is in the repository, from its root on."""
    for number, line in enumerate(source.lines, 1):
        for found in _CITED.finditer(line):
            if found[0] not in paths and place(source.path, found[0]) not in paths:
                yield source.finding(number, f"{found[0]} is cited and is not in the repository")


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


def anchors(text: str) -> set[str]:
    """What a link to a heading of this page may be called: its words in small letters."""
    headings = _HEADING.findall(_FENCED.sub("", text))
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def broken_links(source: Source, pages: dict[str, str | None]) -> Iterator[Finding]:
    """`pages` holds every path of the repository, with its text where it is a Markdown page."""
    for line, target in links(source):
        anchor = target.partition("#")[2]
        to = place(source.path, target)
        if to not in pages:
            yield source.finding(line, f"the link to '{target}' leads nowhere")
        elif anchor and anchor not in anchors(pages[to] or ""):
            yield source.finding(line, f"no heading '#{anchor}' in {to}")


def place(page: str, target: str) -> str:
    """The path, from the root of the repository, that a link on `page` leads to."""
    path = target.partition("#")[0]
    if not path:
        return page
    parts = list(PurePosixPath(page).parent.parts)
    for part in PurePosixPath(path).parts:
        if part == "..":
            parts = parts[:-1] if parts else [".."]
        else:
            parts.append(part)
    return "/".join(parts)


# The shape of the house

NOUNS_IN_ING = frozenset({"pricing", "sharding", "spelling", "testing"})
VERBS = frozenset({
    "ask", "complete", "give", "grant", "lease", "open", "read", "serve", "show", "spend",
    "subscribe", "verify", "walk", "where", "work", "write",
})  # fmt: skip
"""Verbs, and a question, that modules were called by; each has a noun now."""


def module_that_is_no_noun(source: Source) -> Iterator[Finding]:
    name = PurePosixPath(source.path).stem
    if (name.endswith("ing") and name not in NOUNS_IN_ING) or name in VERBS:
        yield source.finding(1, f"'{name}' is not a noun; name the module by what it holds")


MAY_SHARE_A_NAME = {
    "Charge": "the command, and its result",
    "Draw": "the command, and its result",
    "Grant": "credits of one source, and the result of giving them",
    "Hold": "reserved credits, and the result of reserving them",
    "CapTerms": "what a cap allows, and the result that shows it",
    "Increase": "the command, and its result",
    "Lease": "the command, and its result",
    "Quote": "what a token carries, and the result that shows it",
    "Refund": "the command, and its result",
    "Refusal": "a rule's no, and the result that shows it",
    "Release": "the command, and its result",
    "Void": "the command, and its result",
}
"""Classes of the core and of `results` that are one thing, seen from each."""


def classes_of(source: Source) -> Iterator[str]:
    """The names of the classes that a file defines for others."""
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name


def shared_class_names(sources: Collection[Source]) -> dict[str, list[str]]:
    """The class names that more than one file defines, each with the folders of these files."""
    found: dict[str, list[str]] = {}
    for source in sources:
        for name in classes_of(source):
            found.setdefault(name, []).append(source.path.split("/")[2])
    return {name: sorted(folders) for name, folders in found.items() if len(folders) > 1}


def module_name(path: str) -> str:
    """``src/tallystick/core/holds.py`` is ``tallystick.core.holds``."""
    name = path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__")
    return name.replace("/", ".")


def imports_of(source: Source, modules: Collection[str]) -> set[str]:
    """Which of `modules` a file imports: anywhere in it, and for types as well."""
    found = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _imported_from(source.path, node)
            for each in node.names:
                inner = f"{base}.{each.name}"
                found.add(inner if inner in modules else base)
    return (found & {*modules}) - {module_name(source.path)}


def _imported_from(path: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module_name(path).split(".")
    up = node.level - path.endswith("/__init__.py")
    named = package[: len(package) - up]
    return ".".join([*named, *([node.module] if node.module else [])])


def circles(imports: Mapping[str, Collection[str]]) -> list[list[str]]:
    """Modules that import each other, by whatever way round; of each circle one way."""
    left = _without_ends({module: set(imported) for module, imported in imports.items()})
    found: list[list[str]] = []
    while left:
        way = [min(left)]
        while (following := min(left[way[-1]] & left.keys())) not in way:
            way.append(following)
        found.append(way[way.index(following) :])
        left = _without_ends({each: left[each] for each in left if each not in found[-1]})
    return found


def _without_ends(imports: dict[str, set[str]]) -> dict[str, set[str]]:
    """Without the modules that import none of the others, as often as there are any."""
    while ends := [each for each, imported in imports.items() if not imported & imports.keys()]:
        imports = {each: imports[each] for each in imports if each not in ends}
    return imports
