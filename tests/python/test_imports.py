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


SERVING = {"httpx2", "litestar", "uvicorn", "structlog", "prometheus_client"}


def test_an_open_platform_needs_no_terminal_libraries_and_nothing_that_speaks_http():
    code = (
        "from tallystick import Tallystick\n"
        "with Tallystick.open(':memory:', 'videodraft') as credits:\n"
        "    credits.open_account('ada'); credits.charge('ada', 'Flux Schnell')"
    )
    assert not {"rich", "typer", "click", *SERVING} & loaded_after(code)


def test_a_connection_needs_nothing_that_serves():
    code = (
        "from tallystick import Tallystick\n"
        f"Tallystick.connect('http://127.0.0.1:8700', 'tk_small_{'a' * 50}').close()"
    )
    loaded = loaded_after(code)
    assert "httpx2" in loaded
    assert not (SERVING - {"httpx2"} | {"yaml", "rich", "typer"}) & loaded


@pytest.mark.parametrize("kind", ["Tallystick", "AsyncTallystick"])
def test_without_its_library_connecting_says_what_to_install(kind: str):
    code = (
        "import sys; sys.modules['httpx2'] = None\n"
        f"from tallystick import {kind}, InvalidRequest\n"
        "try:\n"
        f"    {kind}.connect('http://127.0.0.1:8700', 'tk_small_{'a' * 50}')\n"
        "except InvalidRequest as error:\n"
        "    assert error.where == 'connect', error.where\n"
        "    assert \"pip install 'tallystick[client]'\" in str(error), str(error)\n"
        "    assert error.__cause__ is None\n"
        "else:\n"
        "    raise SystemExit('connected')"
    )
    loaded_after(code)


def test_the_examples_in_the_docstrings_hold():
    import tallystick

    assert "Tallystick.open" in (tallystick.__doc__ or "")
    assert tallystick.__version__.count(".") == 2
    assert "Tallystick" in dir(tallystick) or "Tallystick" in tallystick.__all__
