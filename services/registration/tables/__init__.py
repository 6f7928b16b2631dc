"""Registration's tables. Every rule that must never be broken is a constraint here too."""

from services.registration.tables.access import LoginCode, Staff
from services.registration.tables.base import Table
from services.registration.tables.calendar import Programme, Session
from services.registration.tables.live import LiveQuestion, LiveRoom, LiveViewer
from services.registration.tables.people import (
    AccessNote,
    Authority,
    Consent,
    Household,
    Merge,
    Resident,
    ResidentMarks,
)
from services.registration.tables.places import Registration

__all__ = [
    "AccessNote",
    "Authority",
    "Consent",
    "Household",
    "LiveQuestion",
    "LiveRoom",
    "LiveViewer",
    "LoginCode",
    "Merge",
    "Programme",
    "Registration",
    "Resident",
    "ResidentMarks",
    "Session",
    "Staff",
    "Table",
]
