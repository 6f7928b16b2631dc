"""One parcel of facts, added up in Python and written with one statement per table it touches: tables in a fixed order.

Keys are sorted, so that appliers of different sources never wait for each other in a circle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg import Cursor

from shared.clock import SHANGHAI
from shared.contracts import notify, registration, stations
from shared.event import Envelope, Event

Row = list[Any]


class Batch:
    """A run of facts, added up per row of each table."""

    def __init__(self) -> None:
        self.stations: dict[UUID, Row] = {}
        self.visits: dict[tuple[UUID, date], Row] = {}
        self.visitors: set[tuple[date, UUID, UUID]] = set()
        self.readings: dict[UUID, Row] = {}
        self.referrals: dict[UUID, Row] = {}
        self.closed: dict[UUID, Row] = {}
        self.programmes: dict[UUID, Row] = {}
        self.scheduled: dict[UUID, Row] = {}
        self.changed: dict[UUID, Row] = {}
        self.cancelled: dict[UUID, Row] = {}
        self.held: dict[UUID, Row] = {}
        self.livestreams: dict[UUID, Row] = {}
        self.participations: dict[UUID, Row] = {}
        self.messages: dict[UUID, Row] = {}
        self.tallies: dict[tuple[str, date], int] = {}

    def take(self, envelope: Envelope, event: Event) -> None:
        """Add one fact."""
        _TAKES[type(event)](self, envelope, event)

    def write(self, cursor: Cursor[Any]) -> None:
        """Put the sums into the tables."""
        for sql, rows in (
            (_STATION, self.stations.values()),
            (_VISITS, ((*key, *sums) for key, sums in self.visits.items())),
            (_VISITOR, self.visitors),
            (_READING, self.readings.values()),
            (_REFERRAL, self.referrals.values()),
            (_CLOSED, self.closed.values()),
            (_PROGRAMME, self.programmes.values()),
            (_SCHEDULED, self.scheduled.values()),
            (_CHANGED, self.changed.values()),
            (_CANCELLED, self.cancelled.values()),
            (_HELD, self.held.values()),
            (_LIVESTREAM, self.livestreams.values()),
            (_PARTICIPATION, self.participations.values()),
            (_MESSAGE, self.messages.values()),
            (_TALLY, ((*key, n) for key, n in self.tallies.items())),
        ):
            _write(cursor, sql, rows)

    def count(self, name: str, at: datetime) -> None:
        """One more fact called `name`."""
        key = name, _day(at)
        self.tallies[key] = self.tallies.get(key, 0) + 1

    def visit(self, _: Envelope, event: stations.VisitRecorded) -> None:
        """The hot path: hundreds of these make a handful of rows."""
        key = event.station_id, event.day
        sums = self.visits.get(key)
        if sums is None:
            sums = self.visits[key] = [0, 0, 0]
        sums[0] += 1
        sums[2] += event.items
        if event.person_id is not None:
            sums[1] += 1
            self.visitors.add((event.day.replace(day=1), event.station_id, event.person_id))

    def station(self, _: Envelope, event: stations.StationOpened) -> None:
        """A station, by its own id."""
        self.stations[event.station_id] = [
            event.station_id, event.code, event.name, event.street, event.district, event.opened_on,
        ]  # fmt: skip

    def reading(self, envelope: Envelope, event: stations.CriticalReadingSeen) -> None:
        """A critical reading: which item at which station."""
        self.readings[event.reading_id] = [
            event.reading_id, event.visit_id, event.station_id, event.street, event.item, envelope.time,
        ]  # fmt: skip

    def referral(self, envelope: Envelope, event: stations.ReferralOpened) -> None:
        """A referral that is now open."""
        self.referrals[event.referral_id] = [
            event.referral_id, event.visit_id, event.station_id, event.street, event.due_on, envelope.time,
        ]  # fmt: skip

    def close(self, envelope: Envelope, event: stations.ReferralClosed) -> None:
        """How a referral ended."""
        self.closed[event.referral_id] = [event.referral_id, event.outcome, envelope.time]

    def resident(self, envelope: Envelope, _: registration.ResidentRegistered) -> None:
        """One more resident; who it is stays with registration."""
        self.count("resident", envelope.time)

    def consent(self, envelope: Envelope, event: registration.ConsentChanged) -> None:
        """One more consent given or taken back."""
        self.count("consent_given" if event.given else "consent_withdrawn", envelope.time)

    def login(self, envelope: Envelope, _: registration.LoginCodeRequested) -> None:
        """One more log-in code asked for."""
        self.count("login_code", envelope.time)

    def course(self, envelope: Envelope, event: Event) -> None:
        """One more fact, counted by its own name."""
        self.count(event.type.partition(".")[2], envelope.time)

    def programme(self, _: Envelope, event: registration.ProgrammeOpened) -> None:
        """A programme, by its own id."""
        self.programmes[event.programme_id] = [event.programme_id, event.kind, event.title, event.organiser, event.street]

    def schedule(self, _: Envelope, event: registration.SessionScheduled) -> None:
        """A session as planned."""
        self.scheduled[event.session_id] = [
            event.session_id, event.programme_id, event.kind, event.title, event.topic, event.topic_title,
            event.starts_at, event.ends_at, event.place, event.capacity, event.street,
        ]  # fmt: skip

    def change_session(self, _: Envelope, event: registration.SessionChanged) -> None:
        """A session as planned now; one that is put on the calendar in this batch is so from the start."""
        self.changed[event.session_id] = [
            event.session_id, event.title, event.topic, event.topic_title, event.starts_at, event.ends_at,
            event.place, event.capacity,
        ]  # fmt: skip

    def cancel_session(self, _: Envelope, event: registration.SessionCancelled) -> None:
        """A session that will not be."""
        self.cancelled[event.session_id] = [event.session_id]

    def hold(self, _: Envelope, event: registration.SessionHeld) -> None:
        """A session as it was."""
        self.held[event.session_id] = [event.session_id, event.confirmed, event.attended, event.walk_ins]

    def livestream(self, _: Envelope, event: registration.LivestreamHeld) -> None:
        """A livestream as it was."""
        self.held[event.session_id] = [event.session_id, 0, 0, 0]
        self.livestreams[event.session_id] = [
            event.session_id, event.programme_id, event.viewers, event.peak, event.questions, event.reactions, event.street,
        ]  # fmt: skip

    def confirm(self, _: Envelope, event: registration.RegistrationConfirmed) -> None:
        """A place, perhaps come down the waitlist."""
        row = self._participation(event)
        row[4], row[5], row[7] = "confirmed", True, row[7] or event.from_waitlist

    def wait(self, _: Envelope, event: registration.RegistrationWaitlisted) -> None:
        """A spot in the queue."""
        row = self._participation(event)
        row[4], row[6] = "waitlisted", True

    def cancel(self, envelope: Envelope, event: registration.RegistrationCancelled) -> None:
        """A place given back, or a queue left."""
        row = self._participation(event)
        row[4] = "cancelled"
        self.count(f"cancelled_by_{event.channel}", envelope.time)

    def offer(self, _: Envelope, event: registration.PlaceOffered) -> None:
        """A place kept for somebody who waits."""
        self._participation(event)[4] = "offered"

    def decline(self, _: Envelope, event: registration.OfferDeclined) -> None:
        """An offer that was not wanted."""
        self._participation(event)[4] = "declined"

    def expire(self, _: Envelope, event: registration.OfferExpired) -> None:
        """An offer that nobody answered."""
        self._participation(event)[4] = "expired"

    def swap(self, _: Envelope, event: registration.PlaceSwapped) -> None:
        """A place that is in the room, or online, from now on."""
        self._participation(event)[4] = "confirmed"

    def check_in(self, _: Envelope, event: registration.ResidentCheckedIn) -> None:
        """Somebody at the door: whoever came has a place."""
        row = self._participation(event)
        row[4], row[8], row[9] = "confirmed", True, row[9] or event.walk_in

    def _participation(self, event: _OfRegistration) -> Row:
        row = self.participations.get(event.registration_id)
        if row is None:
            row = self.participations[event.registration_id] = [
                event.registration_id, event.session_id, event.programme_id, event.resident_id, "",
                False, False, False, False, False,
            ]  # fmt: skip
        return row

    def sent(self, envelope: Envelope, event: notify.MessageSent) -> None:
        """A text that the carrier took."""
        row = self._message(envelope, event)
        row[3], row[4] = event.parts, True

    def delivered(self, envelope: Envelope, event: notify.MessageDelivered) -> None:
        """A text on the phone."""
        self._message(envelope, event)[5] = True

    def failed(self, envelope: Envelope, event: notify.MessageFailed) -> None:
        """A text that did not arrive."""
        self._message(envelope, event)[6] = True

    def unknown(self, envelope: Envelope, event: notify.MessageUnknown) -> None:
        """A text whose fate the carrier did not tell at once."""
        self._message(envelope, event)[7] = True

    def skipped(self, envelope: Envelope, event: notify.MessageSkipped) -> None:
        """A text not sent, and why."""
        self._message(envelope, event)[8] = event.reason

    def _message(self, envelope: Envelope, event: _OfMessage) -> Row:
        row = self.messages.get(event.message_id)
        if row is None:
            row = self.messages[event.message_id] = [
                event.message_id, event.purpose, _day(envelope.time), 0, False, False, False, False, "",
            ]  # fmt: skip
        return row

    def reply(self, envelope: Envelope, event: notify.ReplyReceived) -> None:
        """One more answer to a text, by what it meant."""
        self.count(f"reply_{event.meaning}", envelope.time)

    def opt_out(self, envelope: Envelope, _: notify.OptedOut) -> None:
        """One more category of texts that somebody wants no more of."""
        self.count("opted_out", envelope.time)

    def only_told(self, _: Envelope, __: Event) -> None:
        """Nothing is counted from it: it is a line of the feed."""


_OfRegistration = (
    registration.RegistrationConfirmed
    | registration.RegistrationWaitlisted
    | registration.RegistrationCancelled
    | registration.PlaceOffered
    | registration.OfferDeclined
    | registration.OfferExpired
    | registration.PlaceSwapped
    | registration.ResidentCheckedIn
)
_OfMessage = notify.MessageSent | notify.MessageDelivered | notify.MessageFailed | notify.MessageUnknown | notify.MessageSkipped

_TAKES: dict[type[Event], Callable[[Batch, Envelope, Any], None]] = {
    stations.VisitRecorded: Batch.visit,
    stations.StationOpened: Batch.station,
    stations.CriticalReadingSeen: Batch.reading,
    stations.ReferralOpened: Batch.referral,
    stations.ReferralClosed: Batch.close,
    registration.ResidentRegistered: Batch.resident,
    registration.ResidentChanged: Batch.only_told,
    registration.ResidentsMerged: Batch.only_told,
    registration.MergeUndone: Batch.only_told,
    registration.AuthorityGiven: Batch.only_told,
    registration.AuthorityEnded: Batch.only_told,
    registration.ConsentChanged: Batch.consent,
    registration.LoginCodeRequested: Batch.login,
    registration.PersonErased: Batch.course,
    registration.ProgrammeOpened: Batch.programme,
    registration.SessionScheduled: Batch.schedule,
    registration.SessionCancelled: Batch.cancel_session,
    registration.SessionChanged: Batch.change_session,
    registration.SessionHeld: Batch.hold,
    registration.LivestreamHeld: Batch.livestream,
    registration.RegistrationConfirmed: Batch.confirm,
    registration.RegistrationWaitlisted: Batch.wait,
    registration.RegistrationCancelled: Batch.cancel,
    registration.PlaceOffered: Batch.offer,
    registration.OfferDeclined: Batch.decline,
    registration.OfferExpired: Batch.expire,
    registration.PlaceSwapped: Batch.swap,
    registration.ResidentCheckedIn: Batch.check_in,
    **dict.fromkeys((registration.CourseOpened, registration.ResidentNominated, registration.CourseCompleted), Batch.course),
    **dict.fromkeys((registration.CertificateIssued, registration.CertificateRevoked), Batch.course),
    **dict.fromkeys((registration.ResidentCheckedOut, registration.RegistrationMissed), Batch.course),
    notify.MessageSent: Batch.sent,
    notify.MessageDelivered: Batch.delivered,
    notify.MessageFailed: Batch.failed,
    notify.MessageUnknown: Batch.unknown,
    notify.MessageSkipped: Batch.skipped,
    notify.ReplyReceived: Batch.reply,
    notify.OptedOut: Batch.opt_out,
}

HEARD = tuple(_TAKES)
"""Every class of event that is folded."""


def _write(cursor: Cursor[Any], sql: str, rows: Iterable[Sequence[Any]]) -> None:
    columns = list(zip(*rows, strict=True))
    if columns:
        cursor.execute(sql, [_array(column) for column in columns])


def _array(column: Sequence[Any]) -> Any:
    """The column as a parameter. Ids, numbers and days are written out here: psycopg takes several times as long for them."""
    match column[0]:
        case UUID():
            return f"{{{','.join([f'{value.int:032x}' for value in column])}}}"
        case bool() | str() | datetime():
            return list(column)
        case _:
            return f"{{{','.join([str(value) for value in column])}}}"


def _day(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()


_STATION = """
    INSERT INTO station (station_id, code, name, street, district, opened_on)
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::date[]) ORDER BY 1
    ON CONFLICT (station_id) DO UPDATE SET code = excluded.code, name = excluded.name, street = excluded.street,
        district = excluded.district, opened_on = excluded.opened_on
