"""What carriers' codes ask of us: one table, by carrier and code.

A code comes either as the answer to a text handed over (then nothing went out) or in a receipt (then the text has failed).
Sources: Alibaba Cloud, "API错误码" and "回执错误码" (help.aliyun.com 101346, 101347); Tencent Cloud, error codes of the SMS
interface 3.0 and of receipts (cloud.tencent.com 382/59177, 382/3771); the mainland networks' own codes after China Mobile's
CMPP list and Huawei Cloud's "状态回执错误码" (support.huaweicloud.com sms_05_0051); SMPP Protocol Specification v3.4, 5.1.3 and
appendix B, for what comes through kannel.
"""

from __future__ import annotations

from enum import Enum


class Family(Enum):
    """What a carrier's code asks of us."""

    BUSY = "busy"
    """Too often, too much, or not at this hour: the same text may go later."""
    CONTACT = "contact"
    """The number is dead or cannot take texts: somebody should ask for another one."""
    UNREACHABLE = "unreachable"
    """The phone was off or out of reach for too long: it is not tried again, somebody may call."""
    BARRED = "barred"
    """The number is on a black list, often because its owner complained: it gets no more texts from us by our own doing."""
    CONTENT = "content"
    """The carrier does not let this wording, template or signature through: an editor changes it, or files the signature."""
    CONTRACT = "contract"
    """The account is out of money, not allowed to send, or wrongly set up: operators act, or every text fails."""
    UNSURE = "unsure"
    """The carrier itself does not know whether it took the text: as if it had not answered."""
    OTHER = "other"
    """A code we have not met: the text has failed, and somebody looks."""


NO_CONNECTION = "UNREACHABLE"
"""Our own code for a carrier that could not be connected to: certainly nothing went out."""

NO_TEMPLATE = "NO_TEMPLATE"
"""Our own code for a text whose template this carrier has not approved."""

EVERY_CARRIER: dict[Family, tuple[str, ...]] = {
    Family.BUSY: (NO_CONNECTION, "429", "LIMIT", "MILIMIT", "CTLIMIT", "BEYONDN", "DB:0142", "IB:0008", "MK:1041", "MI:0061"),
    Family.CONTACT: ("MK:0001", "MK:0005", "MK:0013", "MK:0075", "CB:0001", "CB:0053", "DB:0101", "DB:0102", "MI:0073"),
    Family.UNREACHABLE: ("UNDELIV", "EXPIRED", "MK:0010", "MK:0023", "MI:0024", "MI:0042", "MI:0054", "MI:0059", "002"),
    Family.BARRED: ("MBBLACK", "DBBLACK", "TDBLACK", "TSBLACK", "BLACK", "DB:0144"),
    Family.CONTENT: (NO_TEMPLATE, "KEYWORD", "MK:0014", "MK:0115", "MK:1004", "-106"),
}
"""What the mainland networks say in receipts, whichever carrier passes it on, and our own codes."""

