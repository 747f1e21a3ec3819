"""The image, the compose file and the unit: linted, and true to the settings and the command line.

No Docker runs where the tests do, so nothing is built: each part is held against what it names.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
import typer
import yaml
from packaging.markers import Marker

from tallystick.cli.app import app
from tallystick.config import SETTINGS
from tests.http.live import Live
from tests.tidy.test_dependencies import PINNED

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text("utf-8"))
UNIT = (ROOT / "deploy/tallystick.service").read_text("utf-8")
PAGE = (ROOT / "docs/operating/containers.md").read_text("utf-8")
IMAGE_LOCK = (ROOT / "requirements/server.txt").read_text("utf-8")
IMAGE_PINS = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", IMAGE_LOCK, re.MULTILINE))
UNUSED = set(
    re.search(r"^UNUSED := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
)  # type: ignore[index]
"""What is asked for by a package of the server, and never imported by one that runs."""
VARIABLES = {each.variable for each in SETTINGS}


def linted(tool: str, *words: str) -> None:
    found = shutil.which(tool, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip(f"{tool} is not installed: make setup")
    ran = subprocess.run([found, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_image_has_nothing_that_its_linter_warns_of():
    linted("hadolint", "--failure-threshold", "style", "Dockerfile")


def test_the_compose_file_has_nothing_that_its_linter_fails():
    linted("compose-lint", "deploy/compose.yaml")


def test_systemd_reads_the_unit(tmp_path: Path):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze on this machine")
    there = tmp_path / "tallystick.service"  # with a program that is there
    there.write_text(UNIT.replace("/usr/local/lib/tallystick/bin/tallystick", sys.executable))
    ran = subprocess.run(
        [analyze, "verify", "--man=no", there], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


def test_every_variable_is_a_setting_and_every_word_a_command():
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for text in (DOCKERFILE, UNIT, str(COMPOSE), PAGE):
        assert set(re.findall(r"\bTALLYSTICK_[A-Z_]+", text)) <= VARIABLES
    services = [each for each in COMPOSE["services"].values() if "build" in each]
    for word in ("serve", *(each["command"][0] for each in services)):
        assert word in commands
    assert 'ENTRYPOINT ["tallystick"]\nCMD ["serve"]' in DOCKERFILE
    assert UNIT.count("tallystick serve\n") == 1


def test_everything_runs_as_a_user_without_rights():
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    for name, service in COMPOSE["services"].items():
        assert int(service["user"].partition(":")[0]) > 0, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["read_only"] is True, name
        assert "privileged" not in service, name
    assert "User=tallystick\n" in UNIT
    assert "NoNewPrivileges=true\n" in UNIT
    assert "ProtectSystem=strict\n" in UNIT


def test_postgresql_is_healthy_before_the_schema_and_the_schema_before_the_server():
    services = COMPOSE["services"]
    assert services["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    waits = services["server"]["depends_on"]["migrate"]["condition"]
    assert waits == "service_completed_successfully"
    assert services["postgres"]["volumes"] == ["ledger:/var/lib/postgresql"]
    assert "ports" not in services["postgres"]
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_no_password_stands_in_a_file():
    for service in COMPOSE["services"].values():
        secrets = [value for name, value in service["environment"].items() if "PASSWORD" in name]
        assert all(value.startswith("${POSTGRES_PASSWORD:?") for value in secrets)
    assert "PASSWORD" not in DOCKERFILE


def test_what_the_image_copies_is_there_and_reaches_it():
    taken = set(re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE))
    copied = [
        part
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for part in line.split()[:-1]
    ]
    assert {"pyproject.toml", "src", "requirements/server.txt"} <= set(copied)
    for part in copied:
        assert (ROOT / part).exists(), part
        assert part in taken, f"{part} is held back by .dockerignore"


def needed(*extras: str) -> set[str]:
    """What the package asks for with these extras, and what that asks for."""
    found: set[str] = set()
    waiting: list[tuple[str, tuple[str, ...]]] = [("tallystick", extras)]
    while waiting:
        name, wanted = waiting.pop()
        for line in distribution(name).requires or ():
            each, options, marker = _requirement(line)
            if each in found or not _holds(marker, wanted):
                continue
            found.add(each)
            waiting.append((each, options))
    return found


def _requirement(line: str) -> tuple[str, tuple[str, ...], str]:
    spec, _, marker = line.partition(";")
    matched = re.match(r"\s*([\w.-]+)(?:\[([^\]]*)\])?", spec)
    assert matched is not None, line
    options = tuple(each.strip() for each in (matched[2] or "").split(",") if each.strip())
    return re.sub(r"[-_.]+", "-", matched[1]).lower(), options, marker.strip()


def _holds(marker: str, extras: tuple[str, ...]) -> bool:
    return not marker or any(Marker(marker).evaluate({"extra": each}) for each in ("", *extras))


def test_the_image_has_the_pinned_packages_of_the_server_and_no_others():
    asked = needed("server", "postgres")
    assert asked > UNUSED
    assert asked - UNUSED <= IMAGE_PINS.keys()
    assert IMAGE_PINS.keys() - asked <= {"typing-extensions", "tzdata", "colorama"}
    assert not UNUSED & IMAGE_PINS.keys()
    assert {name: PINNED[name] for name in IMAGE_PINS} == IMAGE_PINS
    assert all("--hash=sha256:" in each for each in re.split(r"\n(?=[a-z])", IMAGE_LOCK))


SERVING = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in NAMES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
from tallystick.demo import routes, site
from tallystick.http import documents, server, workers
from tallystick.http.app import application
from tallystick.service.startup import open_engine

documents.prepare()
application(open_engine(":memory:", "artlist")[0])
"""


def test_a_server_starts_without_what_the_image_leaves_out():
    names = {name.replace("-", "_") for name in UNUSED}
    ran = subprocess.run(
        [sys.executable, "-c", f"NAMES = {names!r}\n{SERVING}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_the_health_check_of_the_image_sees_a_server_and_its_end(tmp_path: Path):
    (code,) = re.findall(r'^    CMD \["python", "-c", "(.+)"\]$', DOCKERFILE, re.MULTILINE)

    def checked(port: int) -> int:
        text = code.replace("127.0.0.1:8700", f"127.0.0.1:{port}")
        ran = subprocess.run([sys.executable, "-c", text], capture_output=True, check=False)
        return ran.returncode

    with Live(tmp_path / "live.db") as live:
        port = int(live.serving.url.rpartition(":")[2])
        assert checked(port) == 0
    assert checked(port) != 0


def test_the_image_has_a_python_that_the_package_takes():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (python,) = re.findall(r"^ARG PYTHON=(3\.\d+)-", DOCKERFILE, re.MULTILINE)
    assert f"Programming Language :: Python :: {python}" in project["classifiers"]
