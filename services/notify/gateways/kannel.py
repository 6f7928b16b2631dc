"""Kannel: a gateway on this machine that passes texts on to a carrier over SMPP.

It keeps a text on disk before it says that it has it, so "queued" is as good as "accepted"; its own numbers for texts it does not
tell, and it cannot be asked about one. Receipts and replies come to …/carrier/kannel/…; see README.md beside this file.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from urllib.parse import quote
from uuid import UUID

import httpx2

from services.notify.domain.carrier_codes import NO_CONNECTION
from services.notify.domain.lengths import signed
from services.notify.gateways import Accepted, Answer, Found, NotFound, Refused, Text, Unanswered
from services.notify.gateways.line import NOT_CONNECTED, TIMEOUT, Line

MOST_AT_ONCE = 50
USER = "notify"
DELIVERED, FAILED, TAKEN_BY_CARRIER, REJECTED = 1, 2, 8, 16
WANTED = DELIVERED | FAILED | REJECTED
TAKEN = ("0:", "3:")
"""How the answers begin that mean "has it": accepted for delivery, queued for later delivery."""


class Kannel:
    """Kannel's sendsms over HTTP. `callbacks` is where it is to report, down to the token."""

    asks = False

    def __init__(
        self, url: str, password: str, callbacks: str, timeout: httpx2.Timeout = TIMEOUT, *, name: str = "kannel"
    ) -> None:
        self.name = name
        self._password, self._callbacks = password, callbacks
        self._line = Line(url, at_once=MOST_AT_ONCE, timeout=timeout)

    def send(self, texts: Sequence[Text]) -> Iterator[tuple[UUID, Answer]]:
        """As `SmsGateway.send`."""
        calls: list[tuple[UUID, Callable[[], Awaitable[Answer]]]] = [(text.out_id, partial(self._send, text)) for text in texts]
        return self._line.each(calls)

    def query(self, out_id: UUID, *, phone: str, sent_at: datetime, reference: str) -> Found | NotFound:  # noqa: ARG002
        """As `SmsGateway.query`: there is nobody to ask."""
        raise Unanswered("kannel cannot be asked")

    def close(self) -> None:
        """Let go of the connections."""
        self._line.close()

    async def _send(self, text: Text) -> Answer:
        """Only a body that says so means that it has the text; an answer of the 400s or 503 says that it has not."""
        try:
            answer = await self._line.http.post(
                "/cgi-bin/sendsms", headers=self._headers(text), content=signed(text.text).encode()
            )
        except NOT_CONNECTED:
            return Refused(NO_CONNECTION)
        except httpx2.HTTPError:
            return None
        if answer.status_code == 202 and answer.text.startswith(TAKEN):
            return Accepted("")
        if answer.status_code == 503 or 400 <= answer.status_code < 500:
            return Refused(str(answer.status_code))
        return None

    def _headers(self, text: Text) -> dict[str, str]:
        """The number stands in a header and the words in the body, since addresses get into logs.

        Kannel fills in the `%` fields when it reports: what it keeps meanwhile is our number for the text.
        """
        receipt = f"{self._callbacks}/receipts?id={text.out_id}&type=%d&phone=%p&said=%A"
        return {
            "X-Kannel-Username": USER,
            "X-Kannel-Password": self._password,
            "X-Kannel-To": text.phone,
            "X-Kannel-Coding": "2",
            "X-Kannel-DLR-Mask": str(WANTED),
            "X-Kannel-DLR-Url": receipt,
            "Content-Type": "text/plain; charset=UTF-8",
        }


def callbacks(origin: str, token: str) -> str:
    """Where kannel is to report, for notify served under `origin`."""
    return f"{origin.rstrip('/')}/notify/api/carrier/kannel/{quote(token, safe='')}"
