"""Where carriers call back. Everything is kept at once and looked at by jobs, so that the answer comes within their patience."""

from __future__ import annotations

import hmac
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, ConfigDict, Field

from services.notify.features.take_receipt import TakeReceipt, take_receipt
from services.notify.features.take_reply import TakeReply, take_reply
from services.notify.settings import NotifySettings
from shared.errors import NotLoggedIn
from shared.http import UnitDep, service_of

router = APIRouter()

CARRIER = "simulated"


class CarrierReceipt(BaseModel):
    """How one text ended, as carriers report it; numbers and strings are taken for one another, as carriers do."""

    model_config = ConfigDict(
        coerce_numbers_to_str=True,
        json_schema_extra={
            "example": {
                "phone_number": "13800138000",
                "success": True,
                "err_code": "DELIVERED",
                "biz_id": "6",
                "out_id": "0179-…",
            }
        },
    )

    phone_number: str = Field(max_length=32)
    success: bool
    err_code: str = Field(default="", max_length=64)
    biz_id: str = Field(default="", max_length=128)
    out_id: str = Field(default="", max_length=255)


class CarrierReply(BaseModel):
    """What somebody texted back."""

    model_config = ConfigDict(
        coerce_numbers_to_str=True,
        json_schema_extra={
            "example": {"phone_number": "13800138000", "content": "2", "send_time": "2021-05-11 10:00:00", "sequence_id": 7}
        },
    )

    phone_number: str = Field(max_length=32)
    content: str = Field(max_length=1000)
    send_time: str = Field(default="", max_length=64)
    sequence_id: str = Field(default="", max_length=64)


class Taken(BaseModel):
    """The answer after which a carrier stops repeating itself."""

    code: int = 0
    msg: str = "接收成功"


def _carrier(request: Request, x_carrier_token: Annotated[str, Header()] = "") -> None:
    """Let through who knows the token: in a header, or in the path for carriers that can only be given an address."""
    expected = cast(NotifySettings, service_of(request).settings).callback_token
    given = x_carrier_token or str(request.path_params.get("token", ""))
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise NotLoggedIn("This endpoint is for the carrier: send its token.")


@router.post("/carrier/receipts", dependencies=[Depends(_carrier)])
@router.post("/carrier/{token}/receipts", dependencies=[Depends(_carrier)], include_in_schema=False)
def post_receipts(receipts: Annotated[list[CarrierReceipt], Field(max_length=1000)] | CarrierReceipt, unit: UnitDep) -> Taken:
    """Take a batch of receipts, or one."""
    for receipt in receipts if isinstance(receipts, list) else [receipts]:
        take_receipt(
            TakeReceipt(
                carrier=CARRIER,
                out_id=receipt.out_id,
                reference=receipt.biz_id,
                phone=receipt.phone_number,
                arrived=receipt.success,
                code=receipt.err_code,
            ),
            unit,
        )
    return Taken()


@router.post("/carrier/replies", dependencies=[Depends(_carrier)])
@router.post("/carrier/{token}/replies", dependencies=[Depends(_carrier)], include_in_schema=False)
def post_replies(batch: Annotated[list[CarrierReply], Field(max_length=1000)] | CarrierReply, unit: UnitDep) -> Taken:
    """Take a batch of replies, or one."""
    for reply in batch if isinstance(batch, list) else [batch]:
        mark = f"{reply.sequence_id} {reply.send_time}"
        take_reply(TakeReply(carrier=CARRIER, phone=reply.phone_number, words=reply.content, mark=mark), unit)
    return Taken()
