"""A tiny service of its own, so that the launcher is tested without the product's."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.launcher import Launcher
from infra.local.ports import free_port
from infra.local.stack import REPOSITORY

CARD = 'RUNS = ("web", "relay", "jobs")\n'
MAIN = (
    f"""
BUS_TABLES = {str(REPOSITORY / "shared/bus_v1.sql")!r}
"""
    + """
import http.server, os, sys, time
import psycopg

def migrate():
    with psycopg.connect(os.environ["DATABASE_URL"].replace("+psycopg", "")) as database:
        database.execute("CREATE TABLE IF NOT EXISTS note (line text)")
        if database.execute("SELECT to_regclass('outbox_head')").fetchone() == (None,):
            database.execute(open(BUS_TABLES).read())

class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"tiny {self.path}".encode())

role = sys.argv[1]
if role == "migrate":
    migrate()
elif role == "web":
    http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Pages).serve_forever()
else:
    print(role, "works", flush=True)
    time.sleep(3600)
"""
)

Launch = Callable[..., Launcher]


def until(is_so: Callable[[], object]) -> None:
    """Wait until it is so; a minute without it is a failure."""
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


@pytest.fixture
def home(new_folder: Callable[[], Path]) -> Path:
    """The folder a launcher keeps its data in."""
    return new_folder()


@pytest.fixture
def launch(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Launch:
    """Prepares a launcher of the tiny service, on the folder `home` unless another is named."""
    code = tmp_path / "code"
    (code / "services" / "tiny").mkdir(parents=True)
    (code / "services" / "tiny" / "__init__.py").write_text(CARD)
    (code / "services" / "tiny" / "main.py").write_text(MAIN)
    monkeypatch.syspath_prepend(str(code))
    monkeypatch.setenv("PYTHONPATH", str(code))
    for given in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(given, raising=False)

    def prepare(home: Path = home, **options: object) -> Launcher:
        return Launcher(home, services=("tiny",), **{"port": free_port(), "durable": False, **options})  # type: ignore[arg-type]

    return prepare
