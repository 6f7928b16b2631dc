"""Why a log-in, an account, a copy of one's records or an erasure cannot be had, in the reader's words."""

from __future__ import annotations

from typing import ClassVar

from shared.errors import Conflict, NotFound, NotLoggedIn, Problem, TooMany
from shared.web import phrase


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


class IdentityIsAway(Problem):
    """The organisation's own log-in does not answer."""

    status = 503
    code = "identity_away"
    title = "The identity provider does not answer"
    words: ClassVar[str] = phrase("单位账号的登录系统现在连不上。请过几分钟再试，或者填这里的账号和密码。")


class IdentityIsRefused(NotLoggedIn):
    """The organisation's own log-in did not let the person in, or what came back cannot be trusted."""

    code = "identity_refused"
    title = "The identity provider let nobody in"
    words: ClassVar[str] = phrase("单位账号没有登录成功，或者隔得太久。请再按一次“用单位账号登录”。")


class NobodyHere(NotLoggedIn):
    """The organisation knows the person; there is no staff account of that name here."""

    code = "identity_unknown"
    title = "No staff account of this name"
    words: ClassVar[str] = phrase("单位账号没有问题，只是这里还没有您的工作人员账号。请联系街道管理员添加。")


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
