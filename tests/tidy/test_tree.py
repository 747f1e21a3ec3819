"""Style is a test: every rule of `rules`, applied to the whole repository."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.tidy import rules
from tests.tidy.rules import Finding, Source

ROOT = Path(__file__).parents[2]
FOLDERS = (".ci", "benchmarks", "deploy", "docs", "examples", "requirements", "src", "tests")
BINARY = frozenset({".db", ".db-shm", ".db-wal", ".png", ".pyc"})
PACKAGES = sorted((ROOT / "src/tallystick").glob("*/__init__.py"))


def files() -> list[Path]:
    """Every file that belongs to the repository."""
    # In a linked work tree `.git` is a file: Git's, not the repository's.
    paths = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]
    for folder in FOLDERS:
        paths += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    return sorted(paths)


@cache
def tree() -> tuple[Source, ...]:
    """Every text file that belongs to the repository."""
    return tuple(
        Source(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
        for path in files()
        if path.suffix not in BINARY
    )


def named(rule: Callable[[Source], Iterator[Finding]]) -> str:
    return rule.__name__


def python(*folders: str) -> list[Source]:
    return [each for each in tree() if each.path.endswith(".py") and each.within(*folders)]


def report(findings: Iterator[Finding]) -> None:
    found = sorted(findings)
    assert not found, "\n".join(["", *map(str, found[:20]), f"{len(found)} in all"])


def apply(rule: Callable[[Source], Iterator[Finding]], sources: list[Source]) -> None:
    assert sources, f"{rule.__name__} was given no file"
    report(finding for source in sources for finding in rule(source))


CODE = ("src/", "tests/", "benchmarks/")


@pytest.mark.parametrize("rule", [rules.overlong_functions, rules.overlong_file], ids=named)
def test_no_function_and_no_file_is_too_long(rule):
    apply(rule, python(*CODE))


def test_nine_functions_in_ten_are_short():
    lengths = sorted(
        (lines, f"{source.path}:{at} {name}")
        for source in python("src/")
        for lines, at, name in rules.function_lengths(source)
    )
    long = [f"{lines} {place}" for lines, place in lengths if lines > rules.LONG_FUNCTION]
    assert len(long) * 10 <= len(lengths), "too many long functions:\n" + "\n".join(long)


@pytest.mark.parametrize(
    "rule",
    [rules.banned_calls, rules.assertions, rules.sql_in_python, rules.missing_docstring],
    ids=named,
)
def test_the_product_keeps(rule):
    apply(rule, python("src/"))


def test_modules_are_nouns():
    apply(rules.module_that_is_no_noun, python("src/"))


def test_one_class_name_has_one_meaning():
    """Only a thing of the core and the result that shows it share a name; the list is held too."""
    shared = rules.shared_class_names(python("src/"))
    assert shared == {name: ["core", "results"] for name in rules.MAY_SHARE_A_NAME}


def test_no_module_imports_one_that_imports_it():
    """Not even for types, or within a function: of two files one can be read without the other."""
    sources = {rules.module_name(each.path): each for each in python("src/")}
    imports = {name: rules.imports_of(source, sources) for name, source in sources.items()}
    assert sum(map(len, imports.values())) > len(sources)
    assert not rules.circles(imports)


def test_structs_are_built_by_keyword():
    apply(rules.positional_fields, python("src/"))


def test_the_core_divides_whole_numbers_only():
    apply(rules.true_divisions, python(*rules.CORE))


@pytest.mark.parametrize(
    "rule",
    [rules.vague_name, rules.leftovers, rules.words_from_elsewhere, rules.untidy_space],
    ids=named,
)
def test_every_file_keeps(rule):
    apply(rule, list(tree()))


def test_every_link_between_pages_leads_somewhere():
    pages = {each.path: each.text for each in tree() if each.path.endswith(".md")}
    places: dict[str, str | None] = {each.relative_to(ROOT).as_posix(): None for each in files()}
    places |= {parent.as_posix(): None for each in tree() for parent in Path(each.path).parents}
    places |= pages
    report(
        finding
        for path, text in pages.items()
        for finding in rules.broken_links(Source(path, text), places)
    )


def test_every_page_that_the_product_cites_is_in_the_repository():
    paths = {each.path for each in tree()}
    cited = [each for each in tree() if each.within("src/", "docs/", "benchmarks/")]
    report(finding for source in cited for finding in rules.cited_pages(source, paths))


def test_every_page_stands_in_the_index_of_its_folder():
    """`docs/README.md` leads to every page, by itself or through the index of a folder."""
    pages = [each for each in tree() if each.within("docs/") and each.path.endswith(".md")]
    indexes = [page for page in pages if page.path.endswith("README.md")]
    reached = {rules.place(page.path, link) for page in indexes for _, link in rules.links(page)}
    assert not {page.path for page in pages} - reached - {"docs/README.md"}


def test_the_index_says_where_ten_rules_stand():
    index = (ROOT / "docs/README.md").read_text("utf-8")
    table = index.partition("Where is the rule for ...?")[2].partition("\n**")[0]
    files = re.findall(r"\| `([\w/]+\.py)` \|", table)
    assert len(files) >= 10
    assert not [each for each in files if not (ROOT / "src/tallystick" / each).is_file()]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.parent.name)
def test_every_package_says_what_it_owns(package: Path):
    readme = package.with_name("README.md")
    assert readme.exists(), f"{package.parent.name} has no README.md: model, owns, invariants, time"
    report(rules.overlong_readme(Source(readme.relative_to(ROOT).as_posix(), readme.read_text())))
