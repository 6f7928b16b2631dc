"""Why a wish cannot be carried out, in the reader's words."""

from __future__ import annotations

from typing import Any, ClassVar

from shared.errors import Conflict, Invalid, NotFound, NotLoggedIn, TooMany
from shared.web import phrase


class PhoneTaken(Conflict):
    """Somebody is registered with this number already."""

    code = "phone_taken"
    title = "This phone is registered already"


class UnknownResident(NotFound):
    """Nobody here has this id."""

    code = "unknown_resident"
    title = "No such resident"


class UnknownRegistration(NotFound):
    """There is no such registration, or it is somebody else's."""

    code = "unknown_registration"
    title = "No such registration"


class SignUpNotOpenYet(Conflict):
    """Sign-up begins later; `opens_at` says when."""

    code = "sign_up_not_open_yet"
    title = "Sign-up has not begun"


class SignUpClosed(Conflict):
    """Sign-up has ended, the session has not."""

    code = "sign_up_closed"
    title = "Sign-up has ended"


class SessionIsOver(Conflict):
    """The session has begun or been held: what was to be decided before it is decided."""

    code = "session_over"
    title = "The session is over"


class SessionIsCancelled(Conflict):
    """The session does not take place."""

    code = "session_cancelled"
    title = "The session is cancelled"


class AlreadyRegistered(Conflict):
    """The resident has a place or waits for one; `registration_id` and `state` say which."""

    code = "already_registered"
    title = "Registered already"


class NothingToGiveBack(Conflict):
    """The registration was cancelled before, or its holder has already come."""

    code = "nothing_to_give_back"
    title = "There is no place to give back"


class NoRoom(Conflict):
    """Every place is given; staff can let somebody in all the same by saying so."""

    code = "no_room"
    title = "No place is left"


class WrongKind(Conflict):
    """This is done with livestreams only, or with anything but livestreams."""

    code = "wrong_kind"
    title = "Not for this kind of session"


class NotBegun(Conflict):
    """The session cannot be closed before it has started."""

    code = "not_begun"
    title = "The session has not begun"


class SameTime(Conflict):
    """The programme has a session at this time already."""

    code = "same_time"
    title = "There is a session at this time"


class UnknownTopic(Invalid):
    """The programme has no topic with this code."""

    code = "unknown_topic"
    title = "No such topic"


class RoomIsClosed(Conflict):
    """The live room is not open: it has not begun, or has ended."""

    code = "room_closed"
    title = "The live room is not open"


class RoomIsOpen(Conflict):
    """The live room was opened before."""

    code = "room_open"
    title = "The live room is open already"


class NameTaken(Conflict):
    """Another staff account has this name."""

    code = "name_taken"
    title = "This name is taken"


class TooManyCodes(TooMany):
    """Codes were asked for too often, for this number or from this place; the same for every number."""

    code = "too_many_codes"
    title = "Codes were asked for too often"
    words: ClassVar[str] = phrase("验证码要得太勤了，请过一会儿再试；着急可以打电话给我们。")


class WrongCode(NotLoggedIn):
    """The code is wrong, used, too old, or was tried too often."""

    code = "wrong_code"
    title = "The code is not right"
    words: ClassVar[str] = phrase("验证码不对，或者已经过期。请看清短信里的六位数字，再填一次，或重新要一个。")


class WrongPassword(NotLoggedIn):
    """Name and password do not belong together, or the account pauses after too many tries."""

    code = "wrong_password"
    title = "Name or password is wrong"
    words: ClassVar[str] = phrase("账号或密码不对。连错五次，要等一会儿再试。")


class PartyTooLarge(Invalid):
    """More people at once than the session takes; `most` says how many may come together."""

    code = "party_too_large"
    title = "Too many people at once"


class NotOnline(Invalid):
    """The session has no places online."""

    code = "not_online"
    title = "Not online"


