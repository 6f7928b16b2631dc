"""The wordings of texts: what each says, every version, its approvals, and a place to write the next one."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.responses import Response

from services.notify.api.templates import EditorDep
from services.notify.domain import approvals, texts
from services.notify.features.approve_template import Approve, approve_template
from services.notify.features.list_templates import Entry, list_templates, preview, show_template
from services.notify.features.write_template import WriteTemplate, write_template
from services.notify.pages.template_words import WORDS
from services.notify.pages.words import PURPOSES, pages
from services.notify.settings import NotifySettings
from shared.contracts.notify import Category
from shared.errors import NotFound, Problem
from shared.http import StaffDep, UnitDep, service_of
from shared.web import phrase
from shared.web.faults import words_of

router = APIRouter()

LIST = "/notify/messages/templates"
Typed = Annotated[str, Form(max_length=1000)]


def price_of(request: Request) -> Decimal:
    """What one part costs, in yuan."""
    return cast(NotifySettings, service_of(request).settings).price_per_part


@router.get("/messages/templates")
def get_templates(request: Request, unit: UnitDep, _: StaffDep) -> Response:
    """Every wording that is used, and where drafts stand."""
    return pages.render(request, "templates.html", entries=list_templates(unit), purposes=PURPOSES, **WORDS)


@router.get("/messages/templates/new")
def get_new_notice(request: Request, _: EditorDep) -> Response:
    """A form for a notice of the staff's own."""
    return _new(request, {"variant": "", "category": "service", "words": ""})


@router.post("/messages/templates/new")
def post_new_notice(
    request: Request,
    unit: UnitDep,
    editor: EditorDep,
    variant: Typed = "",
    category: Annotated[Category, Form()] = "service",
    words: Typed = "",
    act: Annotated[Literal["check", "save"], Form()] = "check",
) -> Response:
    """Look at a new notice, or keep it."""
    form = {"variant": variant, "category": category, "words": words}
    if act == "check":
        return _new(request, form, checked=True)
    try:
        asked = WriteTemplate(name=f"notice.{variant.strip()}", category=category, words=words.strip(), written_by=editor.id)
        write_template(asked, unit)
    except ValidationError as error:
        return _new(request, form, trouble=words_of(error.errors(include_input=False)[0]), status_code=422)
    except Problem as problem:
        return _new(request, form, checked=True, trouble=problem.detail, status_code=problem.status)
    return RedirectResponse(f"{LIST}/{asked.name}", status_code=303)


@router.get("/messages/templates/{name}")
def get_template(request: Request, name: str, unit: UnitDep, _: StaffDep) -> Response:
    """One wording: every version, and a form for the next."""
    entry = _entry(name, unit)
    newest = entry.newest
    form = {"category": entry.category, "words": newest.template.words if newest else entry.words}
    return _one(request, entry, form)


@router.post("/messages/templates/{name}")
def post_template(
    request: Request,
    name: str,
    unit: UnitDep,
    editor: EditorDep,
    category: Annotated[Category, Form()] = "service",
    words: Typed = "",
    act: Annotated[Literal["check", "save"], Form()] = "check",
) -> Response:
    """Look at the next version, or keep it."""
    entry = _entry(name, unit)
    form = {"category": category, "words": words}
    if act == "check":
        return _one(request, entry, form, checked=True)
    try:
        write_template(WriteTemplate(name=name, category=category, words=words.strip(), written_by=editor.id), unit)
    except Problem as problem:
        return _one(request, entry, form, checked=True, trouble=problem.detail, status_code=problem.status)
    return RedirectResponse(f"{LIST}/{name}", status_code=303)


@router.post("/messages/templates/{name}/approval")
def post_approval(
    request: Request,
    name: str,
    unit: UnitDep,
    editor: EditorDep,
    template_id: Annotated[UUID, Form()],
    body: Annotated[str, Form(max_length=20)],
    state: Annotated[approvals.State, Form()],
    code: Annotated[str, Form(max_length=64)] = "",
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Write down where a version stands."""
    try:
        approve_template(
            Approve(template_id=template_id, body=body, state=state, code=code, reason=reason, staff_id=editor.id), unit
        )
    except Problem as problem:
        entry = _entry(name, unit)
        form = {"category": entry.category, "words": entry.words}
        return _one(request, entry, form, refused=problem.detail, status_code=problem.status)
    return RedirectResponse(f"{LIST}/{name}", status_code=303)


def _entry(name: str, unit: UnitDep) -> Entry:
    entry = show_template(name, unit)
    if entry is None:
        raise NotFound(phrase("没有这条短信模板，请从模板列表里选。"))
    return entry


def _new(request: Request, form: dict[str, Any], *, checked: bool = False, trouble: str = "", status_code: int = 200) -> Response:
    return pages.render(
        request,
        "template_new.html",
        form=form,
        look=preview("notice", form["category"], form["words"]) if checked else None,
        usable=texts.usable("notice"),
        trouble=trouble,
        price=price_of(request),
        status_code=status_code,
        **WORDS,
    )


def _one(
    request: Request,
    entry: Entry,
    form: dict[str, Any],
    *,
    checked: bool = False,
    trouble: str = "",
    refused: str = "",
    status_code: int = 200,
) -> Response:
    """The wording with what was typed; `checked`: the preview is of that, and not of the newest version."""
    return pages.render(
        request,
        "template.html",
        entry=entry,
        form=form,
        look=preview(entry.name, form["category"], form["words"]),
        usable=texts.usable(entry.name),
        checked=checked,
        trouble=trouble,
        refused=refused,
        following=approvals.NEXT,
        purposes=PURPOSES,
        price=price_of(request),
        status_code=status_code,
        **WORDS,
    )
