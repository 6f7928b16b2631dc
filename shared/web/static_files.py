"""Static files with the hash of their content in the address: a browser may keep them for ever and never shows an old one."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"


def static(name: str) -> str:
    """The address of a static file, versioned by its content; a file set-up has not installed gets a plain one."""
    path = FOLDER / name
    try:
        return f"/static/{name}?v={_version(path, path.stat().st_mtime_ns)}"
    except FileNotFoundError:
        return f"/static/{name}"


@lru_cache(maxsize=64)
def _version(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


class _Versioned(StaticFiles):
    """Kept for ever when asked for by the right version, checked again each time otherwise."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        asked = QueryParams(scope["query_string"].decode("latin-1")).get("v")
        right = asked is not None and asked == _version(Path(full_path), stat_result.st_mtime_ns)
        response.headers["cache-control"] = FOR_EVER if right else "no-cache"
        return response


def mount_static(app: FastAPI) -> None:
    """Serve the shared static files under /static."""
    app.mount("/static", _Versioned(directory=FOLDER), name="static")
