"""Figures: a code, a definition, a unit and a window, and the one query that answers. Nothing else is printed as a number.

人次 counts visits, 人数 distinct people, 项次 item tests; they are never added together.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent
from typing import Literal

Window = Literal["month", "so_far"]
Privacy = Literal["things", "people", "health"]
"""`things` may always be printed; small counts of `people`, and less small ones about their `health`, may not."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What one figure counts. `sql` gets dates `start` and `end` (excluded), and the same as times."""

    code: str
    name: str
    meaning: str
    unit: str
    window: Window
    privacy: Privacy
    sql: str


def _month(code: str, name: str, unit: str, meaning: str, sql: str, privacy: Privacy = "things") -> Definition:
    return Definition(code, name, meaning, unit, "month", privacy, " ".join(dedent(sql).split()))


def _so_far(code: str, name: str, unit: str, meaning: str, sql: str, privacy: Privacy = "things") -> Definition:
    return Definition(code, name, meaning, unit, "so_far", privacy, " ".join(dedent(sql).split()))


_IN_MONTH = "day >= %(start)s AND day < %(end)s"
_HELD = "occurrence.state = 'held' AND starts_at >= %(starts_at)s AND starts_at < %(ends_at)s"
_OF_HELD = f"participation JOIN occurrence USING (session_id) WHERE {_HELD}"
_OF_LIVE = f"livestream JOIN occurrence USING (session_id) WHERE {_HELD}"

