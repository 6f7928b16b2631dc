"""The secret address under which a resident's phone reads their places."""

from __future__ import annotations

import secrets
from uuid import UUID

from sqlmodel import col, select

from services.registration.features import Command
from services.registration.features.register_resident import records_of, survivor
from services.registration.tables import CalendarFeed, Resident
from shared.errors import NotFound
from shared.unit import Unit
from shared.web import phrase

TOKEN = "calendar_feed.token"
GONE = phrase("这个日历地址已经不用了，请到“我的”里重新添加。")


class MakeFeed(Command):
    """`resident_id` wants an address; one made before stops working."""

    resident_id: UUID


class EndFeed(Command):
    """`resident_id` wants no address any more."""

    resident_id: UUID


def make_feed(command: MakeFeed, unit: Unit) -> str:
    """A new address's secret; those of records merged into this one end too.

    It is kept encrypted, so that the page can show it again, and found by its keyed hash.
    """
    token = secrets.token_urlsafe(24)
    end_feed(EndFeed(resident_id=command.resident_id), unit)
    unit.add(
        CalendarFeed(
            resident_id=command.resident_id,
            token=unit.keys.encrypt(token, TOKEN),
            token_mark=unit.keys.fingerprint(token, TOKEN),
            made_at=unit.now,
        )
    )
    return token


def end_feed(command: EndFeed, unit: Unit) -> None:
    """The address stops working, also one of a record merged into this one; ending it twice is as good as once."""
    for feed in _feeds_of(command.resident_id, unit):
        unit.session.delete(feed)
    unit.session.flush()


def token_of(resident_id: UUID, unit: Unit) -> str | None:
    """The resident's secret, if they have an address: their own, or else one of a record merged into theirs."""
    feeds = _feeds_of(resident_id, unit)
    return unit.keys.decrypt(feeds[0].token, TOKEN) if feeds else None


def whose(token: str, unit: Unit) -> UUID:
    """Whose address this is; an old or wrong one is not known. A merged record's leads to the record that stands for it now."""
    found = select(CalendarFeed.resident_id).where(col(CalendarFeed.token_mark) == unit.keys.fingerprint(token, TOKEN))
    resident_id = unit.session.exec(found).one_or_none()
    if resident_id is None:
        raise NotFound(GONE)
    return survivor(unit.get(Resident, resident_id), unit).id


def _feeds_of(resident_id: UUID, unit: Unit) -> list[CalendarFeed]:
    """The addresses of a person, that of their own record first."""
    found = (unit.find(CalendarFeed, record) for record in records_of(resident_id, unit))
    return [feed for feed in found if feed is not None]
