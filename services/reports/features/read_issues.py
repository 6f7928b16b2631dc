"""Reading what was published."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel
from sqlmodel import col, select

from services.reports.features.publish import Content
from services.reports.tables import Issue
from shared.errors import NotFound
from shared.unit import Unit

_ARCHIVE = """
    SELECT DISTINCT ON (number) number, month, edition, published_at, coalesce(content #>> '{stories,0,headline}', '')
    FROM issue ORDER BY number DESC, edition DESC
"""


class IssueLine(BaseModel):
    """One edition in the archive."""

    number: int
    month: date
    edition: int
    published_at: datetime
    headline: str


def archive(unit: Unit) -> list[IssueLine]:
    """The newest edition of every issue, the newest issue first."""
    rows = unit.cursor().execute(_ARCHIVE).fetchall()
    return [
        IssueLine(number=number, month=month, edition=edition, published_at=at, headline=headline)
        for number, month, edition, at, headline in rows
    ]


def read_issue(number: int, edition: int | None, unit: Unit) -> tuple[Content, list[int]]:
    """One issue as it was printed (its newest edition unless one is named), and the editions it has; raises `NotFound`."""
    editions = list(unit.session.exec(select(col(Issue.edition)).where(col(Issue.number) == number).order_by(col(Issue.edition))))
    wanted = edition if edition is not None else (editions[-1] if editions else 0)
    content = unit.session.exec(
        select(col(Issue.content)).where(col(Issue.number) == number, col(Issue.edition) == wanted)
    ).one_or_none()
    if content is None:
        raise NotFound("没有这一期，请从社区报的目录里选。")
    return Content.model_validate(content), editions


def read_pdf(number: int, edition: int | None, unit: Unit) -> bytes:
    """The printed pages of an issue; raises `NotFound`."""
    found = select(col(Issue.pdf)).where(col(Issue.number) == number).order_by(col(Issue.edition).desc()).limit(1)
    if edition is not None:
        found = found.where(col(Issue.edition) == edition)
    pdf = unit.session.exec(found).one_or_none()
    if pdf is None:
        raise NotFound("没有这一期，请从社区报的目录里选。")
    return pdf
