"""What became of a scan, in the words of the person at the door, and as a problem for whoever sent it."""

from __future__ import annotations

from collections.abc import Mapping

from services.registration.domain.presence import Verdict
from services.registration.features.check_in import CheckedIn
from services.registration.features.problems import Refused
from shared.web import phrase

WORDS: Mapping[Verdict, str] = {
    "ok": phrase("好了，已经记下。"),
    "again": phrase("已经签过到，人在里面，不用再签。"),
    "unknown": phrase("没有找到这个人。请核对，或按现场登记。"),
    "cancelled": phrase("这个名额已经退了。人来了，可以按现场登记。"),
    "session_cancelled": phrase("这一场已经取消，不能签到。"),
    "other_session": phrase("这是另一场活动的名额，请看清日期和时间。"),
    "not_yet": phrase("还没到活动那一天，到了当天再签到。"),
    "over": phrase("这一场已经收场，签到已结束。"),
    "no_room": phrase("名额已满。确实坐得下，请按“仍然放行”。"),
    "not_inside": phrase("没有这个人进来的记录，不用签退。"),
    "ambiguous": phrase("有几位的手机尾号一样，请按姓名选一位。"),
    "wrong_code": phrase("墙上的码已经换了，请再扫一次。"),
    "revoked": phrase("这台设备的离线名单已经失效。这一条记下了，请人核对。"),
    "no_door": phrase("直播不用签到，人数由直播间统计。"),
}
"""One sentence for each verdict; still to be translated."""


def refusal(done: CheckedIn) -> Refused | None:
    """The scan's answer as a problem; None when it counts, or says what was known."""
    if done.verdict in ("ok", "again"):
        return None
    return Refused(done.verdict, WORDS[done.verdict], nonce=str(done.scan.nonce))
