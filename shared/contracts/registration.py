"""What registration tells: who takes part in what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import StringConstraints

from shared.event import Event

ForNotify = Annotated[str, StringConstraints(pattern=r"^(sealed\.notify\.[A-Za-z0-9_.\-]+)?$")]
"""A value that only notify can read; empty once the person it belongs to is erased."""

SessionKind = Literal["series", "course", "livestream"]
PlaceMode = Literal["room", "online"]
MissedReason = Literal["forgot", "inconvenient", "unwanted"]


class ResidentRegistered(Event, type="registration.resident_registered", subject="resident_id"):
    """A resident became known, with a sealed phone (empty: none) and the purposes consented to.

    `landline` and `name` are for the people who call, `neighbourhood` for those who go to the door; `calls`: wants to be called,
    not texted.
    """

    resident_id: UUID
    street: str
    phone: ForNotify
    consents: tuple[str, ...]
    name: ForNotify = ""
    landline: ForNotify = ""
    calls: bool = False
    neighbourhood: ForNotify = ""


class ResidentChanged(Event, type="registration.resident_changed", subject="resident_id"):
    """What is written down of a resident was corrected; how they are reached now, whole, as in `ResidentRegistered`."""

    resident_id: UUID
    street: str
    phone: ForNotify
    name: ForNotify
    landline: ForNotify
    calls: bool
    neighbourhood: ForNotify = ""


class ResidentsMerged(Event, type="registration.residents_merged", subject="kept"):
    """Two records were one person's: what is said of `merged` is about `kept` from now on."""

    merge_id: UUID
    kept: UUID
    merged: UUID


class MergeUndone(Event, type="registration.merge_undone", subject="kept"):
    """They were two people's after all: `merged` stands for itself again."""

    merge_id: UUID
    kept: UUID
    merged: UUID


class AuthorityGiven(Event, type="registration.authority_given", subject="elder_id"):
    """An elder lets a carer (child, neighbour, other) act for them; `ground`: own_word, written or guardian."""

    authority_id: UUID
    elder_id: UUID
    carer_id: UUID
    relation: str
    ground: str


class AuthorityEnded(Event, type="registration.authority_ended", subject="elder_id"):
    """A carer no longer acts for an elder."""

    authority_id: UUID
    elder_id: UUID
    carer_id: UUID


class ConsentChanged(Event, type="registration.consent_changed", subject="resident_id"):
    """A resident gave or withdrew consent to `texts`, `health_readings`, `doctor_sharing`, `photo_name` or `job_file`.

    `at`: when they said so, which may be before this was told; `by`: who wrote it down; `wording`: the version they were shown.
    """

    resident_id: UUID
    purpose: str
    given: bool
    channel: Literal["web", "staff", "text"]
    at: datetime | None = None
    by: UUID | None = None
    wording: str = ""


class LoginCodeRequested(Event, type="registration.login_code_requested", subject="login_id"):
    """Somebody asked to log in by text: the number and the code, both sealed; the code dies at `expires_at`."""

    login_id: UUID
    phone: ForNotify
    code: ForNotify
    expires_at: datetime


class ProgrammeOpened(Event, type="registration.programme_opened", subject="programme_id"):
    """A programme exists: a weekly series, a course or a livestream series."""

    programme_id: UUID
    kind: SessionKind
    title: str
    organiser: str
    street: str


class SessionScheduled(Event, type="registration.session_scheduled", subject="session_id"):
    """A dated occurrence of a programme was put on the calendar; `topic` is a code within the programme."""

    session_id: UUID
    programme_id: UUID
    kind: SessionKind
    title: str
    topic: str
    topic_title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    capacity: int
    street: str


CancelReason = Literal["weather", "holiday", "lecturer", "venue", "too_few", "other"]


