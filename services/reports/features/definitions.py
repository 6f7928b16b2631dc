"""Figures: a code, a definition, a unit and a window, and the one query that answers. Nothing else is printed as a number.

人次 counts visits, 人数 distinct people, 项次 item tests; they are never added together.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent
from typing import Literal

from shared.web import phrase

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
        "stations.open", phrase("开放驿站"), phrase("个"),
        phrase("已经开放的智慧健康驿站"),
        "SELECT count(*) FROM station WHERE opened_on < %(end)s",
    ),
    _so_far(
        "stations.streets", phrase("有驿站的街镇"), phrase("个"),
        phrase("至少有一个驿站的街镇"),
        "SELECT count(DISTINCT street) FROM station WHERE opened_on < %(end)s",
    ),
    _so_far(
        "stations.districts", phrase("有驿站的区"), phrase("个"),
        phrase("至少有一个驿站的区"),
        "SELECT count(DISTINCT district) FROM station WHERE opened_on < %(end)s",
    ),
    _so_far(
        "visits.so_far", phrase("累计到访"), phrase("人次"),
        phrase("各驿站自开放以来的到访，一人来几次算几次"),
        "SELECT coalesce(sum(visits), 0) FROM visits_by_station_day WHERE day < %(end)s",
        "people",
    ),
    _month(
        "visits.month", phrase("本月到访"), phrase("人次"),
        phrase("各驿站本月的到访，一人来几次算几次"),
        f"SELECT coalesce(sum(visits), 0) FROM visits_by_station_day WHERE {_IN_MONTH}",
        "people",
    ),
    _month(
        "visits.more", phrase("每天比上月多"), phrase("人次"),
        phrase("本月平均每天的到访比上月多出的人次，四舍五入，不增为零"),
        """SELECT greatest(round(
               coalesce(sum(visits) FILTER (WHERE day >= %(start)s), 0)::numeric / nullif(%(end)s::date - %(start)s::date, 0)
             - sum(visits) FILTER (WHERE day < %(start)s)::numeric / (%(start)s::date - %(before)s::date)), 0)::int
           FROM visits_by_station_day WHERE day >= %(before)s AND day < %(end)s""",
    ),
    _so_far(
        "visits.growth", phrase("一年来的增幅"), phrase("%"),
        phrase("最近十二个月的到访比再往前十二个月多出的百分比，四舍五入，不增为零；两年的记录不全也为零"),
        """SELECT greatest(round(100.0 * sum(visits) FILTER (WHERE day >= %(year)s)
                  / nullif(sum(visits) FILTER (WHERE day < %(year)s), 0) - 100), 0)::int
           FROM visits_by_station_day WHERE day >= %(two_years)s AND day < %(end)s
           HAVING min(day) < %(second_month)s""",
    ),
    _month(
        "persons.month", phrase("本月到访者"), phrase("人"),
        phrase("本月实名到访的人，一人只算一个"),
        "SELECT count(DISTINCT person_id) FROM visitor WHERE month = %(start)s",
        "people",
    ),
    _month(
        "items.month", phrase("本月检测"), phrase("项次"),
        phrase("本月各驿站做的单项检测"),
        f"SELECT coalesce(sum(items), 0) FROM visits_by_station_day WHERE {_IN_MONTH}",
    ),
    _month(
        "critical.month", phrase("当场提醒的读数"), phrase("项次"),
        phrase("本月达到危急界限、当场提醒复测的读数"),
        "SELECT count(*) FROM critical_reading WHERE seen_at >= %(starts_at)s AND seen_at < %(ends_at)s",
        "health",
    ),
    _month(
        "referrals.month", phrase("转请社区医生"), phrase("人次"),
        phrase("本月因读数需要而开出的随访"),
        "SELECT count(*) FROM referral WHERE opened_at >= %(starts_at)s AND opened_at < %(ends_at)s",
        "health",
    ),
    _month(
        "series.sessions", phrase("办成的系列活动"), phrase("场"),
        phrase("本月办成的系列活动"),
        f"SELECT count(*) FROM occurrence WHERE occurrence.kind = 'series' AND {_HELD}",
    ),
    _month(
        "series.topics", phrase("讲到的题目"), phrase("个"),
        phrase("本月系列活动讲到的不同题目"),
        f"SELECT count(DISTINCT topic) FROM occurrence WHERE occurrence.kind = 'series' AND {_HELD}",
    ),
    _month(
        "series.visits", phrase("系列活动到场"), phrase("人次"),
        phrase("本月系列活动的签到，一人来几场算几次"),
        f"SELECT count(*) FROM {_OF_HELD} AND checked_in AND occurrence.kind = 'series'",
        "people",
    ),
    _month(
        "series.people", phrase("系列活动到场者"), phrase("人"),
        phrase("本月在系列活动签到的人，一人只算一个"),
        f"SELECT count(DISTINCT resident_id) FROM {_OF_HELD} AND checked_in AND occurrence.kind = 'series'",
        "people",
    ),
    _month(
        "series.walk_ins", phrase("没报名也来的"), phrase("人次"),
        phrase("本月系列活动中没有预先报名、到门口签到的"),
        f"SELECT count(*) FROM {_OF_HELD} AND walk_in AND occurrence.kind = 'series'",
        "people",
    ),
    _month(
        "series.moved_up", phrase("候补转正"), phrase("人次"),
        phrase("本月系列活动中从候补转为有名额的报名"),
        f"SELECT count(*) FROM {_OF_HELD} AND moved_up AND occurrence.kind = 'series'",
        "people",
    ),
    _month(
        "missed.forgot", phrase("没来的：忘了"), phrase("人次"),
        phrase("报了名没来、说是忘了的，按活动所在的月份算"),
        "SELECT coalesce(sum(n), 0) FROM missed_reason WHERE reason = 'forgot' AND month = %(start)s",
        "people",
    ),
    _month(
        "missed.inconvenient", phrase("没来的：不方便"), phrase("人次"),
        phrase("报了名没来、说是不方便的，按活动所在的月份算"),
        "SELECT coalesce(sum(n), 0) FROM missed_reason WHERE reason = 'inconvenient' AND month = %(start)s",
        "people",
    ),
    _month(
        "missed.unwanted", phrase("没来的：不想来了"), phrase("人次"),
        phrase("报了名没来、说是不想来了的，按活动所在的月份算"),
        "SELECT coalesce(sum(n), 0) FROM missed_reason WHERE reason = 'unwanted' AND month = %(start)s",
        "people",
    ),
    _month(
        "livestreams", phrase("办成的直播"), phrase("场"),
        phrase("本月办成的直播"),
        f"SELECT count(*) FROM occurrence WHERE occurrence.kind = 'livestream' AND {_HELD}",
    ),
    _month(
        "livestreams.viewers", phrase("直播观看"), phrase("人"),
        phrase("本月各场直播的不同观看设备之和，同一设备一场只算一个，不含回放"),
        f"SELECT coalesce(sum(viewers), 0) FROM {_OF_LIVE}",
        "people",
    ),
    _month(
        "livestreams.peak", phrase("同时在看的最多"), phrase("人"),
        phrase("本月直播间里同一时刻最多的观看设备"),
        f"SELECT coalesce(max(peak), 0) FROM {_OF_LIVE}",
        "people",
    ),
    _month(
        "livestreams.questions", phrase("直播提问"), phrase("条"),
        phrase("本月直播间里提出的问题"),
        f"SELECT coalesce(sum(questions), 0) FROM {_OF_LIVE}",
    ),
    _month(
        "livestreams.reactions", phrase("直播点赞"), phrase("次"),
        phrase("本月直播间里送出的点赞"),
        f"SELECT coalesce(sum(reactions), 0) FROM {_OF_LIVE}",
    ),
    _month(
        "course.sessions", phrase("办成的培训课"), phrase("课"),
        phrase("本月办成的培训课"),
        f"SELECT count(*) FROM occurrence WHERE occurrence.kind = 'course' AND {_HELD}",
    ),
    _month(
        "course.visits", phrase("培训到课"), phrase("人次"),
        phrase("本月培训的签到，一人来几课算几次"),
        f"SELECT count(*) FROM {_OF_HELD} AND checked_in AND occurrence.kind = 'course'",
        "people",
    ),
    _month(
        "course.people", phrase("培训学员"), phrase("人"),
        phrase("本月在培训签到的人，一人只算一个"),
        f"SELECT count(DISTINCT resident_id) FROM {_OF_HELD} AND checked_in AND occurrence.kind = 'course'",
        "people",
    ),
    _month(
        "texts.sent", phrase("发出的短信"), phrase("条"),
        phrase("本月运营商收下待发的短信"),
        f"SELECT count(*) FROM message WHERE sent AND {_IN_MONTH}",
    ),
    _month(
        "texts.delivered", phrase("送到的短信"), phrase("条"),
        phrase("本月运营商回报送到手机的短信"),
        f"SELECT count(*) FROM message WHERE delivered AND {_IN_MONTH}",
    ),
)  # fmt: skip
"""Every figure there is, in the order in which they are listed."""

BY_CODE = {definition.code: definition for definition in DEFINITIONS}
