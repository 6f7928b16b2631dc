"""Staff accounts are added from the command line."""

from __future__ import annotations

import os
import subprocess
import sys

from services.registration.features.log_in import LogInStaff, log_in_staff
from services.registration.tables import Staff
from shared.auth import Principal
from shared.testing import Bench


def add(bench: Bench, *arguments: str, password: str) -> subprocess.CompletedProcess[str]:
    return call(bench, "add", *arguments, password=password)


def call(bench: Bench, *arguments: str, password: str = "") -> subprocess.CompletedProcess[str]:
    settings = bench.service.settings
    environment = os.environ | {"DATABASE_URL": settings.database_url, "JIAMENKOU_KEYS": str(settings.keys)}
    command = [sys.executable, "-m", "services.registration.staff", *arguments]
    return subprocess.run(command, input=f"{password}\n", env=environment, capture_output=True, text=True, check=False)


def test_an_account_is_added_once_and_lets_its_owner_in(bench: Bench) -> None:
    added = add(bench, "zhou", "--role", "clerk", "--role", "editor", password="correct horse")
    assert (added.returncode, added.stdout) == (0, "Added zhou (clerk, editor).\n")
    principal = bench.run(log_in_staff, LogInStaff(name="zhou", password="correct horse"))
    assert isinstance(principal, Principal)
    assert principal.roles == frozenset({"clerk", "editor"})
    again = add(bench, "zhou", "--role", "clerk", password="correct horse")
    assert (again.returncode, again.stderr) == (1, "Not added. This name is taken.\n")


def test_a_short_password_is_refused_without_being_shown(bench: Bench) -> None:
    refused = add(bench, "zhou", "--role", "clerk", password="short")
    assert refused.returncode == 2
    assert "password" in refused.stderr
    assert "short" not in refused.stderr.replace("string_too_short", "")
    assert bench.all(Staff) == []


def test_an_account_with_limits_says_where_it_may_act(bench: Bench) -> None:
    assert add(bench, "zhou", "--role", "clerk", "--street", "310101019", password="correct horse").returncode == 0
    assert bench.all(Staff)[0].limits == {"street": ["310101019"]}
    assert add(bench, "li", "--role", "clerk", "--street", "上海", password="correct horse").returncode == 2


def test_a_lost_second_factor_is_taken_away_and_a_password_set_anew(bench: Bench) -> None:
    add(bench, "zhou", "--role", "operator", password="correct horse")
    bench.query("UPDATE staff SET factor = 'lost', factor_step = 7, failures = 5 RETURNING id")
    done = call(bench, "reset", "zhou", "--factor", "--password", password="battery staple")
    assert (done.returncode, done.stdout) == (0, "Reset zhou.\n")
    (account,) = bench.all(Staff)
    assert (account.factor, account.factor_step, account.failures) == ("", 0, 0)
    assert isinstance(bench.run(log_in_staff, LogInStaff(name="zhou", password="battery staple")), Principal)
    nobody = call(bench, "reset", "li", "--factor")
    assert (nobody.returncode, nobody.stderr) == (1, "Not reset. No such staff account.\n")
