"""Staff accounts from the command line, a password on standard input.

`python -m services.registration.staff add NAME --role clerk [--street 310101019]`, `… reset NAME [--password] [--factor]`
"""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import get_args

from pydantic import ValidationError

from services.registration.features.add_staff import DEMO_ACCOUNTS, AddStaff, add_staff
from services.registration.features.change_staff import LimitKind, ResetStaff, reset_staff, staff_named
from services.registration.main import service
from shared.errors import Problem
from shared.unit import Unit


def main(arguments: list[str]) -> int:
    """Do what `arguments` say."""
    given = _parser().parse_args(arguments)
    try:
        with service().begin() as unit:
            done = _add(given, unit) if given.do == "add" else _reset(given, unit)
    except ValidationError as error:
        wrong = ", ".join(str(item["loc"][0]) + ": " + item["msg"] for item in error.errors(include_input=False))
        sys.stderr.write(f"{_NOT[given.do]}. {wrong}\n")
        return 2
    except Problem as problem:
        sys.stderr.write(f"{_NOT[given.do]}. {problem.title}.\n")
        return 1
    sys.stdout.write(done)
    return 0


_NOT = {"add": "Not added", "reset": "Not reset"}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.registration.staff", description="Staff accounts.")
    verbs = parser.add_subparsers(required=True, metavar="add|reset", dest="do")
    add = verbs.add_parser("add", help="add an account")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--role", choices=DEMO_ACCOUNTS, action="append", required=True, help="may be given more than once")
    for kind in get_args(LimitKind):
        add.add_argument(f"--{kind}", action="append", default=[], help="where the account may act; without any, everywhere")
    reset = verbs.add_parser("reset", help="set a new password, or take a lost second factor away; ends the account's log-ins")
    reset.add_argument("name", metavar="NAME")
    reset.add_argument("--password", action="store_true", help="read a new password")
    reset.add_argument("--factor", action="store_true", help="take the second factor and its recovery codes away")
    return parser


def _add(given: argparse.Namespace, unit: Unit) -> str:
    limits = {kind: tuple(getattr(given, kind)) for kind in get_args(LimitKind)}
    command = AddStaff.model_validate(
        {"name": given.name, "password": _password(), "roles": frozenset(given.role), "limits": limits}
    )
    add_staff(command, unit)
    return f"Added {command.name} ({', '.join(sorted(command.roles))}).\n"


def _reset(given: argparse.Namespace, unit: Unit) -> str:
    account = staff_named(given.name, unit)
    password = _password() if given.password else None
    reset_staff(ResetStaff(staff_id=account.id, password=password, factor=given.factor), unit)
    return f"Reset {account.name}.\n"


def _password() -> str:
    return getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
