"""Importing costs nothing until something is used."""

import subprocess
import sys

import pytest


def loaded_after(code: str) -> set[str]:
    """The modules that a fresh Python has loaded after `code`."""
    script = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_the_package_imports_nothing_heavy():
    loaded = loaded_after("import tallystick")
    heavy = {"apsw", "yaml", "typer", "rich", "msgspec", "asyncio", "zoneinfo", "decimal"}
    assert not heavy & loaded
    assert {name for name in loaded if name.startswith("tallystick")} == {"tallystick"}


@pytest.mark.parametrize(
    ("code", "left_out"),
    [
        ("from tallystick import Refused, errors, refusals, commands", "apsw yaml asyncio rich"),
        ("from tallystick import Tallystick, AsyncTallystick", "apsw yaml rich typer"),
        ("from tallystick.testing import TestClock; TestClock()", "apsw yaml asyncio rich typer"),
        ("import tallystick.core.account", "apsw yaml asyncio rich typer sqlite3"),
    ],
)
def test_what_is_not_needed_is_not_loaded(code: str, left_out: str):
    assert not set(left_out.split()) & loaded_after(code)


def test_an_open_platform_needs_no_terminal_libraries():
    code = (
        "from tallystick import Tallystick\n"
        "with Tallystick.open(':memory:', 'videodraft') as credits:\n"
        "    credits.open_account('ada'); credits.charge('ada', 'Flux Schnell')"
    )
    assert not {"rich", "typer", "click"} & loaded_after(code)


def test_the_examples_in_the_docstrings_hold():
    import tallystick

    assert "Tallystick.open" in (tallystick.__doc__ or "")
    assert tallystick.__version__.count(".") == 2
    assert "Tallystick" in dir(tallystick) or "Tallystick" in tallystick.__all__
