"""Threads in which somebody waits for a person: reading, taking, answering and closing them; the sentences often answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from services.notify.domain.replies import ReplyOutcome
from services.notify.features.answer_reply import AnswerReply, answer_reply
from services.notify.features.canned import EndAnswer, KeepAnswer, end_answer, keep_answer, list_answers
from services.notify.features.close_reply import CloseThread, close_thread
from services.notify.features.take_thread import TakeThread, take_thread
from services.notify.features.threads import READERS, list_waiting, read_thread
from services.notify.settings import NotifySettings
from shared.auth import Principal, require
from shared.http import StaffDep, UnitDep, service_of

router = APIRouter()


def _reader(staff: StaffDep) -> Principal:
    """Who may read what residents write."""
    return require(staff, *READERS)


ReaderDep = Annotated[Principal, Depends(_reader)]


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WaitingOut(BaseModel):
    """A thread in which somebody waits: `reply_id` names it, `asked_at` is when the oldest open reply came."""

    reply_id: UUID
    number: str
    words: str
    asked_at: datetime
    open: int
    overdue: bool
    taken_by: UUID | None


class LineOut(BaseModel):
    """One text or call of a thread; `theirs`: the resident's."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    theirs: bool
    words: str
    purpose: str
    state: str
    outcome: str


class ThreadOut(BaseModel):
    """What somebody and we have texted each other."""

    reply_id: UUID
    resident_id: UUID | None
    number: str
    lines: list[LineOut]
    open: list[UUID]
    taken_by: UUID | None


class TakeWish(_Wish):
    """See to the thread, or give it back."""

    back: bool = Field(default=False, examples=[False])


class AnswerWish(_Wish):
    """The answer; `asked` is an id of yours, with which the same answer sent twice goes out once."""

    words: str = Field(max_length=1000, examples=["可以带孙子来，请早十分钟到"])
    asked: UUID = Field(examples=["01792fc1-ca60-7782-b186-87e6cf8a482f"])


class CloseWish(_Wish):
    """How it was dealt with without a text."""

    outcome: ReplyOutcome = Field(examples=["called"])


class CannedWish(_Wish):
    """A sentence that is answered often."""

    words: str = Field(max_length=1000, examples=["可以带孙子来，请早十分钟到"])


class CannedOut(BaseModel):
    """A sentence on offer."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    words: str


class Planned(BaseModel):
    """The text that answers."""

    message_id: UUID
    due_at: datetime


@router.get("/inbox")
def get_inbox(unit: UnitDep, staff: ReaderDep) -> list[WaitingOut]:
    """The threads in which a person is waited for, inside your limits, the longest wait first."""
    return [
        WaitingOut(
            reply_id=it.reply.id,
            number=it.number,
            words=it.words,
            asked_at=it.asked_at,
            open=it.open,
            overdue=it.overdue,
            taken_by=it.reply.taken_by,
        )
        for it in list_waiting(unit, staff.limits)
    ]


@router.get("/inbox/{reply_id}")
def get_thread(reply_id: UUID, unit: UnitDep, staff: ReaderDep) -> ThreadOut:
    """A thread; the person may see that you read it."""
    thread = read_thread(reply_id, staff.id, min(staff.roles), unit)
    return ThreadOut(
        reply_id=thread.reply.id,
        resident_id=thread.reply.resident_id,
        number=thread.number,
        lines=[LineOut.model_validate(line) for line in thread.lines],
        open=[reply.id for reply in thread.open],
        taken_by=thread.taken_by,
    )


@router.post("/inbox/{reply_id}/take", status_code=204)
def post_take(reply_id: UUID, wish: TakeWish, unit: UnitDep, staff: ReaderDep) -> None:
    """See to the thread from now on, or (`back`) no longer."""
    take_thread(TakeThread(reply_id=reply_id, staff_id=staff.id, back=wish.back), unit)


@router.post("/inbox/{reply_id}/answer", status_code=201)
def post_answer(reply_id: UUID, wish: AnswerWish, request: Request, unit: UnitDep, staff: ReaderDep) -> Planned:
    """Answer by text in your own words, and close what was open."""
    helpline = cast(NotifySettings, service_of(request).settings).helpline
    message = answer_reply(
        AnswerReply(reply_id=reply_id, words=wish.words, staff_id=staff.id, asked=wish.asked, helpline=helpline), unit
    )
    return Planned(message_id=message.id, due_at=message.due_at)


@router.post("/inbox/{reply_id}/close", status_code=204)
def post_close(reply_id: UUID, wish: CloseWish, unit: UnitDep, staff: ReaderDep) -> None:
    """Close what is open in the thread; closed already, nothing changes."""
    close_thread(CloseThread(reply_id=reply_id, staff_id=staff.id, outcome=wish.outcome), unit)


@router.get("/answers")
def get_answers(unit: UnitDep, _: ReaderDep) -> list[CannedOut]:
    """The sentences that are answered often."""
    return [CannedOut.model_validate(answer) for answer in list_answers(unit)]


@router.post("/answers", status_code=201)
def post_answers(wish: CannedWish, unit: UnitDep, staff: ReaderDep) -> CannedOut:
    """Keep a sentence, checked as if it were sent."""
    return CannedOut.model_validate(keep_answer(KeepAnswer(words=wish.words, staff_id=staff.id), unit))


@router.delete("/answers/{answer_id}", status_code=204)
def delete_answer(answer_id: UUID, unit: UnitDep, _: ReaderDep) -> None:
    """Offer a sentence no more."""
    end_answer(EndAnswer(answer_id=answer_id), unit)
