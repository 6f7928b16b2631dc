"""Notify on a bench, with a carrier in the pocket, and the people and sessions its tests are about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.notify.main import service
from services.notify.tables import Message
from shared.contracts.registration import (
    OfferExpired,
    PlaceOffered,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationMissed,
    RegistrationWaitlisted,
    ResidentRegistered,
    SessionCancelled,
    SessionChanged,
    SessionScheduled,
)
from shared.contracts.stations import ReferralOpened
from shared.crypto import Keyring
from shared.event import Event, new_id
from shared.testing import Bench
from tests.conftest import Databases
from tests.notify.phones import PocketCarrier

ANA, BO = UUID(int=1), UUID(int=2)
ANAS_PHONE, BOS_PHONE = "13800138001", "13800138002"
NOON = datetime(2021, 5, 12, 4, 0, tzinfo=UTC)
"""Wednesday 12 May 2021, 12:00 in Shanghai; the bench's clock stands at Monday 09:00."""


@dataclass
class Story:
    """The facts other services tell, in short."""

    keys: Keyring

    def resident(self, resident: UUID = ANA, phone: str = f"+86{ANAS_PHONE}", consents: tuple[str, ...] = ("texts",)) -> Event:
        """A resident with a phone."""
        return ResidentRegistered(
            resident_id=resident, street="310101019", phone=self.keys.seal("notify", phone), consents=consents
        )

    def session(self, session: UUID, starts_at: datetime = NOON, title: str = "午间半小时") -> Event:
        """A noon half hour in the canteen."""
        return SessionScheduled(
            session_id=session,
            programme_id=UUID(int=9),
            kind="series",
            title=title,
            topic="wounds",
            topic_title="小伤口",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=30),
            place="庄家街51弄1号社区食堂",
            capacity=20,
            street="310101019",
        )

    def confirmed(self, registration: UUID, session: UUID, resident: UUID = ANA, *, from_waitlist: bool = False) -> Event:
        """A place."""
        return RegistrationConfirmed(
            registration_id=registration,
            session_id=session,
            programme_id=UUID(int=9),
            resident_id=resident,
            from_waitlist=from_waitlist,
        )

    def waitlisted(self, registration: UUID, session: UUID, resident: UUID = ANA) -> Event:
        """No place yet."""
        return RegistrationWaitlisted(
            registration_id=registration, session_id=session, programme_id=UUID(int=9), resident_id=resident, position=3
        )

    def offered(self, registration: UUID, session: UUID, expires_at: datetime) -> Event:
        """A place kept for Ana."""
        return PlaceOffered(
            registration_id=registration,
            session_id=session,
            programme_id=UUID(int=9),
            resident_id=ANA,
            expires_at=expires_at,
            party=1,
            mode="room",
        )

    def expired(self, registration: UUID, session: UUID) -> Event:
        """A place that was kept for Ana long enough."""
        return OfferExpired(registration_id=registration, session_id=session, programme_id=UUID(int=9), resident_id=ANA)

    def cancelled(self, registration: UUID, session: UUID, resident: UUID = ANA, *, had_place: bool = True) -> Event:
        """A place given back."""
        return RegistrationCancelled(
            registration_id=registration,
            session_id=session,
            programme_id=UUID(int=9),
            resident_id=resident,
            had_place=had_place,
            channel="text",
        )

    def missed(self, registration: UUID, session: UUID, resident: UUID = ANA) -> Event:
        """Somebody did not come."""
        return RegistrationMissed(
            registration_id=registration, session_id=session, programme_id=UUID(int=9), resident_id=resident
        )

    def session_cancelled(self, session: UUID) -> Event:
        """A session called off."""
        return SessionCancelled(session_id=session, programme_id=UUID(int=9), reason="venue")

    def session_changed(self, session: UUID, starts_at: datetime = NOON, place: str = "庄家街51弄1号社区食堂") -> Event:
        """A session that is now at another time or place, or neither."""
        return SessionChanged(
            session_id=session,
            programme_id=UUID(int=9),
            changed=("time",),
            title="午间半小时",
            topic="wounds",
            topic_title="小伤口",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=30),
            place=place,
            capacity=20,
            old_starts_at=NOON,
            old_ends_at=NOON + timedelta(minutes=30),
            street="310101019",
        )

    def referral(self, referral: UUID, resident: UUID = ANA) -> Event:
        """A follow-up needed."""
        return ReferralOpened(
            referral_id=referral,
            visit_id=new_id(),
            station_id=new_id(),
            street="310101019",
            resident_id=resident,
            due_on=date(2021, 5, 24),
        )


@pytest.fixture
def carrier() -> PocketCarrier:
    """The carrier of this test, and its phones."""
    return PocketCarrier()


@pytest.fixture
def bench(databases: Databases, keys: Path, carrier: PocketCarrier) -> Iterator[Bench]:
    """Notify, texting through the pocket carrier."""
    nowhere = "http://127.0.0.1:9"
    made = service(
        carriers={carrier.name: carrier}, carrier_url=nowhere, database_url=databases.fresh("notify"), keys=keys, profile="demo"
    )
    yield Bench(made)
    made.close()


@pytest.fixture
def story(keys: Path) -> Story:
    """What registration and stations tell."""
    return Story(Keyring(keys, "registration"))


@dataclass
class Place:
    """Ana's place in a noon half hour."""

    registration: UUID
    session: UUID


@pytest.fixture
def place(bench: Bench, story: Story) -> Place:
    """Ana has a place; nothing has been sent yet."""
    place = Place(registration=new_id(), session=new_id())
    bench.hear(story.resident(), story.session(place.session), story.confirmed(place.registration, place.session))
    return place


def messages(bench: Bench, purpose: str) -> list[Message]:
    """The texts of one purpose, in the order they were planned."""
    return sorted((message for message in bench.all(Message) if message.purpose == purpose), key=lambda message: message.id)


def the(bench: Bench, purpose: str) -> Message:
    """The one text of a purpose."""
    (message,) = messages(bench, purpose)
    return message
