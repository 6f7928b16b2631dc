"""Tencent Cloud's SMS (2021-01-11): SendSms, PullSmsSendStatusByPhoneNumber.

It takes templates only, one set of values per call, and keeps one SessionContext per call: a batch is texts that say the same, as
many as our own numbers fit into it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx2
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.notify.domain import out_ids
from services.notify.domain.carrier_codes import NO_CONNECTION, Family, family
from services.notify.domain.lengths import SIGNATURE
from services.notify.domain.phones import national
from services.notify.gateways import Accepted, Answer, Found, NotFound, Refused, Text, Unanswered, tc3
from services.notify.gateways.batches import Answers, batches, hand_over
from services.notify.gateways.line import NOT_CONNECTED, TIMEOUT, Line
from shared import clock

URL = "https://sms.tencentcloudapi.com"
VERSION, REGION = "2021-01-11", "ap-guangzhou"
MOST_AT_ONCE = 200
SESSION_CONTEXT = 511
"""The longest SessionContext; the carrier itself would take two hundred numbers in one call."""

BEFORE, AFTER = timedelta(minutes=5), timedelta(days=3)
"""How far around its hand-over the end of a text is looked for."""

PAGE = 100


class _Status(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)

    phone: str = Field(default="", alias="PhoneNumber")
    reference: str = Field(default="", alias="SerialNo")
    context: str = Field(default="", alias="SessionContext")
    code: str = Field(default="", alias="Code")
    ended: str = Field(default="", alias="ReportStatus")
    description: str = Field(default="", alias="Description")


class _Error(BaseModel):
    code: str = Field(alias="Code")


class _Response(BaseModel):
    error: _Error | None = Field(default=None, alias="Error")
    sent: list[_Status] = Field(default_factory=list, alias="SendStatusSet")
    ended: list[_Status] = Field(default_factory=list, alias="PullSmsSendStatusSet")


class _Said(BaseModel):
    response: _Response = Field(alias="Response")


class Tencent:
    """Tencent Cloud, for the owner of the key and the application."""

    asks = True

    def __init__(
        self,
        secret_id: str,
        secret_key: str,
        app_id: str,
        *,
        url: str = URL,
        timeout: httpx2.Timeout = TIMEOUT,
        name: str = "tencent",
    ) -> None:
        self.name = name
        self._secret_id, self._secret_key, self._app_id = secret_id, secret_key, app_id
        self._line = Line(url, at_once=MOST_AT_ONCE, timeout=timeout)

    def send(self, texts: Sequence[Text]) -> Iterator[tuple[UUID, Answer]]:
        """As `SmsGateway.send`."""
        made = batches(texts, most=out_ids.fitting(SESSION_CONTEXT), alike=lambda text: (text.code, tuple(text.values.values())))
        for _, answers in self._line.each([(None, partial(hand_over, self.name, batch, self._send)) for batch in made]):
            yield from answers

    def query(self, out_id: UUID, *, phone: str, sent_at: datetime, reference: str) -> Found | NotFound:
        """As `SmsGateway.query`, but it lists only texts that have ended: one that it does not list may be under way."""
        return self._line.run(self._query(out_id, phone, sent_at, reference))

    def close(self) -> None:
        """Let go of the connections."""
        self._line.close()

    async def _send(self, batch: list[Text]) -> Answers:
        body = {
            "PhoneNumberSet": [f"+86{text.phone}" for text in batch],
            "SmsSdkAppId": self._app_id,
            "SignName": SIGNATURE,
            "TemplateId": batch[0].code,
            "TemplateParamSet": list(batch[0].values.values()),
            "SessionContext": out_ids.packed([text.out_id for text in batch]),
        }
        try:
            answer = await self._call("SendSms", body)
            said = _Said.model_validate_json(answer.content).response
        except NOT_CONNECTED:
            return [(text.out_id, Refused(NO_CONNECTION)) for text in batch]
        except (httpx2.HTTPError, ValidationError):
            return [(text.out_id, None) for text in batch]
        if said.error is not None:
            return [(text.out_id, self._refused(said.error.code)) for text in batch]
        by_number = {national(status.phone): status for status in said.sent}
        return [(text.out_id, self._read(by_number.get(national(text.phone)))) for text in batch]

    def _read(self, status: _Status | None) -> Answer:
        """What it said of one number; one it does not speak of may have got its text."""
        if status is None:
            return None
        return Accepted(status.reference) if status.code == "Ok" else self._refused(status.code)

    def _refused(self, code: str) -> Answer:
        return None if family(self.name, code) is Family.UNSURE else Refused(code)

    async def _query(self, out_id: UUID, phone: str, sent_at: datetime, reference: str) -> Found | NotFound:
        body = {
            "BeginTime": int((sent_at - BEFORE).timestamp()),
            "EndTime": int((sent_at + AFTER).timestamp()),
            "Offset": 0,
            "Limit": PAGE,
            "PhoneNumber": f"+86{phone}",
            "SmsSdkAppId": self._app_id,
        }
        try:
            answer = await self._call("PullSmsSendStatusByPhoneNumber", body)
            said = _Said.model_validate_json(answer.content).response
        except (httpx2.HTTPError, ValidationError) as error:
            raise Unanswered(type(error).__name__) from None
        if said.error is not None:
            raise Unanswered(said.error.code)
        for status in said.ended:
            if (reference and status.reference == reference) or out_id in out_ids.unpacked(status.context):
                arrived = status.ended == "SUCCESS"
                return Found(status.reference, "delivered" if arrived else "failed", status.description)
        raise Unanswered("not ended, or never sent")

    async def _call(self, action: str, body: dict[str, Any]) -> httpx2.Response:
        content, now = json.dumps(body, ensure_ascii=False).encode(), clock.now()
        host = self._line.host
        signed = tc3.authorization(host=host, body=content, at=now, secret_id=self._secret_id, secret_key=self._secret_key)
        headers = {
            "Host": host,
            "Content-Type": tc3.CONTENT_TYPE,
            "Authorization": signed,
            "X-TC-Action": action,
            "X-TC-Version": VERSION,
            "X-TC-Region": REGION,
            "X-TC-Timestamp": str(int(now.timestamp())),
        }
        return await self._line.http.post("/", headers=headers, content=content)
