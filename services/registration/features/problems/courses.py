"""Why something cannot be done with a course or a certificate."""

from __future__ import annotations

from shared.errors import Conflict, Forbidden, NotFound


class NotACourse(Conflict):
    """Only programmes of kind course have a cohort, and each has one."""

    code = "not_a_course"
    title = "Not a course, or one that is open already"


class UnknownCourse(NotFound):
    """No course is open under this id."""

    code = "unknown_course"
    title = "No such course"


class UnknownNomination(NotFound):
    """There is no such nomination, or it is somebody else's."""

    code = "unknown_nomination"
    title = "No such nomination"


class QuotaFull(Conflict):
    """The neighbourhood has sent everybody it may; `holders` says who has its seats."""

    code = "quota_full"
    title = "The neighbourhood's seats are taken"


class ForeignNeighbourhood(Forbidden):
    """A neighbourhood's own staff send and withdraw nobody for another."""

    code = "foreign_neighbourhood"
    title = "Another neighbourhood's nomination"


class NoQuota(Conflict):
    """The course gives this neighbourhood no seats."""

    code = "no_quota"
    title = "No seats for this neighbourhood"


class AlreadyNominated(Conflict):
    """This person is on the course's list already."""

    code = "already_nominated"
    title = "Nominated already"


class CourseHasBegun(Conflict):
    """People are replaced until the first lesson starts, not later."""

    code = "course_begun"
    title = "The course has begun"


class NotOnCourse(Conflict):
    """This person is not enrolled in the course."""

    code = "not_on_course"
    title = "Not enrolled in this course"


class NothingMissed(Conflict):
    """The person attended the lesson, or it is not over yet: there is nothing to excuse or make up."""

    code = "nothing_missed"
    title = "No lesson was missed"


class NoMakeUp(Conflict):
    """The course does not let this lesson be made up, or the session offered in its place does not do."""

    code = "no_make_up"
    title = "This cannot make up for the lesson"


class UnknownHours(NotFound):
    """Nobody's ledger has this line, or another's has."""

    code = "unknown_hours"
    title = "No such line"


class HoursVoided(Conflict):
    """The line is voided, or is what voids another."""

    code = "hours_voided"
    title = "Voided already"


class CreditedBefore(Conflict):
    """The lesson was made up before, or the attendance has made up for another."""

    code = "credited_before"
    title = "Credited already"


class NothingUnclear(Conflict):
    """Somebody signed out, or never came: there is nothing for staff to confirm."""

    code = "nothing_unclear"
    title = "Nothing to confirm"


class NoTest(Conflict):
    """The course has no such test, or nobody may take it now."""

    code = "no_test"
    title = "There is no test to take"


class TestIsTaken(Conflict):
    """Somebody has answered the test: its questions stay as they are."""

    code = "test_taken"
    title = "The test has been taken"


class NoTriesLeft(Conflict):
    """The person has used every try at this test."""

    code = "no_tries_left"
    title = "No tries are left"


class NoSurvey(Conflict):
    """The survey is not open: not begun, over, or opened before."""

    code = "no_survey"
    title = "The survey is not open"


class UnknownBallot(NotFound):
    """No open survey has a ballot for this token, or it has been used."""

    code = "unknown_ballot"
    title = "No such ballot"


class UnknownFollowUp(NotFound):
    """There is no such follow-up, or it is somebody else's."""

    code = "unknown_follow_up"
    title = "No such follow-up"


class FollowUpNotDue(Conflict):
    """The follow-up is asked later, or has been answered."""

    code = "follow_up_not_due"
    title = "The follow-up cannot be answered now"


class NotCompleted(Conflict):
    """A certificate needs a completed course."""

    code = "not_completed"
    title = "The course is not completed"


class HasCertificate(Conflict):
    """There is a certificate in force already."""

    code = "has_certificate"
    title = "There is a certificate already"


class UnknownCertificate(NotFound):
    """No certificate has this number."""

    code = "unknown_certificate"
    title = "No such certificate"


class RevokedBefore(Conflict):
    """The certificate was revoked before."""

    code = "revoked_before"
    title = "Revoked already"


class NotPrinted(Conflict):
    """The certificate's file is still being made."""

    code = "not_printed"
    title = "The file is being made"


class HasCycle(Conflict):
    """The person's hours are counted over a cycle that overlaps this one."""

    code = "has_cycle"
    title = "The cycles overlap"
