"""What notify does about what it hears: it keeps what it needs, and plans texts."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Literal

from services.notify.domain.hours import SHANGHAI
from services.notify.domain.phones import national
from services.notify.features.ask_why_missed import AskWhyMissed, ask_why_missed
from services.notify.features.choose import Choose, choose
from services.notify.features.compose import PHONE, Compose, compose, facts_of
from services.notify.features.erase_person import ErasePerson, erase_person
from services.notify.features.remind import remind, withdraw
from services.notify.features.take_reply import accepted_in_vain, tell_too_late
from services.notify.projections import (
    call_off,
    forget_carer,
    keep_carer,
    keep_contact,
    keep_registration,
    keep_session,
    link,
    move_session,
    registered,
    unlink,
)
from services.notify.tables import Carer, Registration, Session
from shared.contracts.notify import Purpose
from shared.contracts.registration import (
    AuthorityEnded,
    AuthorityGiven,
    ConsentChanged,
    ErasureRequested,
    LoginCodeRequested,
    MergeUndone,
    OfferDeclined,
    OfferExpired,
    PlaceOffered,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationMissed,
    RegistrationWaitlisted,
    ResidentChanged,
    ResidentRegistered,
    ResidentsMerged,
    SessionCancelled,
    SessionChanged,
    SessionScheduled,
)
from shared.contracts.stations import ReferralOpened
from shared.inbox import Consumers
from shared.log_ins import hear_ended_log_ins
from shared.unit import Unit

WORTH_KNOWING = timedelta(days=1)
"""How long the answer to something a resident did is still worth sending."""


def consumers_with(helpline: str) -> Consumers:
    """Notify's consumers; `helpline` is the number that texts give to call."""
    consumers = Consumers(forgets=True)
    hear_ended_log_ins(consumers)
    consumers.on(ResidentRegistered)(keep_contact)
    consumers.on(ResidentChanged)(keep_contact)
    consumers.on(ResidentsMerged)(link)
    consumers.on(MergeUndone)(unlink)
    consumers.on(ConsentChanged)(change_consent)
    consumers.on(SessionScheduled)(schedule_session)
    consumers.on(SessionCancelled)(tell_session_cancelled)
    consumers.on(SessionChanged)(tell_session_changed)
    consumers.on(RegistrationConfirmed)(tell_place_confirmed)
    consumers.on(RegistrationWaitlisted)(tell_place_waitlisted)
    consumers.on(RegistrationCancelled)(tell_place_cancelled)
    consumers.on(RegistrationMissed)(ask_why)
    consumers.on(PlaceOffered)(ask_whether_wanted)
    consumers.on(OfferDeclined)(tell_place_let_go)
    consumers.on(LoginCodeRequested)(send_login_code)
    consumers.on(ErasureRequested)(forget_person)

    @consumers.on(OfferExpired)
    def end_offer(event: OfferExpired, unit: Unit) -> None:
        close_offer(event, helpline, unit)

    @consumers.on(AuthorityGiven)
    def tell_both(event: AuthorityGiven, unit: Unit) -> None:
        keep_carer(event, unit)
        tell_of_authority("authority_given", event, helpline, unit)

    @consumers.on(AuthorityEnded)
    def tell_both_of_the_end(event: AuthorityEnded, unit: Unit) -> None:
        forget_carer(event, unit)
        tell_of_authority("authority_ended", event, helpline, unit)

    @consumers.on(ReferralOpened)
    def ask_to_call(event: ReferralOpened, unit: Unit) -> None:
        tell_referral(event, helpline, unit)

    return consumers


def change_consent(event: ConsentChanged, unit: Unit) -> None:
    """A resident changed their mind about texts, on whichever channel."""
    if event.purpose == "texts":
        assert unit.cause is not None
        choose(
            Choose(
                resident_id=event.resident_id,
                wanted=event.given,
                channel=event.channel,
                proof=event.by or event.resident_id,
                wording=event.wording,
                at=event.at or unit.cause.time,
            ),
            unit,
        )


