"""The small part of SMPP 3.4 that a centre needs: packets, short messages, the parts of a long text, and delivery receipts.

Field names and numbers are those of the SMPP Protocol Specification v3.4, chapters 3 to 5.
"""

from __future__ import annotations

import asyncio
import secrets
import struct
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER = 0x01, 0x02, 0x09
SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK = 0x04, 0x05, 0x06, 0x15
GENERIC_NACK, RESPONSE = 0x80000000, 0x80000000
OK, INVALID_LENGTH, INVALID_COMMAND, INVALID_DESTINATION, BIND_FAILED, THROTTLED = 0x00, 0x01, 0x03, 0x0B, 0x0D, 0x58

UCS2, DEFAULT_ALPHABET = 8, 0
HAS_HEADER, IS_RECEIPT = 0x40, 0x04
MESSAGE_PAYLOAD = 0x0424
CONCATENATED = (0x00, 0x03)
_HEAD = struct.Struct(">IIII")
LARGEST = 64 * 1024
ONE_PART, OF_SEVERAL = 140, 134
"""Bytes of a text in UCS-2 that fit into a short message alone, and beside the six of a part's header."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet, either way."""

    command: int
    sequence: int
    status: int = OK
    body: bytes = b""

    def encoded(self) -> bytes:
        """As it goes over the line."""
        return _HEAD.pack(_HEAD.size + len(self.body), self.command, self.status, self.sequence) + self.body

    def answer(self, status: int = OK, body: bytes = b"") -> Packet:
        """The response to it."""
        return Packet(self.command | RESPONSE, self.sequence, status, body)


async def read_packet(reader: asyncio.StreamReader) -> Packet:
    """The next packet. Raises `IncompleteReadError` at the end of the line, ValueError for what is no packet."""
    length, command, status, sequence = _HEAD.unpack(await reader.readexactly(_HEAD.size))
    if not _HEAD.size <= length <= LARGEST:
        raise ValueError(f"a packet of {length} bytes")
    return Packet(command, sequence, status, await reader.readexactly(length - _HEAD.size))


class Part(NamedTuple):
    """Which part of which long text a short message is: `number` of `parts`."""

    group: int
    parts: int
    number: int


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """The body of a submit_sm or deliver_sm, as far as a centre of ours reads and writes it."""

    source: str
    destination: str
    payload: bytes
    kind: int = 0
    coding: int = UCS2
    wants_receipt: bool = False

    @property
    def part(self) -> Part:
        """Its place in a long text; a text of one part is the first of one."""
        header = self._header
        while len(header) >= 2:
            name, size = header[0], header[1]
            if (name, size) == CONCATENATED and len(header) >= 5:
                return Part(header[2], header[3], header[4])
            header = header[2 + size :]
        return Part(0, 1, 1)

    @property
    def text(self) -> str:
        """Its words, without the header."""
        words = self.payload[len(self._header) + 1 :] if self.kind & HAS_HEADER else self.payload
        return words.decode("utf-16-be" if self.coding == UCS2 else "latin-1", errors="replace")

    @property
    def _header(self) -> bytes:
        return self.payload[1 : 1 + self.payload[0]] if self.kind & HAS_HEADER and self.payload else b""

    def encoded(self) -> bytes:
        """As the body of a packet."""
        return b"".join(
            (
                b"\0",  # service_type
                b"\1\1" + self.source.encode() + b"\0",
                b"\1\1" + self.destination.encode() + b"\0",
                bytes((self.kind, 0, 0)),  # esm_class, protocol_id, priority_flag
                b"\0\0",  # schedule_delivery_time, validity_period
                bytes((int(self.wants_receipt), 0, self.coding, 0, len(self.payload))),
                self.payload,
            )
        )


def read_message(body: bytes) -> ShortMessage:
    """Read the body of a submit_sm or deliver_sm. ValueError or IndexError for what is none."""
    fields = _Fields(body)
    fields.string()  # service_type
    fields.octets(2)
    source = fields.string()
    fields.octets(2)
    destination = fields.string()
    kind = fields.octets(3)[0]
    fields.string()  # schedule_delivery_time
    fields.string()  # validity_period
    registered, _, coding, _, size = fields.octets(5)
    payload = fields.octets(size)
    for tag, value in fields.optional():
        if tag == MESSAGE_PAYLOAD:
            payload = value
    return ShortMessage(source, destination, payload, kind, coding, bool(registered & 1))


def short_messages(source: str, destination: str, words: str) -> list[ShortMessage]:
    """The short messages a text takes: one, or parts that name their group and place."""
    units = words.encode("utf-16-be")
    if len(units) <= ONE_PART:
        return [ShortMessage(source, destination, units)]
    pieces = [units[start : start + OF_SEVERAL] for start in range(0, len(units), OF_SEVERAL)]
    group = secrets.randbelow(256)
    return [
        ShortMessage(source, destination, bytes((5, *CONCATENATED, group, len(pieces), number)) + piece, HAS_HEADER)
        for number, piece in enumerate(pieces, start=1)
    ]


def read_credentials(body: bytes) -> tuple[str, str]:
    """Name and password of a bind."""
    fields = _Fields(body)
    return fields.string(), fields.string()


def receipt(reference: str, source: str, destination: str, *, at: datetime, arrived: bool, code: str) -> ShortMessage:
    """A delivery receipt in the words of the specification's appendix B."""
    when = at.strftime("%y%m%d%H%M")
    status = code[:7].upper() if not arrived else "DELIVRD"
    words = f"id:{reference} sub:001 dlvrd:{int(arrived):03} submit date:{when} done date:{when} stat:{status} err:000 text:"
    return ShortMessage(source, destination, words.encode("ascii"), IS_RECEIPT, DEFAULT_ALPHABET)


class _Fields:
    def __init__(self, body: bytes) -> None:
        self._rest = body

    def string(self) -> str:
        end = self._rest.index(b"\0")
        found, self._rest = self._rest[:end], self._rest[end + 1 :]
        return found.decode("latin-1")

    def octets(self, count: int) -> bytes:
        if len(self._rest) < count:
            raise ValueError("a message that ends too early")
        found, self._rest = self._rest[:count], self._rest[count:]
        return found

    def optional(self) -> list[tuple[int, bytes]]:
        found = []
        while len(self._rest) >= 4:
            tag, size = struct.unpack(">HH", self.octets(4))
            found.append((tag, self.octets(size)))
        return found