"""
_VISITS = """
    INSERT INTO visits_by_station_day AS so_far (station_id, day, visits, identified, items)
    SELECT * FROM unnest(%s::uuid[], %s::date[], %s::int[], %s::int[], %s::int[]) ORDER BY 1, 2
    ON CONFLICT (station_id, day) DO UPDATE SET visits = so_far.visits + excluded.visits,
        identified = so_far.identified + excluded.identified, items = so_far.items + excluded.items
"""
_VISITOR = """
    INSERT INTO visitor (month, station_id, person_id)
    SELECT * FROM unnest(%s::date[], %s::uuid[], %s::uuid[]) ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING
"""
_READING = """
    INSERT INTO critical_reading (reading_id, visit_id, station_id, street, item, seen_at)
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::timestamptz[]) ORDER BY 1
    ON CONFLICT DO NOTHING
"""
_REFERRAL = """
    INSERT INTO referral (referral_id, visit_id, station_id, street, due_on, opened_at, outcome)
    SELECT *, '' FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::date[], %s::timestamptz[]) ORDER BY 1
    ON CONFLICT DO NOTHING
"""
_CLOSED = """
    UPDATE referral SET outcome = new.outcome, closed_at = new.closed_at
    FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[]) AS new (id, outcome, closed_at) WHERE referral_id = new.id
