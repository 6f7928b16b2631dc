"""Why something cannot be done with a person's record, an authority or a merge."""

from __future__ import annotations

from shared.errors import Conflict, Invalid, NotFound


class PhoneTaken(Conflict):
    """Somebody is registered with this number already."""

    code = "phone_taken"
    title = "This phone is registered already"


class UnknownResident(NotFound):
    """Nobody here has this id."""

    code = "unknown_resident"
    title = "No such resident"


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


class UnknownMerge(NotFound):
    """There is no such merge, or it was taken back."""

    code = "unknown_merge"
    title = "No such merge"


class MergedAgainSince(Conflict):
    """A later merge of the same record has to be taken back first."""

    code = "merged_again_since"
    title = "Merged again since"


class ToBeForgotten(Conflict):
    """One of two records to be merged belongs to somebody who asked to be forgotten."""

    code = "to_be_forgotten"
    title = "Somebody asked for this record to be erased"


class TwoSeats(Conflict):
    """Two records cannot be merged because of their seats in a course."""

    code = "two_seats"
    title = "Two seats in one course"
