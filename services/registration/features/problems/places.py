"""Why somebody cannot have, keep, move or give back a place, or is not let in."""

from __future__ import annotations

from typing import Any

from shared.errors import Conflict, Invalid, NotFound


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


class NotWaiting(Conflict):
    """The registration stands in no line; `state` says what it is instead."""

    code = "not_waiting"
    title = "Not waiting"


class NotMissed(Conflict):
    """The holder of the registration came, or the session has not been closed yet; `state` says how it stands."""

    code = "not_missed"
    title = "Not missed"


class NothingToSettle(NotFound):
    """No scan of this session has this name and does not fit; or somebody has settled it already."""

    code = "nothing_to_settle"
    title = "Nothing to settle"


class Refused(Conflict):
    """A scan at the door does not count; `code` is its verdict. The scan is kept all the same."""

    title = "The scan does not count"

    def __init__(self, verdict: str, detail: str, **facts: Any) -> None:
        super().__init__(detail, **facts)
        self.verdict = verdict

    def as_json(self) -> dict[str, Any]:
        """The problem document, named after the verdict."""
        return super().as_json() | {"type": f"about:{self.verdict}", "code": self.verdict}
