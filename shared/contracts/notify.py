"""What notify tells: which texts went out, whether they arrived, and what came back."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.contracts.registration import MissedReason
from shared.event import Event

Purpose = Literal[
    "place_confirmed",
    "place_waitlisted",
    "place_cancelled",
    "place_offered",
    "reminder_day",
    "reminder_hours",
    "session_cancelled",
    "session_changed",
    "missed_you",
    "referral",
    "carer_told",
    "authority_given",
    "authority_ended",
    "login_code",
    "answer",
    "notice",
    "staff_answer",
]
Category = Literal["service", "public_benefit", "promotion", "critical", "code"]
Choosable = Literal["service", "promotion", "calls"]
"""What a person may want or not: texts at all (`service`), promotion among them, and calls."""


class MessageSent(Event, type="notify.message_sent", subject="message_id"):
    """The carrier took a text of `parts` parts for delivery."""

    message_id: UUID
    resident_id: UUID | None
    purpose: Purpose
    category: Category
    carrier: str
    parts: int
    session_id: UUID | None = None


class MessageDelivered(Event, type="notify.message_delivered", subject="message_id"):
    """The carrier reports the text on the phone."""

    message_id: UUID
    purpose: Purpose
    carrier: str


class MessageFailed(Event, type="notify.message_failed", subject="message_id"):
    """The text did not reach the phone and will not be tried again; `code` is the carrier's own."""

    message_id: UUID
    purpose: Purpose
    carrier: str
    code: str


class MessageUnknown(Event, type="notify.message_unknown", subject="message_id"):
    """The carrier did not answer: the text may or may not have gone; it is asked about, never blindly sent again."""

    message_id: UUID
    purpose: Purpose
    carrier: str


class MessageSkipped(Event, type="notify.message_skipped", subject="message_id"):
    """A due text was not sent, for a stated reason."""

    message_id: UUID
    resident_id: UUID | None
    purpose: Purpose
    reason: Literal["opted_out", "expired", "no_phone", "cancelled", "called_instead", "merged", "stopped"]


class CarrierLeft(Event, type="notify.carrier_left", subject="carrier_id"):
    """A carrier is used no more for now: it failed (`errors` of `answers` lately), was too slow, or somebody took it out."""

    carrier_id: UUID
    carrier: str
    reason: Literal["errors", "slow", "operator"]
    answers: int = 0
    errors: int = 0


class CarrierBack(Event, type="notify.carrier_back", subject="carrier_id"):
    """A carrier that had been left for so many `seconds` is used again."""

    carrier_id: UUID
    carrier: str
    seconds: int


class ReplyReceived(Event, type="notify.reply_received", subject="reply_id"):
    """A resident answered, by text or when called: what that meant, and which registration it is about when that is certain.

    With the meaning `reason` comes why they missed a session.
    """

    reply_id: UUID
    resident_id: UUID
    meaning: Literal["accept", "decline", "stop", "refuse", "resume", "reason", "other"]
    registration_id: UUID | None = None
    session_id: UUID | None = None
    reason: MissedReason | None = None
    channel: Literal["text", "call"] = "text"


class FellBack(Event, type="notify.fell_back", subject="message_id"):
    """A text does not reach somebody: its matter goes on by a call, or by a neighbourhood volunteer at their door."""

    message_id: UUID
    resident_id: UUID | None
    purpose: Purpose
    step: Literal["call", "volunteer"]
    why: Literal["no_phone", "called_instead", "failed", "unknown", "not_reached", "wrong_number", "no_calls"]


class CallMade(Event, type="notify.call_made", subject="message_id"):
    """Somebody called in the place of a text, for the `tries`-th time."""

    message_id: UUID
    purpose: Purpose
    outcome: Literal["coming", "not_coming", "undecided", "told", "wrong_number", "no_more_calls", "busy", "no_answer"]
    tries: int


class ErrandDone(Event, type="notify.errand_done", subject="message_id"):
    """A neighbourhood volunteer was at somebody's door in the place of a text."""

    message_id: UUID
    purpose: Purpose
    outcome: Literal["told", "not_home", "moved"]


class ThreadRead(Event, type="notify.thread_read", subject="resident_id"):
    """A member of staff read what somebody and we have texted each other; the person may know."""

    resident_id: UUID
    staff_id: UUID
    role: str


class OptedOut(Event, type="notify.opted_out", subject="resident_id"):
    """A resident wants no more of one category: of texts at all (`service`), of promotion, or of calls.

    `proof`: the reply that said so, or the account of whoever wrote it down; `wording`: the version of what they were told;
    `at`: when they said so.
    """

    resident_id: UUID
    category: Category | Choosable
    channel: Literal["web", "staff", "text"]
    proof: UUID | None = None
    wording: str = ""
    at: datetime | None = None


class OptedIn(Event, type="notify.opted_in", subject="resident_id"):
    """A resident wants one category (again); with its proof as in `OptedOut`."""

    resident_id: UUID
    category: Choosable
    channel: Literal["web", "staff", "text"]
    proof: UUID | None
    wording: str
    at: datetime


class TextsErased(Event, type="notify.person_erased", subject="erasure_id"):
    """Nothing here leads to the person any more: `texts` they got and sent are kept as counts, without words and numbers."""

    erasure_id: UUID
    texts: int
