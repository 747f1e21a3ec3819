"""What it was measured on, in neutral words."""

import os
import platform
import sysconfig
from typing import Any

import apsw
import msgspec


def machine() -> dict[str, Any]:
    """Cores this process may use, versions, and whether Python was configured to be optimised."""
    flags = sysconfig.get_config_var("CONFIG_ARGS") or ""
    cores = (
        os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    )
    return {
        "cores": len(cores),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "python_optimised": "--enable-optimizations" in flags,
        "sqlite": apsw.sqlite_lib_version(),
        "apsw": apsw.apsw_version(),
        "msgspec": msgspec.__version__,
    }


def in_words(found: dict[str, Any]) -> str:
    built = "with" if found["python_optimised"] else "without"
    return (
        f"{found['cores']} cores, {found['system']}, Python {found['python']} (configured {built} "
        f"--enable-optimizations), SQLite {found['sqlite']}"
    )