def schedule_session(event: SessionScheduled, unit: Unit) -> None:
    """A session is on the calendar; if it was moved, reminders move with it."""
    moved = keep_session(event, unit)
    if moved is not None:
        for registration in registered(moved, unit, "confirmed"):
            withdraw(registration.id, unit)
            remind(registration, moved, unit)


def tell_session_cancelled(event: SessionCancelled, unit: Unit) -> None:
    """A session is off: reminders are taken back, everybody on its list is told."""
    session = call_off(event, unit)
    for registration in registered(session, unit, "confirmed", "waitlisted", "offered"):
        withdraw(registration.id, unit)
        if session.starts_at > unit.now:
            _tell("session_cancelled", registration, session, unit, not_after=session.starts_at, variant=event.reason)


def tell_session_changed(event: SessionChanged, unit: Unit) -> None:
    """A session is at another time or place: reminders move along, and everybody on its list is told."""
    session, time, place = move_session(event, unit)
    if not (time or place):
        return
    for registration in registered(session, unit, "confirmed", "waitlisted", "offered"):
        if registration.state == "confirmed":
            withdraw(registration.id, unit)
            remind(registration, session, unit)
        if session.starts_at > unit.now:
            variant = ("time" if time else "place") + ("" if registration.state == "confirmed" else "_waiting")
            facts = {"variant": variant, "old_starts_at": event.old_starts_at.isoformat()}
            slot = str(unit.cause.id) if unit.cause else ""
            _tell("session_changed", registration, session, unit, not_after=session.starts_at, slot=slot, **facts)


def tell_place_confirmed(event: RegistrationConfirmed, unit: Unit) -> None:
    """Somebody has a place: they are told now and reminded later."""
    registration, session = keep_registration(event, unit)
    if session.starts_at > unit.now:
        variant = {"variant": "from_waitlist"} if event.from_waitlist else {}
        _tell("place_confirmed", registration, session, unit, not_after=session.starts_at, **variant)
        _tell_carer("confirmed", event, session, unit, not_after=session.starts_at)
        remind(registration, session, unit)


def tell_place_waitlisted(event: RegistrationWaitlisted, unit: Unit) -> None:
    """Somebody has to wait: they are told where in the line."""
    registration, session = keep_registration(event, unit)
    if session.starts_at > unit.now:
        _tell("place_waitlisted", registration, session, unit, not_after=session.starts_at, position=str(event.position))
        _tell_carer("waitlisted", event, session, unit, not_after=session.starts_at)


def tell_place_cancelled(event: RegistrationCancelled, unit: Unit) -> None:
    """Somebody gave a place back: they are told that it is done, and nothing else about it any more."""
    registration, session = keep_registration(event, unit)
    withdraw(registration.id, unit)
    if session.state == "scheduled" and session.starts_at > unit.now:
        variant = {} if event.had_place else {"variant": "waiting"}
        _tell("place_cancelled", registration, session, unit, not_after=unit.now + WORTH_KNOWING, **variant)
        _tell_carer("cancelled", event, session, unit, not_after=unit.now + WORTH_KNOWING)


def ask_whether_wanted(event: PlaceOffered, unit: Unit) -> None:
    """A place is kept for somebody: they are asked, until the time is up, and anew when it will be up sooner."""
    registration, session = keep_registration(event, unit)
    withdraw(registration.id, unit)
    if session.state == "scheduled" and event.expires_at > unit.now:
        variant = {"variant": "online"} if event.mode == "online" else {}
        _tell(
            "place_offered",
            registration,
            session,
            unit,
            not_after=event.expires_at,
            slot=event.expires_at.isoformat(),
            until=event.expires_at.isoformat(),
            **variant,
        )


def ask_why(event: RegistrationMissed, unit: Unit) -> None:
    """Somebody did not come: they are asked why, kindly and not often."""
    registration, _ = keep_registration(event, unit)
    ask_why_missed(AskWhyMissed(registration_id=registration.id), unit)