"""
_PROGRAMME = """
    INSERT INTO programme (programme_id, kind, title, organiser, street)
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[]) ORDER BY 1
    ON CONFLICT (programme_id) DO UPDATE SET title = excluded.title, organiser = excluded.organiser, street = excluded.street
"""
_SCHEDULED = """
    INSERT INTO occurrence (session_id, programme_id, kind, title, topic, topic_title, starts_at, ends_at, place, capacity,
                            street, state, confirmed, attended, walk_ins)
    SELECT *, 'scheduled', 0, 0, 0 FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[],
        %s::timestamptz[], %s::timestamptz[], %s::text[], %s::int[], %s::text[]) ORDER BY 1
    ON CONFLICT (session_id) DO UPDATE SET title = excluded.title, topic = excluded.topic, topic_title = excluded.topic_title,
        starts_at = excluded.starts_at, ends_at = excluded.ends_at, place = excluded.place, capacity = excluded.capacity
"""
_CHANGED = """
    UPDATE occurrence SET title = new.title, topic = new.topic, topic_title = new.topic_title,
        starts_at = new.starts_at, ends_at = new.ends_at, place = new.place, capacity = new.capacity
    FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::int[])
        AS new (id, title, topic, topic_title, starts_at, ends_at, place, capacity) WHERE session_id = new.id
