"""Staff accounts are added from the command line."""

from __future__ import annotations

import os
import subprocess
import sys

from services.registration.features.log_in import LogInStaff, log_in_staff
from services.registration.tables import Staff
from shared.testing import Bench


def add(bench: Bench, *arguments: str, password: str) -> subprocess.CompletedProcess[str]:
    settings = bench.service.settings
    environment = os.environ | {"DATABASE_URL": settings.database_url, "JIAMENKOU_KEYS": str(settings.keys)}
    command = [sys.executable, "-m", "services.registration.staff", "add", *arguments]
    return subprocess.run(command, input=f"{password}\n", env=environment, capture_output=True, text=True, check=False)


def test_an_account_is_added_once_and_lets_its_owner_in(bench: Bench) -> None:
    added = add(bench, "zhou", "--role", "clerk", "--role", "editor", password="correct horse")
    assert (added.returncode, added.stdout) == (0, "Added zhou (clerk, editor).\n")
    principal = bench.run(log_in_staff, LogInStaff(name="zhou", password="correct horse"))
    assert principal is not None
    assert principal.roles == frozenset({"clerk", "editor"})
    again = add(bench, "zhou", "--role", "clerk", password="correct horse")
    assert (again.returncode, again.stderr) == (1, "Not added. This name is taken.\n")


def test_a_short_password_is_refused_without_being_shown(bench: Bench) -> None:
    refused = add(bench, "zhou", "--role", "clerk", password="short")
    assert refused.returncode == 2
    assert "password" in refused.stderr
    assert "short" not in refused.stderr.replace("string_too_short", "")
    assert bench.all(Staff) == []
