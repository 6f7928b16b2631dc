"""Every table that names a resident is in the copy they can ask for, and emptied when they are forgotten; or says why not."""

from __future__ import annotations

import re
from importlib import import_module

import pytest
from sqlalchemy import Table

from services.registration.projections.about import NAMES_SOMEBODY, OWN_COPIES, THROUGH
from tests.conftest import SERVICES

NAMES = re.compile(r"((resident|elder|carer|person|kept|merged)(_id)?|merged_into|acted_by|acted_for)")
"""What columns are called that hold a resident's id, or a pseudonym that leads to one."""

EMPTIED = {
    "registration": {
        "access_note", "authority", "calendar_feed", "consent", "cycle", "excuse", "export", "follow_up", "hour_entry", "log_in",
        "login_code", "make_up", "merge", "practical", "resident", "resident_marks", "scan", "survey_letter", "test_taken",
    },
    "notify": {"bulk_row", "carer", "choice", "contact", "message", "registration", "reply"},
    "stations": {"person", "referral", "same_person"},
    "reports": {"participation"},
}  # fmt: skip
"""Rows go, or what is the person's in them goes."""
STAYS = {
    "registration": {
        "erasure": "says that the wish was carried out",
        "nomination": "a seat stays counted; its holder's record is empty",
        "registration": "a place stays counted; its holder's record is empty",
    },
    "notify": {},
    "stations": {"visit": "nothing leads from the pseudonym to anybody any more"},
    "reports": {"visitor": "nothing leads from the pseudonym to anybody any more"},
}
TOLD = {
    "notify": {"bulk_row", "carer", "choice", "contact", "message", "registration", "reply"},
    "stations": {"person", "referral", "visit"},
    "reports": {"participation"},
}
"""What is in the copy: of registration, whatever has a column that names somebody."""
NOT_TOLD = {
    "notify": {},
    "stations": {"same_person": "registration tells of merges"},
    "reports": {"visitor": "counts pseudonyms; only stations knows whose they are"},
}


def naming(service: str) -> dict[str, list[str]]:
    """The tables of a service that name somebody, with the columns that do."""
    tables: list[Table] = import_module(f"services.{service}.tables").Table.metadata.sorted_tables
    found = {table.name: [column.name for column in table.columns if NAMES.fullmatch(column.name)] for table in tables}
    found |= {"resident": ["id"]} if service == "registration" else {}
    return {name: columns for name, columns in found.items() if columns}


@pytest.mark.parametrize("service", SERVICES)
def test_a_table_that_names_somebody_is_emptied_when_they_are_forgotten_or_says_why_not(service: str) -> None:
    assert set(naming(service)) == EMPTIED[service] | set(STAYS[service])


@pytest.mark.parametrize("service", sorted(set(SERVICES) - {"registration"}))
def test_a_table_that_names_somebody_is_in_their_copy_or_says_why_not(service: str) -> None:
    assert set(naming(service)) == TOLD[service] | set(NOT_TOLD[service])


def test_registrations_copy_finds_its_tables_by_the_columns_that_name_somebody() -> None:
    named = {name: columns for name, columns in naming("registration").items() if name not in OWN_COPIES}
    missing = {name: columns for name, columns in named.items() if not set(columns) & {*NAMES_SOMEBODY, "id"}}
    assert missing == {}


def test_what_hangs_on_a_place_a_seat_or_a_scan_is_in_the_copy() -> None:
    tables: list[Table] = import_module("services.registration.tables").Table.metadata.sorted_tables
    own = set(naming("registration"))
    hanging = {
        table.name
        for table in tables
        if table.name not in own
        and {key.column.table.name for key in table.foreign_keys} & {"registration", "nomination", "scan"}
    }
    assert hanging == set(THROUGH)
