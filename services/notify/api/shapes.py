"""What carriers say when they call back, each in its own manner, read as the one thing that notify understands.

Numbers and strings are taken for one another and unknown fields are passed over, as carriers change both without notice.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.notify.features.take_receipt import TakeReceipt
from services.notify.features.take_reply import TakeReply

DELIVERED = "1"
"""Kannel's number for "on the phone"; 2 is failed, 16 refused by the carrier."""

_STATUS = re.compile(r"stat:(\S+)")
_REFUSED = re.compile(r"0x[0-9a-fA-F]+")


class _Shape(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True, populate_by_name=True)


class AliyunReceipt(_Shape):
    """How one text ended, as Alibaba Cloud reports it (SmsReport), and the simulated carrier too."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "phone_number": "13800138000",
                "send_time": "2021-05-11 10:00:00",
                "report_time": "2021-05-11 10:00:03",
                "success": True,
                "err_code": "DELIVERED",
                "err_msg": "用户接收成功",
                "sms_size": "1",
                "biz_id": "134523^4351232",
                "out_id": "01796aa5-0c00-7000-8000-000000000001",
            }
        },
    )

    phone_number: str = Field(max_length=32)
    success: bool
    err_code: str = Field(default="", max_length=64)
    biz_id: str = Field(default="", max_length=128)
    out_id: str = Field(default="", max_length=255)

    def read(self, carrier: str) -> TakeReceipt:
        """As notify understands it."""
        return TakeReceipt(
            carrier=carrier,
            out_id=self.out_id,
            reference=self.biz_id,
            phone=self.phone_number,
            arrived=self.success,
            code=self.err_code,
        )


class AliyunReply(_Shape):
    """What somebody texted back, as Alibaba Cloud passes it on (SmsUp), and the simulated carrier too."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"phone_number": "13800138000", "content": "2", "send_time": "2021-05-11 10:00:00", "sequence_id": 7}
        },
    )

    phone_number: str = Field(max_length=32)
    content: str = Field(max_length=1000)
    send_time: str = Field(default="", max_length=64)
    sequence_id: str = Field(default="", max_length=64)

    def read(self, carrier: str) -> TakeReply:
        """As notify understands it; its number is that of the reply, not of the text it answers."""
        mark = f"{self.sequence_id} {self.send_time}"
        return TakeReply(carrier=carrier, phone=self.phone_number, words=self.content, mark=mark)


class TencentReceipt(_Shape):
    """How one text ended, as Tencent Cloud reports it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "user_receive_time": "2021-05-11 10:00:03",
                "nationcode": "86",
                "mobile": "13800138000",
                "report_status": "SUCCESS",
                "errmsg": "DELIVRD",
                "description": "用户短信送达成功",
                "sid": "2019:1234567890",
            }
        },
    )

    mobile: str = Field(max_length=32)
    report_status: Literal["SUCCESS", "FAIL"]
    errmsg: str = Field(default="", max_length=64)
    sid: str = Field(default="", max_length=128)
    ext: str = Field(default="", max_length=512)

    def read(self, carrier: str) -> TakeReceipt:
        """As notify understands it; the text is found by the carrier's number for it where ours is not sent along."""
        return TakeReceipt(
            carrier=carrier,
            out_id=self.ext,
            reference=self.sid,
            phone=self.mobile,
            arrived=self.report_status == "SUCCESS",
            code=self.errmsg,
        )


class TencentReply(_Shape):
    """What somebody texted back, as Tencent Cloud passes it on."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "extend": "0",
                "mobile": "13800138000",
                "nationcode": "86",
                "sign": "老西门街道",
                "text": "2",
                "time": 1620698400,
            }
        },
    )

    mobile: str = Field(max_length=32)
    text: str = Field(max_length=1000)
    time: str = Field(default="", max_length=64)
    extend: str = Field(default="", max_length=64)

    def read(self, carrier: str) -> TakeReply:
        """As notify understands it."""
        return TakeReply(carrier=carrier, phone=self.mobile, words=self.text, mark=f"{self.time} {self.extend}")


class KannelReceipt(_Shape):
    """How one text ended, as kannel says in the address it was given with the text."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "01796aa5-0c00-7000-8000-000000000001",
                "type": "1",
                "phone": "13800138000",
                "said": "id:77 sub:001 dlvrd:001 submit date:2105111000 done date:2105111000 stat:DELIVRD err:000 text:",
            }
        },
    )

    id: str = Field(max_length=64)
    type: Literal["1", "2", "16"]
    phone: str = Field(default="", max_length=32)
    said: str = Field(default="", max_length=1000)

    def read(self, carrier: str) -> TakeReceipt:
        """As notify understands it: of what the carrier said, the status of the receipt or the number of the refusal."""
        found = _STATUS.search(self.said) or _REFUSED.search(self.said)
        return TakeReceipt(
            carrier=carrier,
            out_id=self.id,
            reference="",
            phone=self.phone,
            arrived=self.type == DELIVERED,
            code=found.group(found.lastindex or 0)[:64] if found else "",
        )


class KannelReply(_Shape):
    """What somebody texted back, as kannel says in the address of its configuration."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"phone": "13800138000", "words": "2", "at": "2021-05-11 02:00:00", "mark": "4cebda23-ded0"}
        },
    )

    phone: str = Field(max_length=32)
    words: str = Field(default="", max_length=1000)
    at: str = Field(default="", max_length=64)
    mark: str = Field(default="", max_length=64)

    def read(self, carrier: str) -> TakeReply:
        """As notify understands it. Kannel numbers and dates each delivery anew, so that nothing of it tells two apart."""
        return TakeReply(carrier=carrier, phone=self.phone, words=self.words, mark="")
