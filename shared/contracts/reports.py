"""What reports tells: what was published."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.event import Event


class BulletinPublished(Event, type="reports.bulletin_published", subject="issue_id"):
    """An issue of the monthly bulletin is out, with `figures` traceable figures; a later `edition` of a number corrects it."""

    issue_id: UUID
    number: int
    month: date
    figures: int
    edition: int = 1


class FiguresErased(Event, type="reports.person_erased", subject="erasure_id"):
    """Nothing here leads to the person any more; every figure stays as it was."""

    erasure_id: UUID
