"""Take the texts that may go now: looked at once more and written down as attempts, many in one transaction.

From its commit on each of them may have gone. One claim at a time in a lane: so the order is kept, and a number's texts counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import SQLModel, col, select

from services.notify.domain import hours, lengths, limits, texts
from services.notify.features import group, progress
from services.notify.features.budget import held
from services.notify.features.call import ask_for_call
from services.notify.features.choose import choices_of, wants
from services.notify.features.compose import FACTS, PHONE
from services.notify.features.house_rules import hours_in_force
from services.notify.features.merge_reminders import merge_reminders
from services.notify.features.prompts import asked_already, is_question, mark_of
from services.notify.features.route import Routes, Way
from services.notify.features.wordings import Worded, Wordings, wordings
from services.notify.gateways import Text
from services.notify.tables import Contact, Message, Registration, Session
from services.notify.tables.messages import Lane
from shared.log import log
from shared.unit import Unit

Handovers = dict[str, list[Text]]
"""The texts that may be handed over now, by carrier."""
Row = TypeVar("Row", bound=SQLModel)

WORDS = "attempt.words"
LEASE = timedelta(seconds=60)
NOBODY = UUID(int=0)
BROKEN = timedelta(minutes=15)
"""How long a text is left alone that cannot be made: whoever mends the template or the key has until it is too late for it."""

LOOK_FOR_WORDING = timedelta(minutes=10)
"""How often a text that has no approved wording looks whether there is one now."""

ANSWERS = ("answer", "staff_answer")
"""Whoever texts us is answered by text, whatever they want otherwise."""

NEEDS = {
    "place_confirmed": "confirmed",
    "reminder_day": "confirmed",
    "reminder_hours": "confirmed",
    "place_waitlisted": "waitlisted",
}
"""The state a registration must still be in for a text about it to be true."""

OUTLOOK = """
    SELECT (SELECT count(*) FROM (
        SELECT FROM message WHERE state = 'planned' AND lane = '{lane}' AND due_at <= %(now)s LIMIT 100) AS due),
    (SELECT min(due_at) FROM message WHERE state = 'planned' AND lane = '{lane}' AND due_at > %(now)s)
"""

_ALONE = """
    SELECT set_config('idle_in_transaction_session_timeout', '10s', true), now(),
        pg_advisory_xact_lock(hashtextextended('claim ' || %s, 0))
"""
"""A process that is stopped in the middle of its claim must not hold up the others for long."""

_IN_LINE = """
    WITH RECURSIVE line AS (
        (SELECT priority, coalesce(batch_id, '00000000-0000-0000-0000-000000000000') AS batch
         FROM message WHERE state = 'planned' AND lane = %(lane)s ORDER BY 1, 2 LIMIT 1)
        UNION ALL
        SELECT beyond.* FROM line, LATERAL (
            SELECT priority, coalesce(batch_id, '00000000-0000-0000-0000-000000000000') AS batch
            FROM message WHERE state = 'planned' AND lane = %(lane)s
            AND (priority, coalesce(batch_id, '00000000-0000-0000-0000-000000000000')) > (line.priority, line.batch)
            ORDER BY 1, 2 LIMIT 1
        ) AS beyond
    )
    SELECT first.id FROM line, LATERAL (
        SELECT id, row_number() OVER (ORDER BY due_at, id) AS turn FROM (
            SELECT id, due_at FROM message
            WHERE state = 'planned' AND lane = %(lane)s AND due_at <= %(now)s AND priority = line.priority
            AND coalesce(batch_id, '00000000-0000-0000-0000-000000000000') = line.batch
            ORDER BY due_at LIMIT %(most)s
        ) AS due
    ) AS first ORDER BY line.priority, first.turn, line.batch LIMIT %(most)s
"""
"""The more urgent first; of those as urgent, bulk messages take turns. Only the head of each line is looked at."""

_CONTACTS = """
    WITH RECURSIVE chain AS (
        SELECT resident_id AS asked, resident_id, merged_into FROM contact WHERE resident_id = ANY(%(residents)s)
        UNION ALL
        SELECT chain.asked, next.resident_id, next.merged_into
        FROM chain JOIN contact AS next ON next.resident_id = chain.merged_into
    )
    SELECT chain.asked, contact.resident_id FROM chain JOIN contact USING (resident_id) WHERE chain.merged_into IS NULL
    ORDER BY contact.resident_id FOR SHARE OF contact SKIP LOCKED
