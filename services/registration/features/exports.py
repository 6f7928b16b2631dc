"""A copy of everything that is kept about a resident, gathered from every service, readable by machines and people."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.registration.domain.own_records import EXPORT_EVERY, EXPORT_LIFE
from services.registration.features import Command, problems
from services.registration.features.register_resident import records_of
from services.registration.tables import Export, ExportPart, Resident
from shared.jobs import Begin, Later
from shared.peers import PeerDown
from shared.unit import Unit
from shared.web import phrase

JOB = "gather"
CONTENT = "export_part.content"
AGAIN = timedelta(minutes=1)
"""When a service that did not answer is asked again."""

Ask = Callable[[str, UUID], dict[str, Any]]
"""Asks the service behind a source what it keeps about somebody."""
About = Callable[[UUID, Unit], dict[str, Any]]


class AskExport(Command):
    """`resident_id` wants a copy; the other services' logs are called `sources`."""

    resident_id: UUID
    sources: tuple[str, ...]


class Progress(NamedTuple):
    """An export, and which services have not answered yet."""

    export: Export
    missing: list[str]


def ask_export(command: AskExport, unit: Unit) -> Export:
    """Write the wish down, and have every service asked."""
    if unit.session.get(Resident, command.resident_id, with_for_update=True) is None:
        raise problems.UnknownResident(phrase("没有找到这位居民。"))
    latest = exports_of(command.resident_id, unit)
    if latest and latest[0].export.asked_at > unit.now - EXPORT_EVERY:
        wait = latest[0].export.asked_at + EXPORT_EVERY - unit.now
        words = phrase("一小时内已经要过一份，请先下载那一份，或者过一会儿再来。")
        raise problems.ExportAsked(words, retry_after=math.ceil(wait.total_seconds()))
    export = Export(resident_id=command.resident_id, asked_at=unit.now, expires_at=unit.now + EXPORT_LIFE)
    unit.add(export)
    unit.session.flush()
    for source in (unit.source, *command.sources):
        unit.add(ExportPart(export_id=export.id, source=source))
        unit.later(JOB, f"{export.id} {source}")
    return export


def gather(key: str, begin: Begin, ask: Ask, about: About) -> None:
    """Ask one service and keep its answer encrypted; one that does not answer is asked again. The call is made between units."""
    export_id, _, source = key.partition(" ")
    with begin() as unit:
        export = unit.find(Export, UUID(export_id))
        if export is None or unit.now >= export.expires_at:
            return
        records = records_of(export.resident_id, unit)
        told = _together(about(record, unit) for record in records) if source == unit.source else None
    try:
        told = told if told is not None else _together(ask(source, record) for record in records)
    except PeerDown:
        raise Later(AGAIN) from None
    with begin() as unit:
        part = unit.session.get(ExportPart, (export.id, source), with_for_update=True)
        if part is not None and part.told_at is None:
            part.content = unit.keys.encrypt(json.dumps(told, ensure_ascii=False, default=str), CONTENT)
            part.told_at = unit.now


def _together(told: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What is kept of the person, and of the records that were merged into theirs, as one; what several tell is there once."""
    found: dict[str, Any] = {}
    for each in told:
        for name, rows in each.items():
            known = found.setdefault(name, [])
            known.extend(row for row in rows if row not in known)
    return found


def exports_of(resident_id: UUID, unit: Unit) -> Sequence[Progress]:
    """The resident's copies that can still be fetched or are being gathered, the newest first."""
    found = select(Export).where(col(Export.resident_id) == resident_id, col(Export.expires_at) > unit.now)
    exports = unit.session.exec(found.order_by(col(Export.id).desc())).all()
    return [Progress(export, _missing(export, unit)) for export in exports]


def contents_of(export_id: UUID, resident_id: UUID, unit: Unit) -> dict[str, Any]:
    """What each service told, by the name of its log; only complete copies, and only one's own."""
    export = unit.find(Export, export_id)
    if export is None or export.resident_id != resident_id or unit.now >= export.expires_at:
        raise problems.UnknownExport(phrase("没有找到这份资料，它可能已经过期；请在“我的资料”里再要一份。"))
    if missing := _missing(export, unit):
        raise problems.ExportIncomplete(phrase("还有几处没有交齐，请过一会儿再来下载。"), missing=missing)
    parts = unit.session.exec(select(ExportPart).where(col(ExportPart.export_id) == export.id).order_by(col(ExportPart.source)))
    return {part.source: json.loads(unit.keys.decrypt(part.content, CONTENT)) for part in parts}


def _missing(export: Export, unit: Unit) -> list[str]:
    waiting = select(ExportPart.source).where(col(ExportPart.export_id) == export.id, col(ExportPart.told_at).is_(None))
    return sorted(unit.session.exec(waiting))
