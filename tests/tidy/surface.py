"""What a reader is told about a function, a struct or a file: rules over the surface of modules."""

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath
from typing import TypeAlias

from tests.tidy.rules import Finding, Source

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

NO_ERRORS = frozenset({"Exit", "NotImplementedError"})
"""Raised, and no error of ours: typer's way to end a program, and a method that is not there."""

SAME_SUBJECT = {
    "accounts": "accounts: results, and the commands and pages of the command line",
    "app": "an application put together: of the command line, of the server",
    "archive": "the archive: its rule, its rows, its result, its command and page",
    "backup": "backups: how one is made, its file on SQLite, its result, its command and page",
    "base": "what all modules of a package share",
    "catalogs": "catalogs: commands and pages of the command line",
    "changes": "changes: of a catalog, of a platform",
    "charges": "charges: deciders, results, commands and pages",
    "clock_repair": "clock repair: its rule, its result",
    "commands": "commands: to an account, of the command line",
    "connection": "a connection: of a client to a server, of a server to a client",
    "databases": "databases: the backend of a URL, commands and pages",
    "decision": "a batch on its way, on either backend",
    "epochs": "epochs: why one begins, and how either backend keeps them",
    "errors": "errors: the tree, and how the command line shows it",
    "estimates": "estimates: the arithmetic, and the result",
    "evidence": "what verifying asks of either backend",
    "grants": "grants: the value, deciders, results, commands and pages",
    "keys": "API keys: made and found, looked up by a server, commands and pages",
    "pages": "pages of rows: the rule, either backend, and lists over HTTP",
    "phrases": "how things are put in words: catalogs, pages of the command line",
    "plans": "plans: commands and pages of the command line",
    "platforms": "platforms: in the engine, results, commands and pages",
    "prices": "the price page: how it is made, and the result",
    "pricing": "pricing: the rule, commands and pages",
    "problems": "problems: of a catalog, over HTTP",
    "quotes": "quotes: the signed token, the engine's answer, the result",
    "refusals": "refusals: the list, their rows on either backend, and pages",
    "scheduler": "the scheduler: in a server, and its commands",
    "schema": "the schema: what it should be, and how PostgreSQL migrates",
    "server": "the server: its sockets, commands and pages",
    "snapshots": "snapshots of accounts: when one is due, how SQLite writes them",
    "startup": "opening a platform: for a client, for the command line",
    "store": "the store of either backend",
    "upgrades": "what migrations need besides SQL, on either backend",
    "verification": "verification: the proof, and the result",
    "views": "what is shown: answers of the engine, pages of the demo",
    "watch": "a watch: over the files of a database, over the scheduler",
}
"""Basenames that several packages have, and the one subject that they have in common."""


def shared_basenames(paths: Collection[str]) -> dict[str, list[str]]:
    """Names of modules that several folders have, with the modules."""
    found = defaultdict(list)
    for path in sorted(paths):
        if not path.endswith("__init__.py"):
            found[PurePosixPath(path).stem].append(path)
    return {name: there for name, there in found.items() if len(there) > 1}


# Errors


def unnamed_errors(source: Source) -> Iterator[Finding]:
    """A public function that raises says which error in its docstring.

    The error of a function that makes one (``raise unknown(...)``) is not known here: there it is
    enough that the docstring says that something is raised. The docstring of a command is its help.
    """
    for name, function in public_functions(source.tree):
        docstring = ast.get_docstring(function) or ""
        for error in sorted(raised(function) - NO_ERRORS):
            known = error if error[0].isupper() else "aise"
            if known not in docstring:
                said = error if error[0].isupper() else f"what {error} makes"
                yield source.finding(function.lineno, f"{name} raises {said} and does not say so")


def public_functions(tree: ast.AST, within: str = "") -> Iterator[tuple[str, Function]]:
    """Functions and methods without an underscore in their way, and commands left out."""
    for node in getattr(tree, "body", []):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node, f"{within}{node.name}.")
        elif isinstance(node, Function) and not _is_private_or_command(node):
            yield f"{within}{node.name}", node


def _is_private_or_command(node: Function) -> bool:
    makers = [each.func for each in node.decorator_list if isinstance(each, ast.Call)]
    return node.name.startswith("_") or any(ast.unparse(e).endswith("command") for e in makers)


def raised(function: ast.AST) -> set[str]:
    """Names of the errors, or of the functions that make them, that its own body raises."""
    found: set[str] = set()
    for node in ast.iter_child_nodes(function):
        if isinstance(node, Function | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(node, ast.Raise) and node.exc is not None:
            found |= _error_of(node.exc)
        found |= raised(node)
    return found


def _error_of(raises: ast.expr) -> set[str]:
    called = raises.func if isinstance(raises, ast.Call) else raises
    name = ast.unparse(called).rpartition(".")[2]
    return {name} if isinstance(raises, ast.Call) or name[0].isupper() else set()


# Names of files in pages

_FILE = re.compile(r"`((?:[\w-]+/)*[\w-]+\.py)\b")


def missing_files(source: Source, paths: Collection[str]) -> Iterator[Finding]:
    """A Python file that a page names is there: from the root, from the package, or by its end."""
    for number, line in enumerate(source.lines, 1):
        for name in _FILE.findall(line):
            if not any(path == name or path.endswith(f"/{name}") for path in paths):
                yield source.finding(number, f"{name} is named and does not exist")


def unnamed_modules(readme: Source, modules: Collection[str]) -> Iterator[Finding]:
    """The README of a package names each of its modules."""
    code = "".join(re.findall(r"^```.*?^```|`[^`\n]+`", readme.text, re.MULTILINE | re.DOTALL))
    known = set(re.findall(r"\w+", code))
    for name in sorted(set(modules) - known):
        yield readme.finding(1, f"the README does not say what `{name}` is for")


# Fields


def unexplained_fields(source: Source) -> Iterator[Finding]:
    """A field of a struct has a docstring below it, or stands in that of its class by name and as
    code. What several structs of a module share may stand in a list of the module's docstring."""
    listed = re.findall(r"^- ([^:]+):", ast.get_docstring(source.tree) or "", re.MULTILINE)
    for struct in structs(source.tree):
        known = _code_words(" ".join([*listed, ast.get_docstring(struct) or ""]))
        for name, line, explained in fields(struct):
            if not explained and name not in known:
                yield source.finding(line, f"nothing says what {struct.name}.{name} is")


def structs(tree: ast.Module) -> Iterator[ast.ClassDef]:
    """The classes of a module that have fields."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(fields(node)):
            yield node


def fields(struct: ast.ClassDef) -> Iterator[tuple[str, int, bool]]:
    """Name and line of every field, and whether a docstring below it says what it is."""
    for node, below in zip(struct.body, [*struct.body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            explained = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
            if not ast.unparse(node.annotation).startswith("ClassVar"):
                yield node.target.id, node.lineno, explained


def _code_words(text: str) -> set[str]:
    """The words between backticks."""
    return {word for code in re.findall(r"`+([^`]+)`+", text) for word in code.split()}
