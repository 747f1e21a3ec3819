"""The surface of modules: errors, fields and names; each rule is shown to fail."""

from pathlib import Path

import pytest

from tests.tidy import surface
from tests.tidy.rules import Finding, Source
from tests.tidy.test_tree import PACKAGES, python, report, tree

PATH = "src/tallystick/core/x.py"

ERRORS = [
    ("def read(x):\n    raise InvalidRequest(x)\n", "InvalidRequest"),
    ("def read(x):\n    '''Reads.'''\n    if x:\n        raise errors.InvalidRequest\n", "Invalid"),
    ("class A:\n    def read(x):\n        '''Reads.'''\n        raise unknown(x)\n", "A.read"),
]
SOUND = [
    "def read(x):\n    '''Reads. Raises `InvalidRequest`.'''\n    raise InvalidRequest(x)\n",
    "def read(x):\n    '''Raises what is wrong.'''\n    raise unknown(x)\n",
    "def read(x):\n    raise\n",
    "def read(x):\n    raise error from None\n",
    "def _read(x):\n    raise InvalidRequest(x)\n",
    "class _A:\n    def read(x):\n        raise InvalidRequest(x)\n",
    "@command(app)\ndef read(x):\n    '''Help.'''\n    raise InvalidRequest(x)\n",
]


@pytest.mark.parametrize(("text", "said"), ERRORS)
def test_an_error_that_is_not_named_is_found(text: str, said: str):
    (found,) = surface.unnamed_errors(Source(PATH, text))
    assert said in found.message


@pytest.mark.parametrize("text", SOUND)
def test_an_error_that_is_named_is_not(text: str):
    assert not list(surface.unnamed_errors(Source(PATH, text)))


def test_public_functions_name_the_errors_that_they_raise():
    report(finding for source in python("src/") for finding in surface.unnamed_errors(source))


def test_shared_basenames_are_found():
    paths = ["core/x.py", "cli/x.py", "cli/y.py", "cli/__init__.py", "core/__init__.py"]
    assert surface.shared_basenames(paths) == {"x": ["cli/x.py", "core/x.py"]}


def test_a_basename_that_several_packages_have_is_of_one_subject():
    shared = surface.shared_basenames([each.path for each in python("src/")])
    unlisted = {name: there for name, there in shared.items() if name not in surface.SAME_SUBJECT}
    assert not unlisted, "name them apart, or say in surface.SAME_SUBJECT what they have in common"


@pytest.mark.parametrize(
    ("named", "missing"),
    [
        ("`core/x.py` and `x.py`", []),
        ("`src/tallystick/core/x.py:3`", []),
        ("`engine/x.py`", ["engine/x.py is named and does not exist"]),
        ("engine/y.py", []),
    ],
)
def test_files_that_are_gone_are_found(named: str, missing: list[str]):
    found = surface.missing_files(Source("docs/x.md", named), {PATH})
    assert [each.message for each in found] == missing


def test_pages_name_files_that_are_there():
    paths = {each.path for each in tree()}
    pages = [each for each in tree() if each.path.endswith(".md")]
    report(finding for page in pages for finding in surface.missing_files(page, paths))


def test_a_module_that_a_readme_leaves_out_is_found():
    readme = Source("src/tallystick/core/README.md", "- `x`: it\n```\ny ──> z\n```\nw\n")
    found = [each.message for each in surface.unnamed_modules(readme, ["w", "x", "y"])]
    assert found == ["the README does not say what `w` is for"]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.parent.name)
def test_every_readme_names_the_modules_of_its_package(package: Path):
    readme = package.with_name("README.md")
    modules = {each.stem for each in package.parent.rglob("*.py")} - {"__init__"}
    source = Source(f"{package.parent.name}/README.md", readme.read_text("utf-8"))
    report(surface.unnamed_modules(source, modules))


STRUCT = "class A(Struct, frozen=True):\n    '''A value; `b` is its size.'''\n    a: int\n"


def test_a_field_that_nothing_explains_is_found():
    assert list(surface.unexplained_fields(Source(PATH, STRUCT))) == [
        Finding(PATH, 3, "nothing says what A.a is")
    ]
    explained = f"{STRUCT}    '''Its age.'''\n    b: int\n"
    assert not list(surface.unexplained_fields(Source(PATH, explained)))


SHARED = """\
'''Values.

- `a`, `b`: sizes.
'''


class B(Struct):
    a: int
    b: int
    c: int
"""


def test_what_several_structs_share_is_explained_by_their_module():
    assert list(surface.unexplained_fields(Source(PATH, SHARED))) == [
        Finding(PATH, 10, "nothing says what B.c is")
    ]


def test_a_field_that_is_named_but_not_as_code_is_found():
    text = "class A(Struct):\n    '''The account.'''\n    account: str\n"
    assert len(list(surface.unexplained_fields(Source(PATH, text)))) == 1


STORED = tuple(
    f"src/tallystick/{name}.py"
    for name in (
        "core/account/case", "core/account/state", "core/catalog", "core/checkpoint", "core/events",
        "core/subscription_events", "core/grants", "core/holds", "core/journal", "core/pricing",
        "core/quotes", "core/refusal_facts", "core/subscription", "store/records",
        "store/refusals",
    )
)  # fmt: skip
"""The modules whose structs are stored: what a field means has to be known for years."""


def test_every_field_that_is_stored_is_explained():
    stored = python(*STORED)
    assert len(stored) == len(STORED)
    structs = [struct for each in stored for struct in surface.structs(each.tree)]
    assert sum(len(list(surface.fields(struct))) for struct in structs) > 200
    report(finding for source in stored for finding in surface.unexplained_fields(source))