def tell_place_let_go(event: OfferDeclined, unit: Unit) -> None:
    """Somebody does not want the place: what was planned about it is taken back, and an answer by text is confirmed."""
    registration, session = keep_registration(event, unit)
    withdraw(registration.id, unit)
    if session.state == "scheduled" and event.channel == "text":
        _tell("place_cancelled", registration, session, unit, not_after=unit.now + WORTH_KNOWING, variant="offer")


def close_offer(event: OfferExpired, helpline: str, unit: Unit) -> None:
    """The time is up: nobody is asked any more; who said yes while it ran out learns that it came too late."""
    registration, _ = keep_registration(event, unit)
    withdraw(registration.id, unit)
    for reply in accepted_in_vain(registration.id, unit):
        tell_too_late(reply, helpline, unit)


def send_login_code(event: LoginCodeRequested, unit: Unit) -> None:
    """Somebody wants to log in: the code goes to the number they gave, at any hour."""
    number = national(unit.keys.unseal(event.phone))
    if number:
        compose(
            Compose(
                purpose="login_code",
                category="code",
                subject=event.login_id,
                facts={"code": unit.keys.unseal(event.code), "expires_at": event.expires_at.isoformat()},
                not_after=event.expires_at,
                phone=unit.keys.encrypt(number, PHONE),
                phone_fingerprint=unit.keys.fingerprint(number, PHONE),
            ),
            unit,
        )


def forget_person(event: ErasureRequested, unit: Unit) -> None:
    """Somebody is to be forgotten."""
    erase_person(ErasePerson(erasure_id=event.erasure_id, records=(event.resident_id, *event.merged)), unit)


def tell_referral(event: ReferralOpened, helpline: str, unit: Unit) -> None:
    """Somebody needs a follow-up: the text asks them to call, at any hour, and says nothing of why."""
    if event.resident_id is not None:
        compose(
            Compose(
                purpose="referral",
                category="critical",
                subject=event.referral_id,
                facts={"due_on": event.due_on.isoformat(), "helpline": helpline},
                not_after=datetime.combine(event.due_on, time.max, SHANGHAI),
                resident_id=event.resident_id,
            ),
            unit,
        )


def tell_of_authority(
    purpose: Literal["authority_given", "authority_ended"], event: AuthorityGiven | AuthorityEnded, helpline: str, unit: Unit
) -> None:
    """Elder and carer both learn that one may act for the other, or no longer; the texts name nobody."""
    for resident_id, variant in ((event.elder_id, "elder"), (event.carer_id, "carer")):
        compose(
            Compose(
                purpose=purpose,
                subject=event.authority_id,
                facts={"variant": variant, "helpline": helpline},
                not_after=unit.now + WORTH_KNOWING,
                resident_id=resident_id,
            ),
            unit,
        )


def _tell_carer(
    variant: str,
    event: RegistrationConfirmed | RegistrationWaitlisted | RegistrationCancelled,
    session: Session,
    unit: Unit,
    *,
    not_after: datetime,
) -> None:
    """A carer who did this for somebody is told too."""
    if event.acted_by is None or unit.find(Carer, (event.resident_id, event.acted_by)) is None:
        return
    compose(
        Compose(
            purpose="carer_told",
            subject=event.registration_id,
            slot=variant,
            facts=facts_of(session) | {"variant": variant},
            not_after=not_after,
            resident_id=event.acted_by,
            session_id=session.id,
        ),
        unit,
    )


def _tell(
    purpose: Purpose,
    registration: Registration,
    session: Session,
    unit: Unit,
    *,
    not_after: datetime,
    slot: str = "",
    **facts: str,
) -> None:
    compose(
        Compose(
            purpose=purpose,
            subject=registration.id,
            slot=slot,
            facts=facts_of(session) | facts,
            not_after=not_after,
            resident_id=registration.resident_id,
            registration_id=registration.id,
            session_id=session.id,
        ),
        unit,
    )
