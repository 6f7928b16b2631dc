"""Where carriers call back. Everything is kept at once and looked at by jobs, so that the answer comes within their patience.

Carriers sign nothing: whoever knows the token is believed, as far as a receipt is about a text and a number that belong together.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Annotated, TypeVar, cast

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, Field

from services.notify.api.shapes import (
    AliyunReceipt,
    AliyunReply,
    KannelReceipt,
    KannelReply,
    TencentReceipt,
    TencentReply,
)
from services.notify.features.take_receipt import take_receipts
from services.notify.features.take_reply import TakeReply, take_reply
from services.notify.settings import NotifySettings
from shared.errors import NotLoggedIn
from shared.http import UnitDep, service_of

SIMULATED, KANNEL, TENCENT, ALIYUN = "simulated", "kannel", "tencent", "aliyun"
LARGEST = 1000

Item = TypeVar("Item")


def _carrier(request: Request, x_carrier_token: Annotated[str, Header()] = "") -> None:
    """Let through who knows the token: in a header, or in the path for carriers that can only be given an address."""
    expected = cast(NotifySettings, service_of(request).settings).callback_token
    given = x_carrier_token or str(request.path_params.get("token", ""))
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise NotLoggedIn("This endpoint is for the carrier: send its token.")


router = APIRouter(prefix="/carrier", dependencies=[Depends(_carrier)])


class Taken(BaseModel):
    """The answer after which Alibaba Cloud stops repeating itself, and the simulated carrier too."""

    code: int = 0
    msg: str = "接收成功"


class TencentTaken(BaseModel):
    """The answer after which Tencent Cloud stops repeating itself."""

    result: int = 0
    errmsg: str = "OK"


def _keep_replies(batch: Sequence[TakeReply], unit: UnitDep) -> None:
    for reply in batch:
        take_reply(reply, unit)


def _each(said: list[Item] | Item) -> list[Item]:
    """Carriers send one by itself or several in a list, whatever their documents say."""
    return said if isinstance(said, list) else [said]


@router.post("/receipts")
def post_receipts(receipts: Annotated[list[AliyunReceipt], Field(max_length=LARGEST)] | AliyunReceipt, unit: UnitDep) -> Taken:
    """Take receipts of the simulated carrier: a batch, or one."""
    take_receipts([receipt.read(SIMULATED) for receipt in _each(receipts)], unit)
    return Taken()


@router.post("/replies")
def post_replies(batch: Annotated[list[AliyunReply], Field(max_length=LARGEST)] | AliyunReply, unit: UnitDep) -> Taken:
    """Take replies of the simulated carrier: a batch, or one."""
    _keep_replies([reply.read(SIMULATED) for reply in _each(batch)], unit)
    return Taken()


@router.post("/aliyun/{token}/receipts")
def post_aliyun_receipts(
    receipts: Annotated[list[AliyunReceipt], Field(max_length=LARGEST)] | AliyunReceipt, unit: UnitDep
) -> Taken:
    """Take Alibaba Cloud's receipts (SmsReport): a batch, or one."""
    take_receipts([receipt.read(ALIYUN) for receipt in _each(receipts)], unit)
    return Taken()


@router.post("/aliyun/{token}/replies")
def post_aliyun_replies(batch: Annotated[list[AliyunReply], Field(max_length=LARGEST)] | AliyunReply, unit: UnitDep) -> Taken:
    """Take replies that Alibaba Cloud passes on (SmsUp): a batch, or one."""
    _keep_replies([reply.read(ALIYUN) for reply in _each(batch)], unit)
    return Taken()


@router.post("/tencent/{token}/receipts")
def post_tencent_receipts(
    receipts: Annotated[list[TencentReceipt], Field(max_length=LARGEST)] | TencentReceipt, unit: UnitDep
) -> TencentTaken:
    """Take Tencent Cloud's receipts: a batch, or one."""
    take_receipts([receipt.read(TENCENT) for receipt in _each(receipts)], unit)
    return TencentTaken()


@router.post("/tencent/{token}/replies")
def post_tencent_replies(
    batch: Annotated[list[TencentReply], Field(max_length=LARGEST)] | TencentReply, unit: UnitDep
) -> TencentTaken:
    """Take replies that Tencent Cloud passes on: one, or a batch."""
    _keep_replies([reply.read(TENCENT) for reply in _each(batch)], unit)
    return TencentTaken()


@router.get("/kannel/{token}/receipts", response_class=Response)
def get_kannel_receipt(receipt: Annotated[KannelReceipt, Query()], unit: UnitDep) -> Response:
    """Take a receipt that kannel passes on."""
    take_receipts([receipt.read(KANNEL)], unit)
    return Response(status_code=200)


@router.get("/kannel/{token}/replies", response_class=Response)
def get_kannel_reply(reply: Annotated[KannelReply, Query()], unit: UnitDep) -> Response:
    """Take a reply that kannel passes on. An empty answer, since kannel would text back what it is told."""
    _keep_replies([reply.read(KANNEL)], unit)
    return Response(status_code=200)