BY_CARRIER: dict[str, dict[Family, tuple[str, ...]]] = {
    "aliyun": {
        Family.BUSY: (
            "isv.BUSINESS_LIMIT_CONTROL",
            "isv.DAY_LIMIT_CONTROL",
            "isv.MONTH_LIMIT_CONTROL",
            "Throttling",
            "Throttling.User",
            "Throttling.Api",
        ),
        Family.CONTACT: ("isv.MOBILE_NUMBER_ILLEGAL", "isv.DOMESTIC_NUMBER_NOT_SUPPORTED"),
        Family.CONTENT: (
            "isv.SMS_SIGN_ILLEGAL",
            "isv.SIGN_STATE_ILLEGAL",
            "isv.SIGN_NAME_ILLEGAL",
            "isv.SMS_SIGNATURE_ILLEGAL",
            "isv.SMS_SIGNATURE_SCENE_ILLEGAL",
            "isv.SMS_CONTENT_ILLEGAL",
            "isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE",
            "isv.SMS_TEMPLATE_ILLEGAL",
            "isv.TEMPLATE_MISSING_PARAMETERS",
            "isv.TEMPLATE_PARAMS_ILLEGAL",
            "isv.INVALID_JSON_PARAM",
            "isv.INVALID_PARAMETERS",
            "isv.PARAM_LENGTH_LIMIT",
            "isv.PARAM_NOT_SUPPORT_URL",
            "isv.BLACK_KEY_CONTROL_LIMIT",
            "isv.EXTEND_CODE_ERROR",
        ),
        Family.CONTRACT: (
            "isv.OUT_OF_SERVICE",
            "isv.AMOUNT_NOT_ENOUGH",
            "isv.ACCOUNT_NOT_EXISTS",
            "isv.ACCOUNT_ABNORMAL",
            "isv.PRODUCT_UN_SUBSCRIPT",
            "isv.PRODUCT_UNSUBSCRIBE",
            "isv.DENY_IP_RANGE",
            "isp.RAM_PERMISSION_DENY",
            "Forbidden.RAM",
            "InvalidAccessKeyId.NotFound",
            "InvalidAccessKeyId.Inactive",
            "SignatureDoesNotMatch",
            "InvalidTimeStamp.Expired",
            "SignatureNonceUsed",
        ),
        Family.UNSURE: ("isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR", "InternalError", "ServiceUnavailable", "UnknownError"),
    },
    "tencent": {
        Family.BUSY: (
            "RequestLimitExceeded",
            "LimitExceeded",
            "FailedOperation.MarketingSendTimeConstraint",
            *("1013", "1022", "1023", "1024", "1025", "1026", "1029", "1047"),
        ),
        Family.CONTACT: ("InvalidParameterValue.IncorrectPhoneNumber", "UnsupportedOperation.UnsupportedRegion", "1016", "1045"),
        Family.BARRED: ("FailedOperation.PhoneNumberInBlacklist", "1015"),
        Family.CONTENT: (
            "FailedOperation.ContainSensitiveWord",
            "FailedOperation.SignatureIncorrectOrUnapproved",
            "FailedOperation.TemplateIncorrectOrUnapproved",
            "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
            "FailedOperation.TemplateUnapprovedOrNotExist",
            "FailedOperation.TemplateIdNotExist",
            "InvalidParameterValue",
            "InvalidParameter",
            "MissingParameter",
            "UnsupportedOperation",
            *("1002", "1012", "1014", "1017", "1036", "1038", "1048"),
        ),
        Family.CONTRACT: (
            "AuthFailure",
            "UnauthorizedOperation",
            "FailedOperation.InsufficientBalanceInSmsPackage",
            "InvalidParameterValue.SdkAppIdNotExist",
            "IpInBlacklist",
            "IpNotInWhitelist",
            "InternalError.SigVerificationFail",
            "InternalError.SigFieldMissing",
            *("1001", "1003", "1006", "1009", "1019", "1020", "1021", "1031", "1032", "1033"),
        ),
        Family.UNSURE: ("InternalError", "ServiceUnavailable", "60008", "1008"),
    },
    "kannel": {
        Family.BUSY: ("503",),
        Family.CONTACT: ("0x0000000b", "0x0000000a"),
        Family.CONTENT: ("400", "0x00000001", "0x00000045"),
        Family.CONTRACT: ("403", "404", "0x0000000d", "0x0000000e", "0x0000000f"),
        Family.BARRED: ("0x00000066",),
    },
}
"""What each carrier says of its own. A code stands for its finer ones too: `AuthFailure` for `AuthFailure.…`."""


def _flat(table: dict[Family, tuple[str, ...]]) -> dict[str, Family]:
    return {code: family for family, codes in table.items() for code in codes}


_COMMON = _flat(EVERY_CARRIER)
_OWN = {carrier: _flat(table) for carrier, table in BY_CARRIER.items()}
_OWN["simulated"] = _OWN["aliyun"]


def family(carrier: str, code: str) -> Family:
    """The family of a carrier's code. A carrier that is not in the table speaks as the simulated one does."""
    own = _OWN.get(carrier, _OWN["simulated"])
    known = own.get(code) or _COMMON.get(code)
    if known is None and "." in code:
        known = own.get(code.rpartition(".")[0])
    return known or Family.OTHER
