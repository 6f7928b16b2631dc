"""Why something cannot be done with a programme, a session, a series or a live room."""

from __future__ import annotations

from shared.errors import Conflict, Invalid, NotFound


class SessionIsOver(Conflict):
    """The session has begun or been held: what was to be decided before it is decided."""

    code = "session_over"
    title = "The session is over"


class SessionIsCancelled(Conflict):
    """The session does not take place."""

    code = "session_cancelled"
    title = "The session is cancelled"


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
