"""Staff accounts: `python -m services.registration.staff add NAME --role clerk`, the password on standard input."""

from __future__ import annotations

import argparse
import getpass
import sys

from pydantic import ValidationError

from services.registration.features.add_staff import DEMO_ACCOUNTS, AddStaff, add_staff
from services.registration.main import service
from shared.errors import Problem


def main(arguments: list[str]) -> int:
    """Add the account that `arguments` describe."""
    parser = argparse.ArgumentParser(prog="python -m services.registration.staff", description="Staff accounts.")
    add = parser.add_subparsers(required=True, metavar="add").add_parser("add", help="add an account")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--role", choices=DEMO_ACCOUNTS, action="append", required=True, help="may be given more than once")
    given = parser.parse_args(arguments)
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    try:
        command = AddStaff(name=given.name, password=password, roles=frozenset(given.role))
        with service().begin() as unit:
            add_staff(command, unit)
    except ValidationError as error:
        wrong = ", ".join(str(item["loc"][0]) + ": " + item["msg"] for item in error.errors(include_input=False))
        sys.stderr.write(f"Not added. {wrong}\n")
        return 2
    except Problem as problem:
        sys.stderr.write(f"Not added. {problem.title}.\n")
        return 1
    sys.stdout.write(f"Added {command.name} ({', '.join(sorted(command.roles))}).\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