"""
_CANCELLED = "UPDATE occurrence SET state = 'cancelled' WHERE session_id = ANY(%s::uuid[])"
_HELD = """
    UPDATE occurrence SET state = 'held', confirmed = new.confirmed, attended = new.attended, walk_ins = new.walk_ins
    FROM unnest(%s::uuid[], %s::int[], %s::int[], %s::int[]) AS new (id, confirmed, attended, walk_ins) WHERE session_id = new.id
"""
_LIVESTREAM = """
    INSERT INTO livestream (session_id, programme_id, viewers, peak, questions, reactions, street)
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::int[], %s::int[], %s::int[], %s::text[]) ORDER BY 1
    ON CONFLICT (session_id) DO UPDATE SET viewers = excluded.viewers, peak = excluded.peak, questions = excluded.questions,
        reactions = excluded.reactions
"""
_PARTICIPATION = """
    INSERT INTO participation AS so_far (registration_id, session_id, programme_id, resident_id, state,
                                          given, waited, moved_up, checked_in, walk_in)
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[],
        %s::bool[], %s::bool[], %s::bool[], %s::bool[], %s::bool[]) ORDER BY 1
    ON CONFLICT (registration_id) DO UPDATE SET state = excluded.state,
        given = so_far.given OR excluded.given, waited = so_far.waited OR excluded.waited,
        moved_up = so_far.moved_up OR excluded.moved_up, checked_in = so_far.checked_in OR excluded.checked_in,
        walk_in = so_far.walk_in OR excluded.walk_in
"""
_MESSAGE = """
    INSERT INTO message AS so_far (message_id, purpose, day, parts, sent, delivered, failed, unknown, skipped)
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::date[], %s::int[],
        %s::bool[], %s::bool[], %s::bool[], %s::bool[], %s::text[]) ORDER BY 1
    ON CONFLICT (message_id) DO UPDATE SET parts = greatest(so_far.parts, excluded.parts), sent = so_far.sent OR excluded.sent,
        delivered = so_far.delivered OR excluded.delivered, failed = so_far.failed OR excluded.failed,
        unknown = so_far.unknown OR excluded.unknown, skipped = coalesce(nullif(excluded.skipped, ''), so_far.skipped)
"""
_TALLY = """
    INSERT INTO tally AS so_far (name, day, n) SELECT * FROM unnest(%s::text[], %s::date[], %s::int[]) ORDER BY 1, 2
    ON CONFLICT (name, day) DO UPDATE SET n = so_far.n + excluded.n
"""