DEFINITIONS = (
    _so_far(
        "stations.open", "开放驿站", "个",
        "已经开放的智慧健康驿站",
        "SELECT count(*) FROM station WHERE opened_on < %(end)s",
    ),
    _so_far(
        "stations.streets", "有驿站的街镇", "个",
        "至少有一个驿站的街镇",
        "SELECT count(DISTINCT street) FROM station WHERE opened_on < %(end)s",
    ),
    _so_far(
        "stations.districts", "有驿站的区", "个",
        "至少有一个驿站的区",
        "SELECT count(DISTINCT district) FROM station WHERE opened_on < %(end)s",
    ),
    _so_far(
        "visits.so_far", "累计到访", "人次",
        "各驿站自开放以来的到访，一人来几次算几次",
        "SELECT coalesce(sum(visits), 0) FROM visits_by_station_day WHERE day < %(end)s",
        "people",
    ),
    _month(
        "visits.month", "本月到访", "人次",
        "各驿站本月的到访，一人来几次算几次",
        f"SELECT coalesce(sum(visits), 0) FROM visits_by_station_day WHERE {_IN_MONTH}",
        "people",
    ),
    _month(
        "visits.more", "每天比上月多", "人次",
        "本月平均每天的到访比上月多出的人次，四舍五入，不增为零",
        """SELECT greatest(round(
               coalesce(sum(visits) FILTER (WHERE day >= %(start)s), 0)::numeric / nullif(%(end)s::date - %(start)s::date, 0)
             - sum(visits) FILTER (WHERE day < %(start)s)::numeric / (%(start)s::date - %(before)s::date)), 0)::int
           FROM visits_by_station_day WHERE day >= %(before)s AND day < %(end)s""",
    ),
    _so_far(
        "visits.growth", "一年来的增幅", "%",
        "最近十二个月的到访比再往前十二个月多出的百分比，四舍五入，不增为零；两年的记录不全也为零",
        """SELECT greatest(round(100.0 * sum(visits) FILTER (WHERE day >= %(year)s)
                  / nullif(sum(visits) FILTER (WHERE day < %(year)s), 0) - 100), 0)::int
           FROM visits_by_station_day WHERE day >= %(two_years)s AND day < %(end)s
           HAVING min(day) < %(second_month)s""",
    ),
    _month(
        "persons.month", "本月到访者", "人",
        "本月实名到访的人，一人只算一个",
        "SELECT count(DISTINCT person_id) FROM visitor WHERE month = %(start)s",
        "people",
    ),
    _month(
        "items.month", "本月检测", "项次",
        "本月各驿站做的单项检测",
        f"SELECT coalesce(sum(items), 0) FROM visits_by_station_day WHERE {_IN_MONTH}",
    ),
    _month(
        "critical.month", "当场提醒的读数", "项次",
        "本月达到危急界限、当场提醒复测的读数",
        "SELECT count(*) FROM critical_reading WHERE seen_at >= %(starts_at)s AND seen_at < %(ends_at)s",
        "health",
    ),
    _month(
        "referrals.month", "转请社区医生", "人次",
        "本月因读数需要而开出的随访",
        "SELECT count(*) FROM referral WHERE opened_at >= %(starts_at)s AND opened_at < %(ends_at)s",
        "health",
    ),
    _month(
        "series.sessions", "办成的系列活动", "场",
        "本月办成的系列活动",
        f"SELECT count(*) FROM occurrence WHERE occurrence.kind = 'series' AND {_HELD}",
    ),
    _month(
        "series.topics", "讲到的题目", "个",
        "本月系列活动讲到的不同题目",
        f"SELECT count(DISTINCT topic) FROM occurrence WHERE occurrence.kind = 'series' AND {_HELD}",
    ),
    _month(
        "series.visits", "系列活动到场", "人次",
        "本月系列活动的签到，一人来几场算几次",
        f"SELECT count(*) FROM {_OF_HELD} AND checked_in AND occurrence.kind = 'series'",
        "people",
    ),
    _month(
        "series.people", "系列活动到场者", "人",
        "本月在系列活动签到的人，一人只算一个",
        f"SELECT count(DISTINCT resident_id) FROM {_OF_HELD} AND checked_in AND occurrence.kind = 'series'",
        "people",
    ),
    _month(
        "series.walk_ins", "没报名也来的", "人次",
        "本月系列活动中没有预先报名、到门口签到的",
        f"SELECT count(*) FROM {_OF_HELD} AND walk_in AND occurrence.kind = 'series'",
        "people",
    ),
    _month(
        "series.moved_up", "候补转正", "人次",
        "本月系列活动中从候补转为有名额的报名",
        f"SELECT count(*) FROM {_OF_HELD} AND moved_up AND occurrence.kind = 'series'",
        "people",
    ),
    _month(
        "livestreams", "办成的直播", "场",
        "本月办成的直播",
        f"SELECT count(*) FROM occurrence WHERE occurrence.kind = 'livestream' AND {_HELD}",
    ),
    _month(
        "livestreams.viewers", "直播观看", "人",
        "本月各场直播的不同观看设备之和，同一设备一场只算一个，不含回放",
        f"SELECT coalesce(sum(viewers), 0) FROM {_OF_LIVE}",
        "people",
    ),
    _month(
        "livestreams.peak", "同时在看的最多", "人",
        "本月直播间里同一时刻最多的观看设备",
        f"SELECT coalesce(max(peak), 0) FROM {_OF_LIVE}",
        "people",
    ),
    _month(
        "livestreams.questions", "直播提问", "条",
        "本月直播间里提出的问题",
        f"SELECT coalesce(sum(questions), 0) FROM {_OF_LIVE}",
    ),
    _month(
        "livestreams.reactions", "直播点赞", "次",
        "本月直播间里送出的点赞",
        f"SELECT coalesce(sum(reactions), 0) FROM {_OF_LIVE}",
    ),
    _month(
        "course.sessions", "办成的培训课", "课",
        "本月办成的培训课",
        f"SELECT count(*) FROM occurrence WHERE occurrence.kind = 'course' AND {_HELD}",
    ),
    _month(
        "course.visits", "培训到课", "人次",
        "本月培训的签到，一人来几课算几次",
        f"SELECT count(*) FROM {_OF_HELD} AND checked_in AND occurrence.kind = 'course'",
        "people",
    ),
    _month(
        "course.people", "培训学员", "人",
        "本月在培训签到的人，一人只算一个",
        f"SELECT count(DISTINCT resident_id) FROM {_OF_HELD} AND checked_in AND occurrence.kind = 'course'",
        "people",
    ),
    _month(
        "texts.sent", "发出的短信", "条",
        "本月运营商收下待发的短信",
        f"SELECT count(*) FROM message WHERE sent AND {_IN_MONTH}",
    ),
    _month(
        "texts.delivered", "送到的短信", "条",
        "本月运营商回报送到手机的短信",
        f"SELECT count(*) FROM message WHERE delivered AND {_IN_MONTH}",
    ),
)  # fmt: skip
"""Every figure there is, in the order in which they are listed."""

BY_CODE = {definition.code: definition for definition in DEFINITIONS}
