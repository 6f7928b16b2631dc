"""Everything that registration keeps about one resident, for them to read: every row that names them, in every table."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Column, Row, Table, or_, select

from services.registration.tables import Table as Base
from shared.crypto import Unreadable
from shared.unit import Unit

NAMES_SOMEBODY = ("resident_id", "elder_id", "carer_id", "person_id", "acted_by", "acted_for", "kept_id", "merged_id")
"""The columns by which a row is about a resident."""
ENDS_SECRET = ("_mark",)
"""Columns that tell nobody anything: keyed hashes."""
THROUGH = {
    "stay": ("registration_id", "registration"),
    "certificate": ("nomination_id", "nomination"),
    "settlement": ("scan_id", "scan"),
}
"""Tables that name nobody, and by which of the resident's rows they are theirs."""
PRINTED = ("pdf", "signature")
"""Columns of a certificate that say again what its content says."""
OWN_COPIES = ("export", "export_part")


def about(resident_id: UUID, unit: Unit) -> dict[str, Any]:
    """The resident's rows by table, encrypted values readable, with the names of the sessions that they speak of."""
    unit.session.flush()
    found: dict[str, Any] = {}
    for table in Base.metadata.sorted_tables:
        columns = [column for column in table.columns if column.name in NAMES_SOMEBODY]
        if table.name == "resident":
            columns = [table.columns["id"]]
        if not columns or table.name in OWN_COPIES:
            continue
        rows = unit.session.connection().execute(
            select(table).where(or_(*(column == resident_id for column in columns))).order_by(*table.primary_key.columns)
        )
        found[table.name] = [_readable(table, row, unit) for row in rows]
    for name, through in THROUGH.items():
        found[name] = _reached(Base.metadata.tables[name], through, found, unit)
    found["sessions"] = _sessions(found, unit)
    return found


def _reached(table: Table, through: tuple[str, str], found: dict[str, Any], unit: Unit) -> list[dict[str, Any]]:
    column, of = through
    ids = [row["id"] for row in found[of]]
    rows = unit.session.connection().execute(
        select(table).where(table.columns[column].in_(ids)).order_by(*table.primary_key.columns)
    )
    return [_readable(table, row, unit) for row in rows]


def _readable(table: Table, row: Row[Any], unit: Unit) -> dict[str, Any]:
    values = row._mapping
    shown = [column for column in table.columns if not column.name.endswith(ENDS_SECRET) and column.name not in PRINTED]
    return {column.name: _plain(column, values[column], unit) for column in shown}


def _plain(column: Column[Any], value: Any, unit: Unit) -> Any:
    if not isinstance(value, str) or not value:
        return value
    try:
        return unit.keys.decrypt(value, str(column))
    except Unreadable:
        return value


def _sessions(found: dict[str, Any], unit: Unit) -> list[dict[str, Any]]:
    """What the sessions are called that any of the rows is about."""
    ids = {row["session_id"] for rows in found.values() for row in rows if row.get("session_id")}
    session = Base.metadata.tables["session"]
    columns = [session.columns[name] for name in ("id", "title", "topic_title", "starts_at", "place")]
    rows = unit.session.connection().execute(select(*columns).where(session.columns["id"].in_(ids)))
    return [dict(row._mapping) for row in rows]
