"""A simulated short message centre that speaks SMPP, with its phones: `PORT=8197 SMPP_PORT=2775 python -m infra.simulators.smsc`.

What a gateway such as kannel binds to. Its phones are those of the simulated carrier: /phones and /replies are the same.

Faults: down (no binds, and every line is cut), busy (throttled, nothing taken), refused (no such number, nothing taken), slow
(with "ms" and "most_ms"), cut_after_taking (the line breaks before the answer: the gateway cannot know), receipts_lost,
receipts_doubled (with "times"), receipts_reordered.
The texts to 17000000001, 17000000002 and 17000000003 never arrive.

SMPP_ACCOUNT is `name:password` (`jiamenkou:demo`); JIAMENKOU_RECEIPT_DELAY and JIAMENKOU_CARRIER_LOG are as for that carrier.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette

from infra.simulators import smpp
from infra.simulators.carrier import log_from
from infra.simulators.desk import answer_invalid, fault_routes, phone_routes
from infra.simulators.faults import Faults
from infra.simulators.phones import Phones, Text, status
from infra.simulators.smpp import Packet, ShortMessage
from shared import clock
from shared.clock import SHANGHAI

FAULTS = (
    "down",
    "busy",
    "refused",
    "slow",
    "cut_after_taking",
    "receipts_lost",
    "receipts_doubled",
    "receipts_reordered",
)
LOOK = 0.05
PATIENCE = 5.0
AT_ONCE = 20


@dataclass(eq=False)
class Line:
    """One bound gateway."""

    writer: asyncio.StreamWriter
    receives: bool = False
    answers: dict[int, asyncio.Future[int]] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def say(self, packet: Packet) -> None:
        """Send a packet."""
        self.writer.write(packet.encoded())

    async def deliver(self, message: ShortMessage) -> bool:
        """Hand something over to the gateway; True when it says that it has it."""
        number = next(self.numbers)
        self.answers[number] = answer = asyncio.get_running_loop().create_future()
        self.say(Packet(smpp.DELIVER_SM, number, body=message.encoded()))
        try:
            said: int = await asyncio.wait_for(answer, PATIENCE)
        except TimeoutError:
            return False
        else:
            return said == smpp.OK
        finally:
            self.answers.pop(number, None)


@dataclass
class Owed:
    """Something a gateway is to be told."""

    due: float
    message: ShortMessage


class Centre:
    """The centre: takes short messages, puts long texts together, and tells how they ended until it is heard."""

    def __init__(self, phones: Phones, faults: Faults, *, account: str, delay: float) -> None:
        self.phones, self.faults = phones, faults
        self._account, self._delay = tuple(account.split(":", 1)), delay
        self._lines: set[Line] = set()
        self._parts: dict[tuple[str, str, int], dict[int, ShortMessage]] = {}
        self._senders: dict[str, str] = {}
        self._owed: list[Owed] = []
        self._references = itertools.count(secrets.randbelow(10**9) * 1000)

    def app(self, port: int) -> Starlette:
        """The centre's desk over HTTP; it listens for gateways on `port` as long as that runs."""

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            self._loop = asyncio.get_running_loop()
            server = await asyncio.start_server(self._talk, "127.0.0.1", port)
            telling = asyncio.create_task(self._tell())
            yield
            telling.cancel()
            server.close()
            self._cut()

        routes = [*phone_routes(self.phones, self._forward), *fault_routes(self.faults)]
        return Starlette(routes=routes, lifespan=lifespan, exception_handlers={ValidationError: answer_invalid})

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(writer)
        try:
            while True:
                packet = await smpp.read_packet(reader)
                if self.faults.strikes("down"):
                    break
                if not await self._hear(line, packet):
                    break
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ValueError, IndexError):
            pass
        finally:
            self._lines.discard(line)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _hear(self, line: Line, packet: Packet) -> bool:
        """Act on one packet; False to cut the line."""
        match packet.command:
            case smpp.BIND_RECEIVER | smpp.BIND_TRANSMITTER | smpp.BIND_TRANSCEIVER:
                known = smpp.read_credentials(packet.body) == self._account
                line.say(packet.answer(smpp.OK if known else smpp.BIND_FAILED, b"jiamenkou\0"))
                line.receives = packet.command != smpp.BIND_TRANSMITTER
                if known:
                    self._lines.add(line)
                return known
            case smpp.SUBMIT_SM if line in self._lines:
                return await self._take(line, packet)
            case smpp.ENQUIRE_LINK:
                line.say(packet.answer())
            case smpp.UNBIND:
                line.say(packet.answer())
                return False
            case command if command & smpp.RESPONSE:
                if (answer := line.answers.get(packet.sequence)) is not None and not answer.done():
                    answer.set_result(packet.status)
            case _:
                line.say(Packet(smpp.GENERIC_NACK, packet.sequence, smpp.INVALID_COMMAND))
        return True

    async def _take(self, line: Line, packet: Packet) -> bool:
        if self.faults.strikes("slow"):
            await asyncio.sleep(self.faults.ms("slow") / 1000)
        for fault, code in (("busy", smpp.THROTTLED), ("refused", smpp.INVALID_DESTINATION)):
            if self.faults.strikes(fault):
                line.say(packet.answer(code))
                return True
        message = smpp.read_message(packet.body)
        if len(message.payload) > smpp.ONE_PART:
            line.say(packet.answer(smpp.INVALID_LENGTH))
            return True
        reference = str(next(self._references))
        self._gather(message, reference)
        if self.faults.strikes("cut_after_taking"):
            return False
        line.say(packet.answer(body=reference.encode() + b"\0"))
        return True

    def _gather(self, message: ShortMessage, reference: str) -> None:
        """Put the parts of a text together: it is on the phone when the last has come. Parts that ask for a receipt get one."""
        phone = message.destination.lstrip("+").removeprefix("86")
        part = message.part
        self._senders[phone] = message.source
        key = (message.source, phone, part.group)
        known = self._parts.setdefault(key, {})
        known[part.number] = message
        if message.wants_receipt:
            self._report(message, reference)
        if len(known) == part.parts:
            del self._parts[key]
            self.phones.take(reference, phone, "".join(known[number].text for number in sorted(known)))

    def _report(self, message: ShortMessage, reference: str) -> None:
        if self.faults.strikes("receipts_lost"):
            return
        ended, code = status(message.destination.lstrip("+").removeprefix("86"))
        at = clock.now().astimezone(SHANGHAI)
        said = smpp.receipt(reference, message.destination, message.source, at=at, arrived=ended == "delivered", code=code)
        delay = self._delay * random.uniform(1, 4) if self.faults.strikes("receipts_reordered") else self._delay
        more = self.faults.times("receipts_doubled") if self.faults.strikes("receipts_doubled") else 0
        for number in range(1 + more):
            self._owe(said, delay * (1 + number))

    def _forward(self, typed: Text) -> None:
        """Pass on what was typed on a phone; called from the desk, whose loop is the centre's."""
        for message in smpp.short_messages(typed.phone, self._senders.get(typed.phone, ""), typed.text):
            self._owe(message, 0.0)

    def _owe(self, message: ShortMessage, delay: float) -> None:
        self._owed.append(Owed(self._loop.time() + delay, message))

    async def _tell(self) -> None:
        """Tell what is due to whoever is bound, and again until it is heard."""
        while True:
            await asyncio.sleep(LOOK)
            if self.faults.strikes("down"):
                self._cut()
            line = next((line for line in self._lines if line.receives), None)
            due = [owed for owed in self._owed if owed.due <= self._loop.time()][:AT_ONCE]
            if line is None or not due:
                continue
            heard = await asyncio.gather(*(line.deliver(owed.message) for owed in due))
            for owed, is_heard in zip(due, heard, strict=True):
                if is_heard:
                    self._owed.remove(owed)
                else:
                    owed.due = self._loop.time() + 1

    def _cut(self) -> None:
        for line in tuple(self._lines):
            line.writer.close()
        self._lines.clear()


def centre_from(environment: Callable[[str, str], str]) -> Centre:
    """The centre that the environment describes."""
    return Centre(
        Phones(log_from(environment)),
        Faults(FAULTS),
        account=environment("SMPP_ACCOUNT", "jiamenkou:demo"),
        delay=float(environment("JIAMENKOU_RECEIPT_DELAY", "0.5")),
    )


def main() -> None:
    """Serve the desk on $PORT and gateways on $SMPP_PORT."""
    if simulated := os.environ.get("JIAMENKOU_CLOCK"):
        clock.simulate(Path(simulated))
    uvicorn.run(
        centre_from(os.environ.get).app(int(os.environ["SMPP_PORT"])),
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
