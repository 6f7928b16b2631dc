"""Alibaba Cloud's SMS (dysmsapi 2017-05-25): SendSms, SendBatchSms, QuerySendDetails.

It takes templates only, knows no idempotence, and keeps one OutId per call: batches are as large as our own numbers fit into it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Literal
from uuid import UUID, uuid4

import httpx2
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from services.notify.domain import out_ids
from services.notify.domain.carrier_codes import NO_CONNECTION, Family, family
from services.notify.domain.lengths import SIGNATURE
from services.notify.domain.phones import national
from services.notify.gateways import Accepted, Answer, Found, NotFound, Refused, Text, Unanswered
from services.notify.gateways.acs3 import Call
from services.notify.gateways.batches import Answers, batches, hand_over
from services.notify.gateways.line import NOT_CONNECTED, TIMEOUT, Line
from shared import clock
from shared.clock import SHANGHAI

URL = "https://dysmsapi.aliyuncs.com"
VERSION = "2017-05-25"
MOST_AT_ONCE = 200
OUT_ID = 255
"""The longest OutId; the carrier itself would take a hundred texts in one call."""

PAGE = 50
MIDNIGHT = timedelta(minutes=5)
"""So close to midnight the carrier may have counted a text to the other day."""

STATUS: dict[str, Literal["accepted", "failed", "delivered"]] = {"1": "accepted", "2": "failed", "3": "delivered"}


class _Said(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)

    code: str = Field(alias="Code")
    reference: str = Field(default="", alias="BizId")


class _Detail(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)

    out_id: str = Field(default="", alias="OutId")
    phone: str = Field(default="", alias="PhoneNum")
    status: str = Field(alias="SendStatus")
    code: str = Field(default="", alias="ErrCode")


def _listed(details: object) -> object:
    """The list, which some answers wrap in an object named for its element."""
    return details.get("SmsSendDetailDTO", []) if isinstance(details, dict) else details


class _Details(BaseModel):
    code: str = Field(alias="Code")
    total: int = Field(default=0, alias="TotalCount")
    details: Annotated[list[_Detail], BeforeValidator(_listed)] = Field(default_factory=list, alias="SmsSendDetailDTOs")


class Aliyun:
    """Alibaba Cloud, for the owner of the key."""

    asks = True

    def __init__(
        self, key_id: str, secret: str, *, url: str = URL, timeout: httpx2.Timeout = TIMEOUT, name: str = "aliyun"
    ) -> None:
        self.name = name
        self._key_id, self._secret = key_id, secret
        self._line = Line(url, at_once=MOST_AT_ONCE, timeout=timeout)

    def send(self, texts: Sequence[Text]) -> Iterator[tuple[UUID, Answer]]:
        """As `SmsGateway.send`."""
        made = batches(texts, most=out_ids.fitting(OUT_ID), alike=lambda text: text.code)
        for _, answers in self._line.each([(None, partial(hand_over, self.name, batch, self._send)) for batch in made]):
            yield from answers

    def query(self, out_id: UUID, *, phone: str, sent_at: datetime, reference: str) -> Found | NotFound:
        """As `SmsGateway.query`: the number's texts of that day are looked through for ours."""
        return self._line.run(self._query(out_id, phone, sent_at, reference))

    def close(self) -> None:
        """Let go of the connections."""
        self._line.close()

    async def _send(self, batch: list[Text]) -> Answers:
        out_id = out_ids.packed([text.out_id for text in batch])
        code = batch[0].code
        if len(batch) == 1:
            values = json.dumps(dict(batch[0].values), ensure_ascii=False)
            query = {"PhoneNumbers": batch[0].phone, "SignName": SIGNATURE, "TemplateCode": code, "TemplateParam": values}
            answer = await self._answer("SendSms", query | {"OutId": out_id})
        else:
            query = {
                "PhoneNumberJson": json.dumps([text.phone for text in batch]),
                "SignNameJson": json.dumps([SIGNATURE] * len(batch), ensure_ascii=False),
                "TemplateCode": code,
                "TemplateParamJson": json.dumps([dict(text.values) for text in batch], ensure_ascii=False),
            }
            answer = await self._answer("SendBatchSms", query | {"OutId": out_id})
        return [(text.out_id, answer) for text in batch]

    async def _answer(self, action: str, query: dict[str, str]) -> Answer:
        """What it said to a call that hands over. Only a code that tells why it refused means that nothing went out."""
        try:
            answer = await self._call(action, query)
            said = _Said.model_validate_json(answer.content)
        except NOT_CONNECTED:
            return Refused(NO_CONNECTION)
        except (httpx2.HTTPError, ValidationError):
            return None
        if said.code == "OK":
            return Accepted(said.reference)
        if answer.status_code >= 500 or family(self.name, said.code) is Family.UNSURE:
            return None
        return Refused(said.code)

    async def _query(self, out_id: UUID, phone: str, sent_at: datetime, reference: str) -> Found | NotFound:
        for day in _days(sent_at):
            async for detail in self._details(phone, day, reference):
                if out_id in out_ids.unpacked(detail.out_id) and national(detail.phone or phone) == national(phone):
                    status = STATUS.get(detail.status)
                    if status is None:
                        raise Unanswered(f"status {detail.status}")
                    return Found(reference, status, detail.code if status != "accepted" else "")
        return NotFound()

    async def _details(self, phone: str, day: date, reference: str) -> AsyncIterator[_Detail]:
        """Everything sent to the number on that day, page by page. Raises `Unanswered` when less comes than was promised."""
        query = {"PhoneNumber": phone, "SendDate": f"{day:%Y%m%d}", "PageSize": str(PAGE)} | (
            {"BizId": reference} if reference else {}
        )
        seen, page = 0, 1
        while True:
            try:
                answer = await self._call("QuerySendDetails", query | {"CurrentPage": str(page)})
                found = _Details.model_validate_json(answer.content)
            except (httpx2.HTTPError, ValidationError) as error:
                raise Unanswered(type(error).__name__) from None
            if found.code != "OK":
                raise Unanswered(found.code)
            for detail in found.details:
                yield detail
            seen, page = seen + len(found.details), page + 1
            if seen >= found.total:
                return
            if not found.details:
                raise Unanswered("fewer texts than it counts")

    async def _call(self, action: str, query: dict[str, str]) -> httpx2.Response:
        call = Call(self._line.host, action, VERSION, clock.now(), uuid4().hex, query)
        return await self._line.http.post(f"/?{call.address}", headers=call.headers(self._key_id, self._secret))


def _days(sent_at: datetime) -> list[date]:
    """The carrier's days on which it may have the text."""
    local = sent_at.astimezone(SHANGHAI)
    return sorted({(local + shift).date() for shift in (-MIDNIGHT, timedelta(0), MIDNIGHT)})
