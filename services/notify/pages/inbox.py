"""The threads in which somebody waits for a person, one thread with its answer, and the sentences often answered."""

from __future__ import annotations

from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from services.notify.domain.replies import ReplyOutcome
from services.notify.features.answer_reply import LONGEST, AnswerReply, answer_reply
from services.notify.features.canned import EndAnswer, KeepAnswer, end_answer, keep_answer, list_answers
from services.notify.features.close_reply import CloseThread, close_thread
from services.notify.features.look_up import list_replies
from services.notify.features.take_thread import TakeThread, take_thread
from services.notify.features.threads import list_waiting, read_thread, show_thread
from services.notify.pages.words import READERS, WORDS, pages
from services.notify.settings import NotifySettings
from shared.auth import Principal, require
from shared.errors import Invalid, Problem
from shared.event import new_id
from shared.http import StaffDep, UnitDep, service_of
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()

NO_OUTCOME = phrase("请选是怎么办的。")
Act = Literal["take", "back", "answer", "close"]


@router.get("/messages/inbox")
def get_inbox(request: Request, unit: UnitDep, staff: StaffDep) -> Response:
    """The threads in which somebody waits, and the newest replies of all."""
    return pages.render(
        request,
        "inbox.html",
        waiting=list_waiting(unit, staff.limits),
        newest=list_replies(unit, staff.limits),
        readable=staff.may(*READERS),
        me=staff.id,
        **WORDS,
    )


@router.get("/messages/inbox/{reply_id}")
def get_thread(request: Request, reply_id: UUID, unit: UnitDep, staff: StaffDep) -> Response:
    """One thread; the person may see who read it."""
    require(staff, *READERS)
    read_thread(reply_id, staff.id, min(staff.roles), unit)
    return _thread(request, reply_id, staff, unit)


@router.post("/messages/inbox/{reply_id}")
def post_thread(
    request: Request,
    reply_id: UUID,
    unit: UnitDep,
    staff: StaffDep,
    act: Annotated[Act, Form()],
    words: Annotated[str, Form(max_length=1000)] = "",
    asked: Annotated[UUID | None, Form()] = None,
    outcome: Annotated[ReplyOutcome | None, Form()] = None,
) -> Response:
    """Take the thread, give it back, answer, or close it."""
    require(staff, *READERS)
    try:
        if act == "answer":
            helpline = cast(NotifySettings, service_of(request).settings).helpline
            told = {"reply_id": reply_id, "words": words, "staff_id": staff.id, "asked": asked or new_id()}
            answer_reply(AnswerReply.model_validate(told | {"helpline": helpline}), unit)
        elif act == "close":
            if outcome is None:
                raise Invalid(NO_OUTCOME)
            close_thread(CloseThread(reply_id=reply_id, staff_id=staff.id, outcome=outcome), unit)
        else:
            take_thread(TakeThread(reply_id=reply_id, staff_id=staff.id, back=act == "back"), unit)
    except Problem as problem:
        if problem.status == 404:
            raise
        return _thread(request, reply_id, staff, unit, fault=problem.detail, typed=words, status_code=problem.status)
    return RedirectResponse(f"/notify/messages/inbox/{reply_id}", status_code=303)


@router.get("/messages/answers")
def get_answers(request: Request, unit: UnitDep, staff: StaffDep) -> Response:
    """The sentences on offer."""
    require(staff, *READERS)
    return _answers(request, unit)


@router.post("/messages/answers")
def post_answers(
    request: Request,
    unit: UnitDep,
    staff: StaffDep,
    words: Annotated[str, Form(max_length=1000)] = "",
    answer_id: Annotated[UUID | None, Form()] = None,
) -> Response:
    """Keep one more, or end one."""
    require(staff, *READERS)
    try:
        if answer_id is not None:
            end_answer(EndAnswer(answer_id=answer_id), unit)
        else:
            keep_answer(KeepAnswer(words=words, staff_id=staff.id), unit)
    except Problem as problem:
        return _answers(request, unit, fault=problem.detail, typed=words, status_code=problem.status)
    return RedirectResponse("/notify/messages/answers", status_code=303)


def _thread(
    request: Request, reply_id: UUID, staff: Principal, unit: Unit, *, fault: str = "", typed: str = "", status_code: int = 200
) -> Response:
    return pages.render(
        request,
        "thread.html",
        thread=show_thread(reply_id, unit),
        canned=list_answers(unit),
        me=staff.id,
        asked=new_id(),
        longest=LONGEST,
        fault=fault,
        typed=typed,
        status_code=status_code,
        **WORDS,
    )


def _answers(request: Request, unit: Unit, *, fault: str = "", typed: str = "", status_code: int = 200) -> Response:
    return pages.render(
        request,
        "answers.html",
        answers=list_answers(unit),
        fault=fault,
        typed=typed,
        longest=LONGEST,
        status_code=status_code,
        **WORDS,
    )
