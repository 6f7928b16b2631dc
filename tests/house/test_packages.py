"""The packages: each service is built, installed and imported alone, and asks for what it imports; locks hold no addresses."""

import ast
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
SERVICES = ("registration", "notify", "stations", "reports")
MEMBERS = {"shared": "shared", **{f"services.{name}": f"services/{name}" for name in SERVICES}, "infra": "infra"}
ADDRESS = re.compile(r"\w+://")


def project(folder: str) -> dict[str, object]:
    found: dict[str, object] = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
    return found


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A wheel of each member, built from the checkout."""
    out = tmp_path_factory.mktemp("wheels")
    building = [
        subprocess.Popen(
            [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out / name)],
            cwd=ROOT / folder,
            stdout=subprocess.DEVNULL,
        )
        for name, folder in MEMBERS.items()
    ]
    assert [process.wait() for process in building] == [0] * len(MEMBERS)
    return {name: next((out / name).glob("*.whl")) for name in MEMBERS}


def unpacked(folder: Path, *wheels: Path) -> Path:
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    return folder


def modules(folder: Path) -> list[str]:
    """Every module under an unpacked service or shared, by its dotted name; migrations are run by Alembic, not imported."""
    found = [path.relative_to(folder).with_suffix("") for path in sorted(folder.rglob("*.py")) if "migrations" not in path.parts]
    return [".".join(path.parts[:-1] if path.name == "__init__" else path.parts) for path in found]


def run_alone(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run `code` where only the third-party packages and what is in `folder` can be imported: no .pth file, no checkout."""
    site = [path for path in sys.path if path.endswith("site-packages")]
    preamble = f"import sys; sys.path[:0] = {[str(folder), *site]!r}\n"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", preamble + code], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_installed_alone_imports_and_the_others_do_not(service: str, wheels: dict[str, Path], tmp_path: Path) -> None:
    folder = unpacked(tmp_path, wheels["shared"], wheels[f"services.{service}"])
    own = [name for name in modules(folder) if name.startswith("services.")]
    assert f"services.{service}.main" in own
    done = run_alone(folder, "import importlib\n" + "".join(f"importlib.import_module({name!r})\n" for name in own))
    assert done.returncode == 0, done.stderr
    for other in {*SERVICES, "infra"} - {service}:
        name = other if other == "infra" else f"services.{other}"
        refused = run_alone(folder, f"import {name}")
        assert f"No module named '{name}'" in refused.stderr


@pytest.mark.parametrize("member", MEMBERS)
def test_a_wheel_holds_all_that_git_knows_of_its_folder(member: str, wheels: dict[str, Path]) -> None:
    folder = MEMBERS[member]
    listed = subprocess.run(
        ["git", "ls-files", "--", folder], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    with zipfile.ZipFile(wheels[member]) as archive:
        held = set(archive.namelist())
    assert {path for path in listed if not path.endswith("pyproject.toml")} <= held


def third_party(folder: Path) -> set[str]:
    """The distributions that provide what the modules under `folder` import."""
    imported: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.partition(".")[0])
    imported -= sys.stdlib_module_names | {"shared", "services", "infra"}
    known = packages_distributions()
    return {canonicalize_name(known[name][0]) if name in known else name for name in imported}


@pytest.mark.parametrize("member", MEMBERS)
def test_a_member_asks_for_what_it_imports(member: str) -> None:
    folder = MEMBERS[member]
    asked = {canonicalize_name(Requirement(str(wish)).name) for wish in project(folder)["dependencies"]}  # type: ignore[attr-defined]
    if member != "shared":
        asked |= {canonicalize_name(Requirement(str(wish)).name) for wish in project("shared")["dependencies"]}  # type: ignore[attr-defined]
    assert third_party(ROOT / folder) <= asked


def test_the_python_lock_has_a_hash_for_everything_and_no_address() -> None:
    for name in ("requirements.lock", "infra/local/node.lock"):
        text = (ROOT / name).read_text()
        entries = re.split(r"\n(?=\S)", text.strip())
        assert entries
        for entry in entries:
            assert re.match(r"[\w.-]+==[\w.]+", entry), entry
            assert "--hash=sha256:" in entry, entry
        assert not ADDRESS.search(text)


def test_the_web_lock_has_a_hash_for_everything_and_no_address() -> None:
    text = (ROOT / "package-lock.json").read_text()
    assert not ADDRESS.search(text)
    packages = json.loads(text)["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)
    wishes = json.loads((ROOT / "package.json").read_text())
    wanted = {f"node_modules/{name}" for kind in ("dependencies", "devDependencies") for name in wishes[kind]}
    assert wanted <= set(packages)


def test_the_python_lock_has_what_every_member_asks_for() -> None:
    locked = {
        canonicalize_name(line.partition("==")[0])
        for line in (ROOT / "requirements.lock").read_text().splitlines()
        if "==" in line
    }
    for folder in MEMBERS.values():
        for wish in project(folder)["dependencies"]:  # type: ignore[attr-defined]
            name = canonicalize_name(Requirement(str(wish)).name)
            assert name in locked or name.startswith("jiamenkou-"), f"{folder} asks for {name}: make lock"
