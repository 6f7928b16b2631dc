"""The SMS interfaces of Alibaba Cloud and Tencent Cloud, played: `PORT=8196 python -m infra.simulators.clouds`.

Both on one address, told apart by their headers. Each call's signature is worked out anew from what arrived on the line. Texts
come onto phones as at the simulated carrier (/phones, /replies, /faults), rendered as template code and values.

Keys: AKID / SECRET (Alibaba Cloud), AKID / SECRET and application 1400000000 (Tencent Cloud).
Faults: down (503), busy, out_of_money, unsure (the cloud's own error), accept_then_500, one_is_wrong (a call that carries several
is refused), hidden (the look-up counts texts and shows none).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.simulators.desk import fault_routes, phone_routes
from infra.simulators.faults import Faults
from infra.simulators.phones import Phones, Text, status
from shared.clock import SHANGHAI

KEY_ID, SECRET, APP_ID = "AKID", "SECRET", "1400000000"
FAULTS = ("down", "busy", "out_of_money", "unsure", "accept_then_500", "hidden", "one_is_wrong")

Said = tuple[int, dict[str, Any]]


class Clouds:
    """Both clouds, with one set of phones."""

    def __init__(self) -> None:
        self.phones, self.faults = Phones(), Faults(FAULTS)
        self._contexts: dict[str, str] = {}
        self.calls: list[str] = []

    def app(self) -> Starlette:
        """The application."""
        routes = [
            Route("/", self.call, methods=["POST"]),
            *phone_routes(self.phones, lambda _: None),
            *fault_routes(self.faults),
        ]
        return Starlette(routes=routes)

    async def call(self, request: Request) -> Response:
        """One call of either."""
        body = await request.body()
        aliyun = "x-acs-action" in request.headers
        action = request.headers["x-acs-action" if aliyun else "x-tc-action"]
        self.calls.append(action)
        if self.faults.strikes("down"):
            return Response(status_code=503)
        code, said = self._aliyun(action, request) if aliyun else self._tencent(action, request, body)
        if action.startswith("Send") and self.faults.strikes("accept_then_500"):
            return Response(status_code=500)
        return JSONResponse(said, status_code=code)

    def _aliyun(self, action: str, request: Request) -> Said:
        if request.headers.get("authorization") != signed_by_aliyun(request, SECRET):
            return 400, {"Code": "SignatureDoesNotMatch", "Message": "", "RequestId": "R"}
        query = dict(request.query_params)
        if action == "QuerySendDetails":
            return 200, self._details(query)
        for fault, code in (
            ("busy", "isv.BUSINESS_LIMIT_CONTROL"),
            ("out_of_money", "isv.AMOUNT_NOT_ENOUGH"),
            ("unsure", "isp.SYSTEM_ERROR"),
        ):
            if self.faults.strikes(fault):
                return 200, {"Code": code, "Message": "", "RequestId": "R"}
        if action == "SendBatchSms":
            if self.faults.strikes("one_is_wrong"):
                return 200, {"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": "", "RequestId": "R"}
            phones, values = json.loads(query["PhoneNumberJson"]), json.loads(query["TemplateParamJson"])
            if not len(phones) == len(values) == len(json.loads(query["SignNameJson"])) <= 100:
                return 200, {"Code": "isv.INVALID_PARAMETERS", "Message": "", "RequestId": "R"}
        else:
            phones, values = query["PhoneNumbers"].split(","), [json.loads(query["TemplateParam"])]
        reference = f"{uuid4().int % 10**12}^0"
        for phone, filled in zip(phones, values, strict=True):
            self._take(query["OutId"], reference, phone, query["TemplateCode"], filled.values())
        return 200, {"Code": "OK", "Message": "OK", "BizId": reference, "RequestId": "R"}

    def _details(self, query: dict[str, str]) -> dict[str, Any]:
        """Newest last, two on a page however many were asked for, and numbers as numbers where they were strings."""
        day, page = query["SendDate"], int(query["CurrentPage"])
        found = [text for text in self._on(query["PhoneNumber"]) if f"{text.at.astimezone(SHANGHAI):%Y%m%d}" == day]
        shown = [
            {
                "PhoneNum": int(text.phone),
                "SendStatus": 3 if status(text.phone)[0] == "delivered" else 2,
                "ErrCode": status(text.phone)[1],
                "OutId": self._contexts[text.out_id],
                "Content": text.text,
                "SendDate": "2021-05-10 09:00:00",
            }
            for text in ([] if self.faults.strikes("hidden") else found[2 * page - 2 : 2 * page])
        ]
        return {
            "Code": "OK",
            "TotalCount": len(found),
            "SmsSendDetailDTOs": {"SmsSendDetailDTO": shown},
        }

    def _tencent(self, action: str, request: Request, body: bytes) -> Said:
        if request.headers.get("authorization") != signed_by_tencent(request, body, SECRET):
            return 200, _error("AuthFailure.SignatureFailure")
        asked = json.loads(body)
        if asked["SmsSdkAppId"] != APP_ID:
            return 200, _error("InvalidParameterValue.SdkAppIdNotExist")
        if action == "PullSmsSendStatusByPhoneNumber":
            found = self._on(asked["PhoneNumber"].removeprefix("+86"))
            return 200, {"Response": {"PullSmsSendStatusSet": [self._ended(text) for text in found], "RequestId": "R"}}
        if self.faults.strikes("unsure"):
            return 200, _error("InternalError.Timeout")
        if self.faults.strikes("busy"):
            return 200, _error("RequestLimitExceeded")
        return 200, {"Response": {"SendStatusSet": [self._sent(number, asked) for number in asked["PhoneNumberSet"]]}}

    def _sent(self, number: str, asked: dict[str, Any]) -> dict[str, Any]:
        if self.faults.strikes("out_of_money"):
            code, reference = "FailedOperation.InsufficientBalanceInSmsPackage", ""
        else:
            code, reference = "Ok", f"2640:{uuid4().int % 10**18}"
            phone = number.removeprefix("+86")
            self._take(asked["SessionContext"], reference, phone, asked["TemplateId"], asked["TemplateParamSet"])
        return {"SerialNo": reference, "PhoneNumber": number, "Fee": 1, "SessionContext": "", "Code": code, "IsoCode": "CN"}

    def _ended(self, text: Text) -> dict[str, Any]:
        ended, code = status(text.phone)
        return {
            "UserReceiveTime": 1620734188,
            "CountryCode": "86",
            "SubscriberNumber": text.phone,
            "PhoneNumber": f"+86{text.phone}",
            "SerialNo": text.out_id.partition(" ")[0],
            "ReportStatus": "SUCCESS" if ended == "delivered" else "FAIL",
            "Description": code,
            "SessionContext": self._contexts[text.out_id],
        }

    def _take(self, context: str, reference: str, phone: str, code: str, values: Iterable[str]) -> None:
        """Every call is new texts: a cloud does not recognise a repeated one."""
        key = f"{reference} {phone}"
        self._contexts[key] = context
        self.phones.take(key, phone, " ".join([code, *values]))

    def _on(self, phone: str) -> list[Text]:
        return [text for text in self.phones.every() if text.phone == phone]


def _error(code: str) -> dict[str, Any]:
    return {"Response": {"Error": {"Code": code, "Message": ""}, "RequestId": "R"}}


def signed_by_aliyun(request: Request, secret: str) -> str:
    """The Authorization header that such a request must have; the parameters are signed in the order of their names."""
    named = request.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    query = "&".join(sorted(request.url.query.split("&")))
    lines = [f"{name}:{request.headers[name].strip()}\n" for name in named]
    hashed = request.headers["x-acs-content-sha256"]
    canonical = f"{request.method}\n{request.url.path}\n{query}\n{''.join(lines)}\n{';'.join(named)}\n{hashed}"
    said = b"ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest().encode()
    signature = hmac.digest(secret.encode(), said, "sha256").hex()
    return f"ACS3-HMAC-SHA256 Credential={KEY_ID},SignedHeaders={';'.join(named)},Signature={signature}"


def signed_by_tencent(request: Request, body: bytes, secret: str) -> str:
    """The Authorization header that such a request must have."""
    at = request.headers["x-tc-timestamp"]
    day = datetime.fromtimestamp(int(at), UTC).date().isoformat()
    service = request.headers["host"].split(".")[0]
    lines = f"content-type:{request.headers['content-type']}\nhost:{request.headers['host']}\n"
    canonical = f"POST\n/\n\n{lines}\ncontent-type;host\n{hashlib.sha256(body).hexdigest()}"
    said = f"TC3-HMAC-SHA256\n{at}\n{day}/{service}/tc3_request\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    day_key = hmac.digest(b"TC3" + secret.encode(), day.encode(), "sha256")
    key = hmac.digest(hmac.digest(day_key, service.encode(), "sha256"), b"tc3_request", "sha256")
    credential = f"{KEY_ID}/{day}/{service}/tc3_request"
    signature = hmac.digest(key, said.encode(), "sha256").hex()
    return f"TC3-HMAC-SHA256 Credential={credential}, SignedHeaders=content-type;host, Signature={signature}"


def main() -> None:
    """Serve both on $PORT."""
    port = int(os.environ["PORT"])
    uvicorn.run(Clouds().app(), host="127.0.0.1", port=port, access_log=False, log_level="warning", timeout_graceful_shutdown=1)


if __name__ == "__main__":
    main()
