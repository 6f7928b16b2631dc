"""Publish an issue of the bulletin: figures frozen, stories set, printed, recorded once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel
from sqlmodel import col, func, select

from services.reports import domain
from services.reports.domain import Month
from services.reports.features.chart import PAPER, Chart, draw, visits_by_month
from services.reports.features.figures import Figure, compute, end_of
from services.reports.features.ranking import Ranking, ten_best
from services.reports.features.stories import ORDER, Setter, Story, facts_of, read_story
from services.reports.gateways import FACE, print_pdf
from services.reports.projections import feed
from services.reports.settings import ReportsSettings
from services.reports.tables import Issue
from shared import clock
from shared.clock import SHANGHAI
from shared.contracts.reports import BulletinPublished
from shared.event import new_id
from shared.jobs import Begin
from shared.unit import Unit
from shared.web.numbers import number, time_of_day, weekday


class Note(BaseModel):
    """A figure as the notes explain it."""

    mark: int
    figure: Figure
    shown: str
    exact: str
    window: str


class Held(BaseModel):
    """A session of the month in the bulletin's table; `attended` is empty where the number is too small to print."""

    date: str
    programme: str
    topic: str
    place: str
    attended: str


class Content(BaseModel):
    """Everything an issue says."""

    number: int
    month: date
    edition: int
    paper: str
    publisher: str
    street: str
    published_at: datetime
    counted_until: date
    simulated: bool
    stories: list[Story]
    notes: list[Note]
    chart: Chart
    held: list[Held]
    ranking: Ranking
    definitions: list[str]


DEFINITIONS = [
    "人次：来一次算一次，同一个人来几次算几次。",
    "人数（人）：一个人只算一个；只算认得出的，所以总不会比人次多。",
    "项次：做一项检测算一次，来一次可以做好几项。",
    f"不足 {domain.SMALLEST_SHOWN} 的人数和不足 {domain.SMALLEST_SHOWN_OF_HEALTH} 的健康数字不登，免得认出是谁。",
    "“近”只用在实际数小于所写的数，“逾”只用在实际数大于所写的数；小于一万的照实写。",
]
"""What the colophon says about the words for numbers."""

_HELD = """
    SELECT o.kind, p.title AS programme, p.organiser, o.title, o.topic_title, o.place, o.starts_at, o.attended, l.viewers
    FROM occurrence o JOIN programme p USING (programme_id) LEFT JOIN livestream l USING (session_id)
    WHERE o.state = 'held' AND o.starts_at >= %s AND o.starts_at < %s ORDER BY o.starts_at, o.session_id
"""


def publish(key: str, begin: Begin, paper: ReportsSettings) -> None:
    """Make the edition that `key` names (`2021-05`, a correction `2021-05/2`); does nothing when that edition is out already."""
    name, _, later = key.partition("/")
    month, edition = Month.parse(name), int(later or 1)
    with begin() as unit:
        if _find(month, edition, unit) is not None:
            return
        content = compose(month, edition, paper, unit)
    pdf = print_pdf(content.model_dump(mode="json"), draw(content.chart, PAPER, font=FACE))
    with begin() as unit:
        record(content, pdf, unit)


def compose(month: Month, edition: int, paper: ReportsSettings, unit: Unit) -> Content:
    """Freeze the month: answer every figure once, and set the stories with them."""
    figures = compute(month, unit)
    growth = next(figure.value for figure in figures if figure.code == "visits.growth")
    sessions = _sessions(month, unit)
    kinds = {kind: [session for session in sessions if session["kind"] == kind] for kind in ("series", "livestream", "course")}
    setter = Setter(figures, facts_of(f"{month.starts.month}月", kinds))
    stories = [story for slug in ORDER if (story := setter.set(slug, read_story(slug))) is not None]
    return Content(
        number=_number(month, unit),
        month=month.starts,
        edition=edition,
        paper=paper.paper,
        publisher=paper.publisher,
        street=paper.street,
        published_at=unit.now,
        counted_until=end_of(month, unit),
        simulated=clock.simulated(),
        stories=stories,
        notes=[
            Note(mark=mark, figure=figure, shown=figure.printed, exact=figure.exact, window=figure.window)
            for mark, figure in setter.marked()
        ],
        chart=visits_by_month(month, growth, unit),
        held=_table(sessions),
        ranking=ten_best(month, unit),
        definitions=DEFINITIONS,
    )


def record(content: Content, pdf: bytes, unit: Unit) -> None:
    """Put the issue out and tell it, unless this edition is out already."""
    month = Month(content.month)
    unit.cursor().execute("SELECT pg_advisory_xact_lock(hashtextextended('issue', 0))")
    if _find(month, content.edition, unit) is not None:
        return
    number = _number(month, unit)
    issue = Issue(
        issue_id=new_id(),
        number=number,
        month=content.month,
        edition=content.edition,
        published_at=content.published_at,
        content=content.model_dump(mode="json") | {"number": number},
        pdf=pdf,
    )
    unit.add(issue)
    event = BulletinPublished(
        issue_id=issue.issue_id, number=number, month=content.month, figures=len(content.notes), edition=content.edition
    )
    unit.emit(event)
    line = feed.Line(unit.now, event.type, unit.source, 0, 1, {}, {"type": event.type, "data": event.model_dump(mode="json")})
    unit.session.flush()
    feed.append(unit.cursor(), [line])


def _find(month: Month, edition: int, unit: Unit) -> Issue | None:
    found = select(Issue).where(col(Issue.month) == month.starts, col(Issue.edition) == edition)
    return unit.session.exec(found).first()


def _number(month: Month, unit: Unit) -> int:
    """The issue's number: the month's own once it has one, else the next."""
    own = unit.session.exec(select(col(Issue.number)).where(col(Issue.month) == month.starts).limit(1)).first()
    return own if own is not None else 1 + (unit.session.exec(select(func.max(col(Issue.number)))).one() or 0)


def _sessions(month: Month, unit: Unit) -> list[dict[str, Any]]:
    starts, ends = (datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) for day in (month.starts, month.ends))
    cursor = unit.cursor().execute(_HELD, (starts, ends))
    names = [column.name for column in cursor.description or ()]
    return [_with_words(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def _with_words(session: dict[str, Any]) -> dict[str, Any]:
    at = session["starts_at"].astimezone(SHANGHAI)
    return session | {
        "topic": session["topic_title"] or session["title"],
        "date": f"{at.month}月{at.day}日",
        "weekday": weekday(at, "zh"),
        "time": time_of_day(at),
    }


def _table(sessions: list[dict[str, Any]]) -> list[Held]:
    """The month's sessions; small attendances are hidden within their kind, whose total the stories print."""
    counts = [session["viewers"] if session["kind"] == "livestream" else session["attended"] for session in sessions]
    shown: list[int | None] = [None] * len(sessions)
    for kind in {session["kind"] for session in sessions}:
        places = [place for place, session in enumerate(sessions) if session["kind"] == kind]
        for place, count in zip(places, domain.hide_small([counts[place] or 0 for place in places]), strict=True):
            shown[place] = count
    return [
        Held(
            date=f"{session['date']}（{session['weekday']}）",
            programme=session["programme"],
            topic=session["topic"],
            place=session["place"],
            attended="" if count is None else f"{number(count)} {'人在线' if session['kind'] == 'livestream' else '人次'}",
        )
        for session, count in zip(sessions, shown, strict=True)
    ]
