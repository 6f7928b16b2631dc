"""iCalendar (RFC 5545): single events in Shanghai's time, escaped and folded as the standard asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]

_HEAD = (
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Jiamenkou//Registration//ZH",
    "CALSCALE:GREGORIAN",
    "METHOD:PUBLISH",
    "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    "X-PUBLISHED-TTL:PT1H",
)
_ZONE = (
    "BEGIN:VTIMEZONE",
    "TZID:Asia/Shanghai",
    "BEGIN:STANDARD",
    "DTSTART:19910915T020000",
    "TZOFFSETFROM:+0800",
    "TZOFFSETTO:+0800",
    "TZNAME:CST",
    "END:STANDARD",
    "END:VTIMEZONE",
)
"""China has had no summer time since 1991."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event. `sequence` rises with every change of it, which is how a calendar knows what is newer."""

    uid: str
    summary: str
    starts_at: datetime
    ends_at: datetime
    location: str
    status: Status
    sequence: int
    url: str
    description: str = ""


def calendar(name: str, entries: Iterable[Entry], now: datetime) -> str:
    """The calendar as it is sent: lines of at most 75 octets, ended by CRLF."""
    lines = [*_HEAD, f"NAME:{_text(name)}", f"X-WR-CALNAME:{_text(name)}", *_ZONE]
    for entry in entries:
        lines += _event(entry, now)
    return "".join(_folded(line) + "\r\n" for line in [*lines, "END:VCALENDAR"])


def _event(entry: Entry, now: datetime) -> list[str]:
    lines = [
        "BEGIN:VEVENT",
        f"UID:{_text(entry.uid)}",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;TZID=Asia/Shanghai:{entry.starts_at.astimezone(SHANGHAI):%Y%m%dT%H%M%S}",
        f"DTEND;TZID=Asia/Shanghai:{entry.ends_at.astimezone(SHANGHAI):%Y%m%dT%H%M%S}",
        f"SUMMARY:{_text(entry.summary)}",
        f"LOCATION:{_text(entry.location)}",
        f"STATUS:{entry.status}",
        f"SEQUENCE:{entry.sequence}",
        f"URL:{entry.url}",
    ]
    if entry.description:
        lines.append(f"DESCRIPTION:{_text(entry.description)}")
    return [*lines, "END:VEVENT"]


def _text(value: str) -> str:
    """A TEXT value: backslash, semicolon, comma and line breaks escaped, other control characters left out."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\r\n", "\n").replace("\n", "\\n")
    return "".join(character for character in escaped if character >= " " and character != "\x7f")


def _folded(line: str) -> str:
    """Broken before the 76th octet, never inside a character; what follows a break begins with a space."""
    parts: list[str] = []
    room, part = 75, ""
    for character in line:
        size = len(character.encode())
        if size > room:
            parts.append(part)
            part, room = " ", 74
        part += character
        room -= size
    return "\r\n".join([*parts, part])
