"""The web processes: they never meet Redis, and their interfaces say what each request does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.testing import Bench
from tests.conftest import SERVICES

ROOT = Path(__file__).parents[2]
SENTENCE = re.compile(r"\w+ .*[.?]", re.DOTALL)

SERVE = """
import json, sys
from shared.service import load
service = load({name!r}, database_url={url!r}, keys={keys!r}, profile="demo", redis_url="redis://127.0.0.1:1")
from starlette.testclient import TestClient
with TestClient(service.web(service), raise_server_exceptions=False) as client:
    answers = [client.get(path).status_code for path in {paths!r}]
print(json.dumps([answers, sorted({{name.partition(".")[0] for name in sys.modules}})]))
"""


def test_a_web_process_loads_neither_redis_nor_celery(new_bench: Callable[[str], Bench], keys: Path, service: str) -> None:
    """No request can talk to what its process has not loaded, not even by mistake."""
    url = new_bench(service).service.settings.database_url
    code = SERVE.format(name=service, url=url, keys=str(keys), paths=["/health", f"/{service}/", f"/{service}/openapi.json"])
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers, loaded = json.loads(done.stdout.splitlines()[-1])
    assert answers[0] == answers[2] == 200
    assert "fastapi" in loaded
    assert not {"redis", "celery", "kombu"} & set(loaded)


def test_an_interface_says_what_each_request_does(new_bench: Callable[[str], Bench], service: str) -> None:
    described = new_bench(service).app.openapi()
    operations = {f"{verb} {path}": said for path, verbs in described["paths"].items() for verb, said in verbs.items()}
    assert operations
    assert [name for name, said in operations.items() if not SENTENCE.match(said.get("description", ""))] == []
    assert [name for name in operations if f" /{service}/" not in name] == []
    shapes = described["components"]["schemas"].items()
    assert [name for name, said in shapes if not said.get("description") and "enum" not in said] == []


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)
