"""The bulletin, for everybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from markupsafe import Markup

from services.reports.features.chart import SCREEN, draw
from services.reports.features.publish import Content
from services.reports.features.read_issues import archive, read_issue, read_pdf
from services.reports.pages.common import pages
from shared.http import PrincipalDep, UnitDep
from shared.web.numbers import local

router = APIRouter()

Edition = Annotated[int | None, Query(ge=1, le=1_000)]
Number = Annotated[int, Path(ge=1, le=100_000)]


@router.get("/bulletin")
def show_archive(request: Request, _: PrincipalDep, unit: UnitDep) -> Response:
    """The issues so far."""
    return pages.render(request, "archive.html", issues=archive(unit))


@router.get("/bulletin/{number}.pdf")
def download_issue(number: Number, unit: UnitDep, edition: Edition = None) -> Response:
    """The printed pages."""
    name = f'inline; filename="laoximen-{number}.pdf"'
    return Response(read_pdf(number, edition, unit), media_type="application/pdf", headers={"content-disposition": name})


@router.get("/bulletin/{number}")
def show_issue(request: Request, number: Number, _: PrincipalDep, unit: UnitDep, edition: Edition = None) -> Response:
    """One issue as a page."""
    issue, editions = read_issue(number, edition, unit)
    chart = Markup(draw(issue.chart, SCREEN, font="inherit"))
    heads = [(name, "number") for name in issue.ranking.criteria]
    return pages.render(
        request, "bulletin.html", issue=issue, editions=editions, chart=chart, heads=heads, entries=_entries(issue)
    )


def _entries(issue: Content) -> list[dict[str, object]]:
    """The notes as the shared component wants them."""
    return [
        {
            "mark": note.mark,
            "exact": note.exact,
            "definition": f"{note.figure.name}：{note.figure.meaning}",
            "window": note.window,
            "query": note.figure.query,
            "version": f"第 {issue.number} 期第 {issue.edition} 版，{local(note.figure.computed_at):%Y-%m-%d %H:%M} 算出",
        }
        for note in issue.notes
    ]
