"""Registration's tables. Every rule that must never be broken is a constraint here too."""

from services.registration.tables.access import AccountNote, HalfLogIn, LogIn, LoginCode, RecoveryCode, Staff
from services.registration.tables.answers import AnsweredRequest
from services.registration.tables.base import Table
from services.registration.tables.calendar import Programme, Recurrence, Session, SkippedDate, TopicVersion
from services.registration.tables.calendar_people import Assignment, CalendarFeed, Instructor
from services.registration.tables.courses import (
    Course,
    CourseQuota,
    Cycle,
    Excuse,
    HourEntry,
    MakeUp,
    MakeUpSession,
    Nomination,
    Stay,
)
from services.registration.tables.holidays import HolidayYear, SpecialDay
from services.registration.tables.learning import (
    Certificate,
    CourseTest,
    FollowUp,
    Practical,
    ResultNote,
    Survey,
    SurveyBallot,
    SurveyLetter,
    TestTaken,
)
from services.registration.tables.live import LiveQuestion, LiveRoom, LiveViewer
from services.registration.tables.own_records import Erasure, ErasurePart, Export, ExportPart
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
from services.registration.tables.presence import Scan, Settlement, Sheet

__all__ = [
    "AccessNote",
    "AccountNote",
    "AnsweredRequest",
    "Assignment",
    "Authority",
    "CalendarFeed",
    "Certificate",
    "Consent",
    "Course",
    "CourseQuota",
    "CourseTest",
    "Cycle",
    "Erasure",
    "ErasurePart",
    "Excuse",
    "Export",
    "ExportPart",
    "FollowUp",
    "HalfLogIn",
    "HolidayYear",
    "HourEntry",
    "Household",
    "Instructor",
    "LiveQuestion",
    "LiveRoom",
    "LiveViewer",
    "LogIn",
    "LoginCode",
    "MakeUp",
    "MakeUpSession",
    "Merge",
    "Nomination",
    "Practical",
    "Programme",
    "RecoveryCode",
    "Recurrence",
    "Registration",
    "Resident",
    "ResidentMarks",
    "ResultNote",
    "Scan",
    "Session",
    "Settlement",
    "Sheet",
    "SkippedDate",
    "SpecialDay",
    "Staff",
    "Stay",
    "Survey",
    "SurveyBallot",
    "SurveyLetter",
    "Table",
    "TestTaken",
    "TopicVersion",
]
