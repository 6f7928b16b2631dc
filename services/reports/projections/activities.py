"""Programmes, sessions and places in a batch."""

from __future__ import annotations

from uuid import UUID

from services.reports.projections.sums import Row, Takes, Tallies, Writes, only_told
from shared.contracts import registration
from shared.event import Envelope

OfRegistration = (
    registration.RegistrationConfirmed
    | registration.RegistrationWaitlisted
    | registration.RegistrationCancelled
    | registration.PlaceOffered
    | registration.OfferDeclined
    | registration.OfferExpired
    | registration.PlaceSwapped
    | registration.ResidentCheckedIn
)
_TOLD = (
    registration.ResidentChanged,
    registration.ResidentsMerged,
    registration.MergeUndone,
    registration.AuthorityGiven,
    registration.AuthorityEnded,
)
_COUNTED = (
    registration.PersonErased,
    registration.CourseOpened,
    registration.ResidentNominated,
    registration.CourseCompleted,
    registration.CertificateIssued,
    registration.CertificateRevoked,
    registration.ResidentCheckedOut,
    registration.RegistrationMissed,
)


class Activities:
    """What registration told, added up per row."""

    def __init__(self, tallies: Tallies) -> None:
        self.tallies, self.count = tallies, tallies.count
        self.programmes: dict[UUID, Row] = {}
        self.scheduled: dict[UUID, Row] = {}
        self.changed: dict[UUID, Row] = {}
        self.cancelled: dict[UUID, Row] = {}
        self.held: dict[UUID, Row] = {}
        self.livestreams: dict[UUID, Row] = {}
        self.participations: dict[UUID, Row] = {}
        self.reasons: dict[tuple[UUID, str], int] = {}

    def takes(self) -> Takes:
        """What is done with each class of event."""
        return {
            registration.ResidentRegistered: self.resident,
            registration.ConsentChanged: self.consent,
            registration.LoginCodeRequested: self.login,
            registration.ProgrammeOpened: self.programme,
            registration.SessionScheduled: self.schedule,
            registration.SessionCancelled: self.cancel_session,
            registration.SessionChanged: self.change_session,
            registration.SessionHeld: self.hold,
            registration.LivestreamHeld: self.livestream,
            registration.RegistrationConfirmed: self.confirm,
            registration.RegistrationWaitlisted: self.wait,
            registration.RegistrationCancelled: self.cancel,
            registration.PlaceOffered: self.offer,
            registration.OfferDeclined: self.decline,
            registration.OfferExpired: self.expire,
            registration.PlaceSwapped: self.swap,
            registration.ResidentCheckedIn: self.check_in,
            registration.MissedReasonGiven: self.say_why,
            **dict.fromkeys(_TOLD, only_told),
            **dict.fromkeys(_COUNTED, self.tallies.by_name),
        }

    def writes(self) -> Writes:
        """The statements and their rows."""
        yield _PROGRAMME, self.programmes.values()
        yield _SCHEDULED, self.scheduled.values()
        yield _CHANGED, self.changed.values()
        yield _CANCELLED, self.cancelled.values()
        yield _HELD, self.held.values()
        yield _LIVESTREAM, self.livestreams.values()
        yield _PARTICIPATION, self.participations.values()
        yield _MISSED_REASON, ((*key, n) for key, n in self.reasons.items())

    def resident(self, envelope: Envelope, _: registration.ResidentRegistered) -> None:
        """One more resident; who it is stays with registration."""
        self.count("resident", envelope.time)

    def consent(self, envelope: Envelope, event: registration.ConsentChanged) -> None:
        """One more consent given or taken back."""
        self.count("consent_given" if event.given else "consent_withdrawn", envelope.time)

    def login(self, envelope: Envelope, _: registration.LoginCodeRequested) -> None:
        """One more log-in code asked for."""
        self.count("login_code", envelope.time)

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

    def say_why(self, _: Envelope, event: registration.MissedReasonGiven) -> None:
        """Why somebody did not come, in place of what was said before."""
        for reason, n in ((event.reason, 1), (event.before, -1)):
            if reason is not None:
                key = event.session_id, reason
                self.reasons[key] = self.reasons.get(key, 0) + n

    def _participation(self, event: OfRegistration) -> Row:
        row = self.participations.get(event.registration_id)
        if row is None:
            row = self.participations[event.registration_id] = [
                event.registration_id, event.session_id, event.programme_id, event.resident_id, "",
                False, False, False, False, False,
            ]  # fmt: skip
        return row


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
_MISSED_REASON = """
    INSERT INTO missed_reason AS so_far (programme_id, month, reason, n)
    SELECT programme_id, date_trunc('month', starts_at AT TIME ZONE 'Asia/Shanghai')::date, new.reason, sum(new.n)
    FROM unnest(%s::uuid[], %s::text[], %s::int[]) AS new (session_id, reason, n) JOIN occurrence USING (session_id)
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (programme_id, month, reason) DO UPDATE SET n = so_far.n + excluded.n
"""
