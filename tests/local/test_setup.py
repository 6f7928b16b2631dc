"""Setting up: what is there is not made again, and what is missing is said in words."""

import os
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from infra.local import setup
from infra.local.stack import REPOSITORY


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the files that setting up looks at, and an empty PATH."""
    for name in {"infra/local/setup.py", *setup.PYTHON_PARTS, *setup.WEB_PARTS}:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    return tmp_path


def set_up(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    script = str(checkout / "infra/local/setup.py")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    return subprocess.run([sys.executable, script], env={**clean, "PATH": str(checkout / "bin"), **environment},
                          capture_output=True, text=True, check=False)  # fmt: skip


def program(checkout: Path) -> ModuleType:
    """The checkout's own set-up program."""
    spec = spec_from_file_location("set_up", checkout / "infra/local/setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pretend_all_is_installed(checkout: Path) -> None:
    (checkout / ".venv/bin").mkdir(parents=True)
    (checkout / ".venv/bin/python").touch()
    (checkout / "shared/web/static/vendor").mkdir(parents=True)
    program(checkout)._keep("python", setup.PYTHON_PARTS)
    program(checkout)._keep("web", setup.WEB_PARTS)


def test_without_a_fitting_python_it_says_what_to_install(checkout: Path) -> None:
    done = set_up(checkout)
    assert done.returncode == 2
    assert "needs Python 3.11 or newer" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_old_python_is_passed_over(checkout: Path) -> None:
    old = checkout / "bin/python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    assert "needs Python 3.11 or newer" in set_up(checkout).stderr


def test_a_registry_out_of_reach_is_said(checkout: Path) -> None:
    (checkout / "bin/python3").symlink_to(Path(sys.base_prefix) / "bin/python3")
    done = set_up(
        checkout, PIP_INDEX_URL="http://127.0.0.1:1/simple", PIP_RETRIES="0", PIP_NO_CACHE_DIR="1", PIP_CONFIG_FILE=os.devnull
    )
    assert done.returncode == 2
    assert "mirror or proxy" in done.stderr


def test_what_is_there_is_not_made_again(checkout: Path) -> None:
    pretend_all_is_installed(checkout)
    done = set_up(checkout)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(("changed", "part"), [("requirements.lock", "python"), ("package-lock.json", "web")])
def test_a_changed_lock_is_installed_anew(checkout: Path, changed: str, part: str) -> None:
    pretend_all_is_installed(checkout)
    with (checkout / changed).open("a") as lock:
        lock.write("\n")
    assert program(checkout)._missing() == [part]