class SessionCancelled(Event, type="registration.session_cancelled", subject="session_id", version=2):
    """A session will not take place; its registrants are told. Version 1 said why in free words, which are not handed on."""

    upcasts: ClassVar[Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {1: lambda old: old | {"reason": "other"}}

    session_id: UUID
    programme_id: UUID
    reason: CancelReason


class SessionChanged(Event, type="registration.session_changed", subject="session_id"):
    """A session is now as said here; `changed` names what is different. Registrants are told of another time or place."""

    session_id: UUID
    programme_id: UUID
    changed: tuple[Literal["time", "place", "capacity", "title", "topic", "rules"], ...]
    title: str
    topic: str
    topic_title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    capacity: int
    old_starts_at: datetime
    old_ends_at: datetime
    street: str


class RegistrationConfirmed(Event, type="registration.confirmed", subject="registration_id"):
    """A resident has a place in a session; `from_waitlist` when somebody else's place came to them."""

    registration_id: UUID
    session_id: UUID
    programme_id: UUID
    resident_id: UUID
    from_waitlist: bool
    party: int = 1
    mode: PlaceMode = "room"
    acted_by: UUID | None = None


class RegistrationWaitlisted(Event, type="registration.waitlisted", subject="registration_id"):
    """A session was full; the resident waits at `position`, counted from 1."""

    registration_id: UUID
    session_id: UUID
    programme_id: UUID
    resident_id: UUID
    position: int
    party: int = 1
    mode: PlaceMode = "room"
    acted_by: UUID | None = None


class RegistrationCancelled(Event, type="registration.cancelled", subject="registration_id"):
    """A resident gave back a place, or left the waitlist when `had_place` is false; `late` when others had little time left."""

    registration_id: UUID
    session_id: UUID
    programme_id: UUID
    resident_id: UUID
    had_place: bool
    channel: Literal["web", "staff", "text"]
    late: bool = False
    acted_by: UUID | None = None


class ResidentCheckedIn(Event, type="registration.checked_in", subject="registration_id"):
    """A resident came in, at the time that the door saw (`at`): `walk_in` when they had not signed up before."""

    registration_id: UUID
    session_id: UUID
    programme_id: UUID
    resident_id: UUID
    walk_in: bool
    way_in: Literal["staff", "ticket", "code", "digits", "paper"]
    at: datetime | None = None


class ResidentCheckedOut(Event, type="registration.checked_out", subject="registration_id"):
    """A resident who came has left, at the time that the door saw (`at`); they may come back."""

    registration_id: UUID
    session_id: UUID
    programme_id: UUID
    resident_id: UUID
    way: Literal["staff", "ticket", "code", "digits", "paper"]
    at: datetime


class RegistrationMissed(Event, type="registration.missed", subject="registration_id"):
    """Somebody with a place did not come; told when the session is closed, of sessions whose door somebody kept."""

    registration_id: UUID
    session_id: UUID
    programme_id: UUID
    resident_id: UUID


class MissedReasonGiven(Event, type="registration.missed_reason_given", subject="registration_id"):
    """Somebody who did not come said why; `before` is what they had said until now. Who it is, is nobody else's business."""

    registration_id: UUID
    session_id: UUID
    programme_id: UUID
    reason: MissedReason
    before: MissedReason | None = None


class SessionHeld(Event, type="registration.session_held", subject="session_id"):
    """A session is over: places given, people who came (walk-ins among them), people who did not; `auto` when time closed it."""

    session_id: UUID
    programme_id: UUID
    kind: SessionKind
    topic: str
    starts_at: datetime
    capacity: int
    confirmed: int
    attended: int
    walk_ins: int
    street: str
    no_shows: int | None = None
    auto: bool = False


class LivestreamHeld(Event, type="registration.livestream_held", subject="session_id"):
    """A livestream is over. `viewers` = distinct viewers, `peak` = most at one moment."""

    session_id: UUID
    programme_id: UUID
    viewers: int
    peak: int
    questions: int
    reactions: int
    street: str


# Places on offer


class PlaceOffered(Event, type="registration.place_offered", subject="registration_id"):
    """A place became free and is kept for a resident who waited, until `expires_at`."""

    registration_id: UUID
    session_id: UUID
    programme_id: UUID
    resident_id: UUID
    expires_at: datetime
    party: int
    mode: PlaceMode


class OfferDeclined(Event, type="registration.offer_declined", subject="registration_id"):
    """A resident does not want the place that was kept for them, and waits no longer."""

    registration_id: UUID
    session_id: UUID
    programme_id: UUID
    resident_id: UUID
    channel: Literal["web", "staff", "text"]
    acted_by: UUID | None = None


class OfferExpired(Event, type="registration.offer_expired", subject="registration_id"):
    """Nobody answered in time: the place goes to the next, and the resident waits no longer."""

    registration_id: UUID
    session_id: UUID
    programme_id: UUID
    resident_id: UUID


class PlaceSwapped(Event, type="registration.place_swapped", subject="registration_id"):
    """A resident who has a place has it in the room, or online, from now on."""

    registration_id: UUID
    session_id: UUID
    programme_id: UUID
    resident_id: UUID
    mode: PlaceMode
    from_waitlist: bool


# Courses


class CourseOpened(Event, type="registration.course_opened", subject="programme_id"):
    """A cohort of a course takes nominations: how many neighbourhoods may send people, and how many in all."""

    programme_id: UUID
    neighbourhoods: int
    seats: int
    street: str


class ResidentNominated(Event, type="registration.nominated", subject="nomination_id"):
    """A neighbourhood (its code) sends somebody to a course; `replaces` when they take over the seat of another nomination."""

    nomination_id: UUID
    programme_id: UUID
    resident_id: UUID
    neighbourhood: str
    replaces: UUID | None = None


class CourseCompleted(Event, type="registration.course_completed", subject="nomination_id"):
    """Somebody did all that a course asks for, with so many minutes, of which `minutes_per_hour` make an hour of class."""

    nomination_id: UUID
    programme_id: UUID
    resident_id: UUID
    minutes: int
    minutes_per_hour: int


class CertificateIssued(Event, type="registration.certificate_issued", subject="nomination_id"):
    """A certificate was signed: its number, which tells nothing without the certificate itself."""

    nomination_id: UUID
    programme_id: UUID
    resident_id: UUID
    certificate: str


class CertificateRevoked(Event, type="registration.certificate_revoked", subject="nomination_id"):
    """A certificate no longer holds; why is for its holder and staff."""

    nomination_id: UUID
    programme_id: UUID
    resident_id: UUID
    certificate: str


# Access: log-ins, and people who want to be forgotten.


class LogInEnded(Event, type="registration.log_in_ended", subject="log_in_id"):
    """A log-in counts no more, everywhere; `until` is when it would have run out by itself."""

    log_in_id: UUID
    until: datetime


class ErasureRequested(Event, type="registration.erasure_requested", subject="erasure_id"):
    """A person is to be forgotten now: every service removes what leads to them, keeps its counts, and says so when done.

    `merged`: other records that were found to be theirs.
    """

    erasure_id: UUID
    resident_id: UUID
    merged: tuple[UUID, ...] = ()


class PersonErased(Event, type="registration.person_erased", subject="erasure_id"):
    """Every service has confirmed that it forgot the person."""

    erasure_id: UUID
    asked_by: Literal["resident", "staff"]
