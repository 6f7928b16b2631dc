"""Why a log-in, an account, a copy of one's records or an erasure cannot be had, in the reader's words."""

from __future__ import annotations

from typing import ClassVar

from shared.errors import Conflict, NotFound, NotLoggedIn, TooMany
from shared.web import phrase


class WrongFactor(NotLoggedIn):
    """The second factor's code is wrong, used, too late, or was tried too often."""

    code = "wrong_factor"
    title = "The code is not right"
    words: ClassVar[str] = phrase("验证码不对，或者已经用过。请等手机上出现下一个，再填一次；连错多次要从密码重新开始。")


class FactorIsSet(Conflict):
    """The account has a second factor."""

    code = "factor_set"
    title = "There is a second factor already"
    words: ClassVar[str] = phrase("这个账号已经设了动态验证码；换手机请联系管理员重置。")


class UnknownStaff(NotFound):
    """There is no such account, or it has ended."""

    code = "unknown_staff"
    title = "No such staff account"


class OwnAccount(Conflict):
    """Operators do not shut themselves out."""

    code = "own_account"
    title = "Not with one's own account"


class UnknownLogIn(NotFound):
    """No device of this person is logged in under this id."""

    code = "unknown_log_in"
    title = "No such log-in"


class ErasureAsked(Conflict):
    """The person asked to be forgotten before."""

    code = "erasure_asked"
    title = "Erasure was asked for already"


class UnknownErasure(NotFound):
    """There is no such wish, or it is somebody else's."""

    code = "unknown_erasure"
    title = "No such erasure"


class ErasureDecided(Conflict):
    """The wish was taken back, or is being carried out."""

    code = "erasure_decided"
    title = "It cannot be changed any more"


class NotHeld(Conflict):
    """Nobody holds this erasure."""

    code = "not_held"
    title = "It is not held"


class ExportAsked(TooMany):
    """A copy was asked for a short while ago."""

    code = "export_asked"
    title = "A copy was asked for just now"


class UnknownExport(NotFound):
    """There is no such copy, it has expired, or it is somebody else's."""

    code = "unknown_export"
    title = "No such copy"


class ExportIncomplete(Conflict):
    """A service has not answered yet; `missing` names which."""

    code = "export_incomplete"
    title = "The copy is not complete yet"