"""

_INSERT = """
    INSERT INTO attempt
        (id, message_id, number, carrier, category, phone_fingerprint, words, started_at, outcome, reference, code, asks)
    SELECT *, 'open', '', '', 0 FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::text[], %s::text[], %s::text[], %s::text[],
        %s::timestamptz[])
"""


@dataclass(frozen=True, slots=True)
class Reached:
    """How the addressee of a text is reached now."""

    contact: Contact | None
    phone: str
    fingerprint: str


def claim(lane: Lane, most: int, shares: Mapping[str, int], unit: Unit) -> tuple[int, Handovers]:
    """Take at most `most` due texts of the lane; returns how many were dealt with, and what each carrier is to be handed now."""
    row = unit.cursor().execute(_ALONE, (lane,)).fetchone()
    assert row is not None
    lease_until = row[1] + LEASE
    routes = Routes(shares, lane, unit)
    messages = _due(lane, most if routes.room is None else min(most, routes.room), unit)
    if not messages:
        return 0, {}
    look = _Look(messages, unit)
    going = [message for message in look.messages if look.may_go(message)]
    given = routes.give(going)
    going = [message for message in going if given[message.id].carriers]
    waits = held(going, {message.id: given[message.id].carriers[0] for message in going}, unit)
    for message in going:
        if message.id in waits:
            progress.try_again(message, waits[message.id], "limit", unit)
    going = merge_reminders([message for message in going if message.id not in waits], unit)
    ready = _write_down(going, look.reached, given, lease_until, unit)
    group.save(look.messages, [], unit)
    stay = sum(message.state == "planned" and message.due_at <= unit.now for message in look.messages)
    return len(look.messages) - stay, ready


def _due(lane: Lane, most: int, unit: Unit) -> list[Message]:
    """The next texts in line, locked; what somebody else is at is left to them."""
    line = unit.cursor().execute(_IN_LINE, {"lane": lane, "most": most, "now": unit.now}).fetchall()
    place = {id: number for number, (id,) in enumerate(line)}
    found = select(Message).where(col(Message.id).in_(place), col(Message.state) == "planned")
    messages = unit.session.exec(found.with_for_update(skip_locked=True)).all()
    for message in messages:
        unit.session.expunge(message)
    return sorted(messages, key=lambda message: place[message.id])


class _Look:
    """What has to be known of a group of texts to let them go."""

    def __init__(self, messages: Sequence[Message], unit: Unit) -> None:
        self._unit = unit
        self._hours = hours_in_force(unit)
        residents = {message.resident_id for message in messages if message.resident_id is not None}
        stands_for: dict[UUID | None, UUID] = dict(unit.cursor().execute(_CONTACTS, {"residents": list(residents)}).fetchall())
        known = _by_key(Contact, Contact.resident_id, set(stands_for.values()), unit)
        self._chosen = choices_of(list(known), unit)
        self._registrations = _by_key(Registration, Registration.id, {message.registration_id for message in messages}, unit)
        self._sessions = _by_key(Session, Session.id, {message.session_id for message in messages}, unit)
        changing = {resident for resident in residents - stands_for.keys() if unit.find(Contact, resident) is not None}
        self.messages = [message for message in messages if message.resident_id not in changing]
        """Those whose contact nobody is changing at this moment: the others are looked at again in a moment."""
        self.reached = {
            message.id: _reach(message, known.get(stands_for.get(message.resident_id, NOBODY))) for message in self.messages
        }

    def may_go(self, message: Message) -> bool:
        """Whether it goes now. Else it waits for the morning, or is skipped for the strongest reason."""
        reached = self.reached[message.id]
        message.phone_fingerprint = reached.fingerprint
        reason = self._reason_to_skip(message, reached)
        if reason is not None:
            if reason in ("no_phone", "called_instead"):
                ask_for_call(message, reason, self._unit)
            progress.skip(message, reason, self._unit)
            return False
        morning = _morning(message, self._unit.now, self._hours)
        if morning > self._unit.now:
            progress.try_again(message, morning, "night", self._unit)
            return False
        return True

    def _reason_to_skip(self, message: Message, reached: Reached) -> progress.SkipReason | None:
        contact, asks_leave_to_text = reached.contact, message.category != "code" and message.purpose not in ANSWERS
        asks_leave = message.category not in limits.URGENT and message.purpose not in ANSWERS
        if self._is_off(message):
            return "cancelled"
        if asks_leave_to_text and contact is not None and contact.calls:
            return "called_instead"
        if not reached.phone:
            return "no_phone"
        if asks_leave and contact is not None and not wants(contact, message.category, self._chosen):
            return "opted_out"
        return "expired" if self._unit.now > message.not_after else None

    def _is_off(self, message: Message) -> bool:
        needed = NEEDS.get(message.purpose)
        if needed is None or message.registration_id is None or message.session_id is None:
            return False
        return (
            self._registrations[message.registration_id].state != needed
            or self._sessions[message.session_id].state == "cancelled"
        )


def _reach(message: Message, contact: Contact | None) -> Reached:
    if contact is None:
        return Reached(None, message.phone, message.phone_fingerprint)
    return Reached(contact, contact.phone, contact.phone_fingerprint)


def _morning(message: Message, now: datetime, in_force: hours.Hours) -> datetime:
    """Now, or until when the night holds it up. A reminder, or anything for many, waits even where that is too late for it."""
    open_hours = hours.hours_of(message.category, in_force)
    if message.purpose.startswith("reminder_") or message.batch_id is not None:
        return hours.next_civil(now, open_hours)
    return hours.earliest(now, exempt=message.category in limits.URGENT, event_at=message.not_after, hours=open_hours)


def _write_down(
    messages: Sequence[Message], reached: dict[UUID, Reached], given: Mapping[UUID, Way], lease_until: datetime, unit: Unit
) -> Handovers:
    """Write the attempts down; a text that cannot be made is put off, and keeps nobody else waiting."""
    if not messages:
        return {}
    ready: Handovers = {}
    rows = []
    in_force = wordings(unit)
    marked = _to_be_marked(messages, unit)
    for message in messages:
        try:
            if message.id in marked:
                message.mark = mark_of(message, message.phone_fingerprint, unit)
            facts: texts.Facts = json.loads(unit.keys.decrypt(message.facts, FACTS)) | {"mark": message.mark}
            carrier, worded = _worded(message, facts, given[message.id].carriers, in_force, unit)
            phone = unit.keys.decrypt(reached[message.id].phone, PHONE)
        except Exception:
            log.exception("text_broken", message_id=str(message.id), purpose=message.purpose)
            progress.try_again(message, unit.now + BROKEN, "broken", unit)
            continue
        if worded is None:
            progress.try_again(message, unit.now + LOOK_FOR_WORDING, "template", unit)
            continue
        message.attempts += 1
        message.state, message.held_for, message.parts = "sending", "", lengths.parts(worded.text)
        message.lease_until, message.template_version = lease_until, worded.version
        text = Text(given[message.id].out_id, phone, worded.text, worded.code, worded.values)
        kept = unit.keys.encrypt(worded.text, WORDS)
        rows.append(
            (text.out_id, message.id, message.attempts, carrier, message.category, message.phone_fingerprint, kept, unit.now)
        )
        ready.setdefault(carrier, []).append(text)
        if message.id in marked:
            group.save([message], [], unit)  # the next question to this number has to see it
    if rows:
        unit.cursor().execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
    return ready


def _worded(
    message: Message, facts: texts.Facts, carriers: Sequence[str], in_force: Wordings, unit: Unit
) -> tuple[str, Worded | None]:
    """The text in the words of the first of the carriers that has approved any."""
    for carrier in carriers:
        worded = in_force.word(message.purpose, facts, unit.now, carrier)
        if worded is not None:
            return carrier, worded
    return "", None


def _to_be_marked(messages: Sequence[Message], unit: Unit) -> set[UUID]:
    """The questions to numbers at which another one is open, or goes along."""
    questions = [message for message in messages if is_question(message)]
    times = Counter(message.phone_fingerprint for message in questions)
    open_at = asked_already(list(times), unit) if times else set()
    return {message.id for message in questions if times[message.phone_fingerprint] > 1 or message.phone_fingerprint in open_at}


def _by_key(table: type[Row], key: Any, wanted: Iterable[UUID | None], unit: Unit) -> dict[UUID, Row]:
    ids = {id for id in wanted if id is not None}
    return {getattr(row, key.key): row for row in unit.session.exec(select(table).where(col(key).in_(ids)))} if ids else {}