class NotForYou(Conflict):
    """The programme is meant for other people: by age, street or nomination."""

    code = "not_for_you"
    title = "The programme is for others"


class NoOffer(Conflict):
    """No place is kept for this registration now; `state` says what it is instead."""

    code = "no_offer"
    title = "No place is kept"


class NothingToMove(Conflict):
    """The registration has no place that could be moved between the room and online, and waits for none."""

    code = "nothing_to_move"
    title = "Nothing to move"


class NothingInTerm(Conflict):
    """The programme has no session to sign up for in these days."""

    code = "nothing_in_term"
    title = "No sessions in this term"


class WrongIdNumber(Invalid):
    """No identity number can be like this; `why` says in which way."""

    code = "wrong_id_number"
    title = "The identity number is not right"


class DoesNotFitIdNumber(Invalid):
    """The `field` given beside the identity number says something else than the number."""

    code = "does_not_fit_id_number"
    title = "Contradicts the identity number"


class IdNumberTaken(Conflict):
    """Somebody is registered with this identity number already."""

    code = "id_number_taken"
    title = "This identity number is registered already"


class MergedAway(Conflict):
    """This record was merged into another, `kept`; that is the one to work with."""

    code = "merged_away"
    title = "Merged into another record"


class NotForOneself(Invalid):
    """Two different residents are needed, and one was named twice."""

    code = "not_for_oneself"
    title = "The same person twice"


class CarerCannotLogIn(Conflict):
    """A carer acts through an account of their own, which needs a mobile number."""

    code = "carer_cannot_log_in"
    title = "The carer has no account"


class AuthorityInForce(Conflict):
    """The carer acts for the elder already."""

    code = "authority_in_force"
    title = "Given already"


class UnknownAuthority(NotFound):
    """There is no such authority, or it is none of the caller's."""

    code = "unknown_authority"
    title = "No such authority"


class TooFewPlaces(Conflict):
    """More places are given than there would be; `taken` and `online_taken` say how many, `session_id` where."""

    code = "too_few_places"
    title = "More places are taken than that"


class ImpossibleRule(Invalid):
    """No session can come of this recurrence: it is no RRULE, has no end of hours, or meets no date."""

    code = "impossible_rule"
    title = "This recurrence cannot be"


class NotInSeries(Conflict):
    """The session, or the date, does not belong to a recurrence."""

    code = "not_in_series"
    title = "Not part of a series"


class UnknownInstructor(NotFound):
    """Nobody on the list of lecturers and volunteers has this id."""

    code = "unknown_instructor"
    title = "No such lecturer or volunteer"


class NotWaiting(Conflict):
    """The registration stands in no line; `state` says what it is instead."""

    code = "not_waiting"
    title = "Not waiting"


class UnknownMerge(NotFound):
    """There is no such merge, or it was taken back."""

    code = "unknown_merge"
    title = "No such merge"


class MergedAgainSince(Conflict):
    """A later merge of the same record has to be taken back first."""

    code = "merged_again_since"
    title = "Merged again since"


class NotMissed(Conflict):
    """The holder of the registration came, or the session has not been closed yet; `state` says how it stands."""

    code = "not_missed"
    title = "Not missed"


class Refused(Conflict):
    """A scan at the door does not count; `code` is its verdict. The scan is kept all the same."""

    title = "The scan does not count"

    def __init__(self, verdict: str, detail: str, **facts: Any) -> None:
        super().__init__(detail, **facts)
        self.verdict = verdict

    def as_json(self) -> dict[str, Any]:
        """The problem document, named after the verdict."""
        return super().as_json() | {"type": f"about:{self.verdict}", "code": self.verdict}


class ToBeForgotten(Conflict):
    """One of two records to be merged belongs to somebody who asked to be forgotten."""

    code = "to_be_forgotten"
    title = "Somebody asked for this record to be erased"


class TwoSeats(Conflict):
    """Two records cannot be merged because of their seats in a course."""

    code = "two_seats"
    title = "Two seats in one course"
