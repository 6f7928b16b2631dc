"""What can be wrong with each command of registration, and with which code that is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Bad:
    """One wrong request: `ids` name other things in the path, `body` changes the right body; a value of None leaves it out."""

    what: str
    status: int
    code: str
    body: dict[str, Any] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    who: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """Who may send it (`clerk`, `operator`, `guest`, `both`, `anybody`), its path's ids, its right body, what can be wrong."""

    who: str
    ids: dict[str, str]
    body: dict[str, Any] | None
    bad: tuple[Bad, ...]


def unknown(name: str, code: str) -> Bad:
    """An id in the path that nothing has."""
    return Bad("an unknown id", 404, code, ids={name: "{nobody}"})


def nobody(field: str, code: str) -> Bad:
    """An id in the body that nothing has."""
    return Bad(f"an unknown {field}", 404, code, {field: "{nobody}"})


def invalid(what: str, **body: Any) -> Bad:
    """A value that cannot be right."""
    return Bad(what, 422, "invalid", body)


PROGRAMME = {"kind": "series", "title": "午间半小时", "organiser": "红十字会", "street": "310101019", "place": "社区食堂"}
RHYTHM = {"rule": "FREQ=WEEKLY;BYDAY=WE", "first_on": "2021-06-02", "begins": "12:00", "minutes": 30}
IMPOSSIBLE = (
    Bad("a rule that is none", 422, "impossible_rule", {"rule": "every Wednesday"}),
    Bad("a rule by the minute", 422, "impossible_rule", {"rule": "FREQ=MINUTELY"}),
    Bad("the thirtieth of February", 422, "impossible_rule", {"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}),
    Bad("a rule that both ends and counts", 422, "impossible_rule", {"rule": "FREQ=WEEKLY;COUNT=3;UNTIL=20210901T000000Z"}),
    invalid("no minutes", minutes=0),
    invalid("more places than a hall has", capacity=10_000_000),
)
SESSION = {"session_id": "{session}"}
PROGRAMME_IDS = {"programme_id": "{programme}"}
COURSE = {"programme_id": "{course}"}
PLACE = {"registration_id": "{place}"}
QUESTION = {"code": "q1", "words": "先做什么？", "options": ["看", "跑"], "right": 0}
PERSON = {"name": "陈阿婆", "street": "310101019"}

PEOPLE: dict[str, Command] = {
    "POST /residents/me/exports": Command("guest", {}, None, ()),
    "POST /residents/me/erasure": Command("guest", {}, None, ()),
    "DELETE /residents/me/erasure/{erasure_id}": Command(
        "guest",
        {"erasure_id": "{erasure}"},
        None,
        (unknown("erasure_id", "unknown_erasure"), Bad("a foreign wish", 404, "unknown_erasure")),
    ),
    "POST /erasures": Command(
        "clerk",
        {},
        {"resident_id": "{other}"},
        (nobody("resident_id", "unknown_resident"), Bad("a merged record", 409, "merged_away", {"resident_id": "{merged}"})),
    ),
    "POST /erasures/{erasure_id}/withdraw": Command(
        "clerk", {"erasure_id": "{erasure}"}, None, (unknown("erasure_id", "unknown_erasure"),)
    ),
    "POST /erasures/{erasure_id}/hold": Command(
        "clerk",
        {"erasure_id": "{erasure}"},
        {"reason": "补助还没有发完"},
        (unknown("erasure_id", "unknown_erasure"), invalid("no reason", reason="  "), invalid("a novel", reason="长" * 201)),
    ),
    "POST /erasures/{erasure_id}/release": Command(
        "clerk",
        {"erasure_id": "{erasure}"},
        None,
        (unknown("erasure_id", "unknown_erasure"), Bad("nothing is held", 409, "not_held")),
    ),
    "POST /residents": Command(
        "clerk",
        {},
        PERSON,
        (
            invalid("no name", name=" "),
            invalid("an emoji in the name", name="陈阿婆🌻"),
            invalid("a rare name with something hidden", name="𠮷\u200b野"),
            invalid("digits", name="陈阿婆2"),
            invalid("a street that is none", street="老西门"),
            invalid("no phone", phone="021-call-me"),
            Bad("an ID number that fails its check", 422, "wrong_id_number", {"id_number": "110105194912310021"}),
            Bad("an ID number of the thirtieth of February", 422, "wrong_id_number", {"id_number": "110105194902300026"}),
            Bad("somebody's phone", 409, "phone_taken", {"phone": "13800138000"}),
            Bad("somebody's ID number", 409, "id_number_taken", {"id_number": "11010519491231002X"}),
            Bad(
                "another birth year than the ID number's",
                422,
                "does_not_fit_id_number",
                {"id_number": "11010519491231002X", "birth_year": 1950},
            ),
            invalid("a birth year to come", birth_year=2190),
            invalid("a need that is none", needs=["a lift"]),
        ),
    ),
    "POST /residents/me/consents": Command(
        "guest",
        {},
        {"purpose": "texts", "given": True},
        (invalid("a purpose that is none", purpose="everything"), invalid("perhaps", given="perhaps")),
    ),
    "POST /residents/me/carers": Command(
        "guest",
        {},
        {"name": "王秀珍", "phone": "13700137000", "relation": "child"},
        (
            Bad("a number that nobody has", 404, "unknown_resident"),
            Bad("oneself", 404, "unknown_resident", {"name": "李四", "phone": "13800138000"}),
            invalid("a relation that is none", relation="cousin"),
        ),
    ),
    "POST /residents/me/authorities/{authority_id}/end": Command(
        "guest",
        {"authority_id": "{authority}"},
        None,
        (unknown("authority_id", "unknown_authority"), Bad("a foreign one", 404, "unknown_authority", who="other")),
    ),
    "PATCH /residents/{resident_id}": Command(
        "clerk",
        {"resident_id": "{other}"},
        {"neighbourhood": "小桃园居委"},
        (
            unknown("resident_id", "unknown_resident"),
            Bad("a merged record", 409, "merged_away", ids={"resident_id": "{merged}"}),
            Bad("somebody's phone", 409, "phone_taken", {"phone": "13800138000"}),
            invalid("an emoji", name="王🌻"),
            Bad("an ID number that fails its check", 422, "wrong_id_number", {"id_number": "110105194912310021"}),
            invalid("nothing of a name", name=""),
        ),
    ),
    "POST /residents/{resident_id}/reveal": Command(
        "clerk",
        {"resident_id": "{other}"},
        {"why": "核对号码"},
        (unknown("resident_id", "not_found"), invalid("no reason", why=" ")),
    ),
    "POST /residents/{resident_id}/consents": Command(
        "clerk",
        {"resident_id": "{other}"},
        {"purpose": "texts", "given": True},
        (unknown("resident_id", "unknown_resident"), invalid("a purpose that is none", purpose="everything")),
    ),
    "POST /residents/{resident_id}/household": Command(
        "clerk",
        {"resident_id": "{other}"},
        {"lives_with": "{guest}"},
        (
            unknown("resident_id", "unknown_resident"),
            nobody("lives_with", "unknown_resident"),
            Bad("with oneself", 422, "not_for_oneself", {"lives_with": "{other}"}),
        ),
    ),
    "POST /authorities": Command(
        "clerk",
        {},
        {"elder_id": "{other}", "carer_id": "{guest}", "relation": "child", "ground": "own_word"},
        (
            nobody("elder_id", "unknown_resident"),
            nobody("carer_id", "unknown_resident"),
            Bad("for oneself", 422, "not_for_oneself", {"carer_id": "{other}"}),
            invalid("a ground that is none", ground="heard it"),
        ),
    ),
    "POST /authorities/{authority_id}/end": Command(
        "clerk", {"authority_id": "{authority}"}, None, (unknown("authority_id", "unknown_authority"),)
    ),
    "POST /merges": Command(
        "clerk",
        {},
        {"kept": "{guest}", "merged": "{other}"},
        (
            nobody("kept", "unknown_resident"),
            nobody("merged", "unknown_resident"),
            Bad("one with itself", 422, "not_for_oneself", {"merged": "{guest}"}),
            Bad("one that was merged before", 409, "merged_away", {"merged": "{merged}"}),
        ),
    ),
    "POST /merges/{merge_id}/undo": Command(
        "clerk",
        {"merge_id": "{merge}"},
        None,
        (
            unknown("merge_id", "unknown_merge"),
            Bad("what was taken back before", 404, "unknown_merge", ids={"merge_id": "{undone}"}),
        ),
    ),
}

CALENDAR: dict[str, Command] = {
    "POST /programmes": Command(
        "clerk",
        {},
        PROGRAMME,
        (
            invalid("a kind that is none", kind="party"),
            invalid("no title", title=" "),
            invalid("ages the wrong way round", audience={"age_from": 80, "age_to": 60}),
            invalid("a party of none", party_max=0),
            invalid("two topics of one code", topics=[{"code": "a", "title": "一"}, {"code": "a", "title": "二"}]),
            invalid("a policy that is none", waitlist_policy="friends first"),
        ),
    ),
    "POST /programmes/{programme_id}/edit": Command(
        "clerk",
        PROGRAMME_IDS,
        {"title": "午间半小时", "organiser": "红十字会", "place": "社区食堂"},
        (
            unknown("programme_id", "not_found"),
            invalid("no title", title=""),
            invalid("closing before it opens", opens_days=1, closes_hours=48),
            Bad("fewer places than are taken", 409, "too_few_places", {"capacity": 1, "planned": True}),
        ),
    ),
    "PUT /programmes/{programme_id}/topics": Command(
        "clerk",
        PROGRAMME_IDS,
        {"topics": [{"code": "a", "title": "一"}]},
        (
            unknown("programme_id", "not_found"),
            invalid("two of one code", topics=[{"code": "a", "title": "一"}, {"code": "a", "title": "二"}]),
        ),
    ),
    "POST /programmes/{programme_id}/recurrences": Command(
        "clerk", PROGRAMME_IDS, RHYTHM, (unknown("programme_id", "not_found"), *IMPOSSIBLE)
    ),
    "POST /programmes/{programme_id}/recurrences/preview": Command(
        "clerk", PROGRAMME_IDS, RHYTHM, (unknown("programme_id", "not_found"), *IMPOSSIBLE)
    ),
    "POST /recurrences/{recurrence_id}/skip": Command(
        "clerk",
        {"recurrence_id": "{series}"},
        {"on": "2021-06-01"},
        (
            unknown("recurrence_id", "not_found"),
            Bad("a day that is none of its own", 409, "not_in_series", {"on": "2021-06-02"}),
            invalid("no day", on="soon"),
        ),
    ),
    "POST /recurrences/{recurrence_id}/end": Command(
        "clerk",
        {"recurrence_id": "{series}"},
        {"last_on": "2021-06-30"},
        (unknown("recurrence_id", "not_found"), invalid("no day", last_on="2021-06-31")),
    ),
    "POST /sessions": Command(
        "clerk",
        {},
        {"programme_id": "{programme}", "starts_at": "2021-05-20T04:00:00Z", "ends_at": "2021-05-20T04:30:00Z", "capacity": 10},
        (
            nobody("programme_id", "not_found"),
            invalid("an end before its beginning", ends_at="2021-05-20T03:00:00Z"),
            invalid("a close before the opening", opens_at="2021-05-19T00:00:00Z", closes_at="2021-05-18T00:00:00Z"),
            invalid("a time without a zone", starts_at="2021-05-20T12:00:00"),
            invalid("fewer places than none", capacity=-1),
            Bad("a topic that the programme has not", 422, "unknown_topic", {"topic": "dance"}),
            Bad(
                "a moment that is taken",
                409,
                "same_time",
                {"starts_at": "2021-05-12T04:00:00Z", "ends_at": "2021-05-12T04:30:00Z"},
            ),
        ),
    ),
    "POST /sessions/{session_id}/hold": Command(
        "clerk",
        SESSION,
        None,
        (
            unknown("session_id", "not_found"),
            Bad("before it begins", 409, "not_begun"),
            Bad("what was called off", 409, "session_cancelled", ids={"session_id": "{called_off}"}),
        ),
    ),
    "POST /sessions/{session_id}/cancel": Command(
        "clerk",
        SESSION,
        {"reason": "weather"},
        (
            unknown("session_id", "not_found"),
            invalid("a reason that is none", reason="no mood"),
            invalid("a character no database keeps", words="台\0风"),
        ),
    ),
    "POST /sessions/{session_id}/edit": Command(
        "clerk",
        SESSION,
        {"title": "午间半小时"},
        (
            unknown("session_id", "not_found"),
            Bad("fewer places than are taken", 409, "too_few_places", {"capacity": 1}),
            Bad(
                "an end before its beginning",
                422,
                "invalid",
                {"starts_at": "2021-05-12T05:00:00Z", "ends_at": "2021-05-12T04:00:00Z"},
            ),
            Bad("what was called off", 409, "session_cancelled", ids={"session_id": "{called_off}"}),
            Bad("a topic that the programme has not", 422, "unknown_topic", {"topic": "dance"}),
        ),
    ),
    "POST /sessions/{session_id}/series/edit": Command(
        "clerk",
        {"session_id": "{in_series}"},
        {"scope": "following", "title": "下午茶"},
        (
            unknown("session_id", "not_found"),
            Bad("a session of no series", 409, "not_in_series", ids={"session_id": "{session}"}),
            invalid("a scope that is none", scope="some"),
            Bad("a rule that never comes", 422, "impossible_rule", {"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}),
        ),
    ),
    "PUT /sessions/{session_id}/people": Command(
        "clerk",
        SESSION,
        {"people": [{"instructor_id": "{instructor}", "part": "lecturer"}]},
        (
            unknown("session_id", "not_found"),
            Bad(
                "an unknown lecturer", 404, "unknown_instructor", {"people": [{"instructor_id": "{nobody}", "part": "lecturer"}]}
            ),
            invalid("a part that is none", people=[{"instructor_id": "{instructor}", "part": "guest"}]),
        ),
    ),
    "PUT /holidays/days": Command(
        "clerk",
        {},
        {"on": "2021-10-01", "kind": "off", "name": "国庆节"},
        (invalid("no day", on="2021-02-30"), invalid("a kind that is none", kind="half"), invalid("no name", name="")),
    ),
    "POST /holidays/days/clear": Command("clerk", {}, {"on": "2021-10-01"}, (invalid("no day", on="never"),)),
    "POST /holidays/confirm": Command("clerk", {}, {"year": 2021}, (invalid("a year far away", year=99_999),)),
    "POST /instructors": Command(
        "clerk", {}, {"name": "周老师"}, (invalid("no name", name=""), invalid("an emoji", name="周🌻"))
    ),
    "POST /instructors/{instructor_id}/edit": Command(
        "clerk",
        {"instructor_id": "{instructor}"},
        {"name": "周老师"},
        (unknown("instructor_id", "unknown_instructor"), invalid("no name", name="")),
    ),
    "POST /mine/calendar": Command("guest", {}, None, ()),
    "DELETE /mine/calendar": Command("guest", {}, None, ()),
}

PLACES: dict[str, Command] = {
    "POST /registrations": Command(
        "both",
        {},
        {"session_id": "{session}", "resident_id": "{other}"},
        (
            nobody("session_id", "not_found"),
            nobody("resident_id", "unknown_resident"),
            Bad("what was called off", 409, "session_cancelled", {"session_id": "{called_off}"}),
            Bad("twice", 409, "already_registered", {"resident_id": "{guest}"}),
            Bad("for a stranger", 404, "unknown_resident", who="guest"),
            invalid("a party of none", party=0),
            Bad("a crowd", 422, "party_too_large", {"party": 9}),
            Bad("online where there is no online", 422, "not_online", {"mode": "online"}),
        ),
    ),
    "POST /registrations/{registration_id}/cancel": Command(
        "both",
        PLACE,
        None,
        (unknown("registration_id", "unknown_registration"), Bad("a foreign one", 404, "unknown_registration", who="other")),
    ),
    "POST /registrations/{registration_id}/accept": Command(
        "both",
        PLACE,
        None,
        (
            unknown("registration_id", "unknown_registration"),
            Bad("a foreign one", 404, "unknown_registration", ids={"registration_id": "{waiting}"}, who="guest"),
            Bad("who waits still", 409, "no_offer", ids={"registration_id": "{waiting}"}),
        ),
    ),
    "POST /registrations/{registration_id}/decline": Command(
        "both",
        PLACE,
        None,
        (
            unknown("registration_id", "unknown_registration"),
            Bad("a foreign one", 404, "unknown_registration", who="other"),
            Bad("who waits still", 409, "no_offer", ids={"registration_id": "{waiting}"}),
        ),
    ),
    "POST /registrations/{registration_id}/mode": Command(
        "both",
        PLACE,
        {"mode": "online"},
        (
            unknown("registration_id", "unknown_registration"),
            Bad("a foreign one", 404, "unknown_registration", who="other"),
            Bad("where there is no online", 409, "no_room"),
            invalid("a mode that is none", mode="by phone"),
        ),
    ),
    "POST /enrolments": Command(
        "both",
        {},
        {"programme_id": "{programme}", "resident_id": "{other}"},
        (
            nobody("programme_id", "not_found"),
            nobody("resident_id", "unknown_resident"),
            Bad("for a stranger", 404, "unknown_resident", who="guest"),
            Bad("days the wrong way round", 422, "invalid", {"since": "2021-06-30", "until": "2021-05-12"}),
            Bad("days without a session", 409, "nothing_in_term", {"since": "2031-06-30", "until": "2031-07-12"}),
        ),
    ),
    "POST /enrolments/leave": Command(
        "both",
        {},
        {"programme_id": "{programme}", "resident_id": "{other}"},
        (
            Bad("nothing to give back", 409, "nothing_to_give_back"),
            Bad("days the wrong way round", 422, "invalid", {"since": "2021-06-30", "until": "2021-05-12"}),
            Bad("for a stranger", 404, "unknown_resident", who="guest"),
        ),
    ),
    "POST /sessions/{session_id}/scans": Command(
        "clerk",
        SESSION,
        {"registration_id": "{place}"},
        (
            unknown("session_id", "not_found"),
            Bad("before the day", 409, "not_yet"),
            invalid("two at once", digits="8000"),
            invalid("nothing shown", registration_id=None),
            invalid("five digits", registration_id=None, digits="80001"),
            Bad("a ticket that is none", 409, "unknown", {"registration_id": None, "ticket": "🌻"}),
        ),
    ),
    "POST /sessions/{session_id}/door": Command(
        "guest",
        SESSION,
        {"code": "5f0c1a7be2d94c03"},
        (
            unknown("session_id", "not_found"),
            Bad("an old code", 409, "wrong_code"),
            Bad("for a stranger", 404, "unknown_resident", {"resident_id": "{other}"}),
        ),
    ),
    "POST /registrations/{registration_id}/missed": Command(
        "clerk",
        PLACE,
        {"reason": "forgot"},
        (
            unknown("registration_id", "unknown_registration"),
            Bad("who did not miss anything", 409, "not_missed"),
            invalid("a reason that is none", reason="lazy"),
        ),
    ),
    "POST /sessions/{session_id}/offline-scans": Command(
        "clerk",
        SESSION,
        {"door_pass": "forged", "scans": []},
        (unknown("session_id", "not_found"), invalid("no list", scans="none")),
    ),
    "POST /sessions/{session_id}/conflicts/{nonce}/settle": Command(
        "clerk",
        SESSION | {"nonce": "{nobody}"},
        {"note": "打电话问过"},
        (
            unknown("session_id", "not_found"),
            Bad("a scan that is none", 404, "nothing_to_settle"),
            Bad("a name that is none", 422, "invalid", ids={"nonce": "the-last-one"}),
            invalid("a note like a letter", note="长" * 201),
        ),
    ),
    "POST /sessions/{session_id}/sheets": Command(
        "clerk",
        SESSION,
        None,
        (unknown("session_id", "not_found"), Bad("for a livestream", 409, "wrong_kind", ids={"session_id": "{live}"})),
    ),
    "POST /livestreams/{session_id}/open": Command(
        "clerk",
        {"session_id": "{live}"},
        None,
        (unknown("session_id", "not_found"), Bad("what is no livestream", 409, "wrong_kind", ids={"session_id": "{session}"})),
    ),
    "POST /livestreams/{session_id}/close": Command(
        "clerk",
        {"session_id": "{live}"},
        None,
        (unknown("session_id", "not_found"), Bad("a room that is not open", 409, "room_closed")),
    ),
    "POST /live/{session_id}/questions": Command(
        "anybody",
        {"session_id": "{live}"},
        {"viewer": "{nobody}", "words": "面试要带什么材料？"},
        (
            Bad("an unknown id", 409, "room_closed", ids={"session_id": "{nobody}"}),
            Bad("a room that is not open", 409, "room_closed"),
            invalid("nothing asked", words="  "),
        ),
    ),
    "POST /live/{session_id}/reactions": Command(
        "anybody",
        {"session_id": "{live}"},
        {"viewer": "{nobody}"},
        (
            Bad("an unknown id", 409, "room_closed", ids={"session_id": "{nobody}"}),
            Bad("a room that is not open", 409, "room_closed"),
            invalid("no viewer", viewer="me"),
        ),
    ),
}

COURSES: dict[str, Command] = {
    "POST /courses": Command(
        "clerk",
        {},
        {
            "programme_id": "{programme}",
            "cohort": "春季班",
            "issuer": "街道办",
            "quotas": [{"neighbourhood": "310101019003", "name": "净土居委", "seats": 2}],
        },
        (
            nobody("programme_id", "not_found"),
            Bad("a programme that is no course", 409, "not_a_course"),
            invalid("a threshold above all", threshold=101),
            invalid("a neighbourhood that is none", quotas=[{"neighbourhood": "净土", "name": "净土居委", "seats": 2}]),
        ),
    ),
    "POST /courses/{programme_id}/nominations": Command(
        "clerk",
        COURSE,
        {"resident_id": "{other}", "neighbourhood": "310101019003"},
        (
            unknown("programme_id", "unknown_course"),
            nobody("resident_id", "unknown_resident"),
            Bad("a neighbourhood without seats", 409, "no_quota", {"neighbourhood": "310101019999"}),
            Bad("who is on the list", 409, "already_nominated", {"resident_id": "{guest}"}),
            nobody("replaces", "unknown_nomination"),
        ),
    ),
    "POST /nominations/{nomination_id}/withdraw": Command(
        "clerk", {"nomination_id": "{nomination}"}, None, (unknown("nomination_id", "unknown_nomination"),)
    ),
    "POST /courses/{programme_id}/enrol": Command("clerk", COURSE, None, (unknown("programme_id", "unknown_course"),)),
    "POST /courses/{programme_id}/excuses": Command(
        "clerk",
        COURSE,
        {"session_id": "{lesson}", "resident_id": "{guest}", "reason": "家里老人住院"},
        (
            unknown("programme_id", "unknown_course"),
            Bad("an unknown session_id", 409, "not_on_course", {"session_id": "{nobody}"}),
            Bad("an unknown resident_id", 409, "not_on_course", {"resident_id": "{nobody}"}),
            Bad("another programme's session", 409, "not_on_course", {"session_id": "{session}"}),
            invalid("no reason", reason=""),
        ),
    ),
    "POST /registrations/{registration_id}/stayed": Command(
        "clerk", PLACE, None, (unknown("registration_id", "unknown_registration"), Bad("nothing unclear", 409, "nothing_unclear"))
    ),
    "POST /sessions/{session_id}/make-up-only": Command(
        "clerk",
        {"session_id": "{lesson}"},
        None,
        (
            unknown("session_id", "not_found"),
            Bad("a session of no course", 404, "unknown_course", ids={"session_id": "{session}"}),
        ),
    ),
    "POST /courses/{programme_id}/make-ups": Command(
        "clerk",
        COURSE,
        {"session_id": "{lesson}", "registration_id": "{place}"},
        (
            unknown("programme_id", "unknown_course"),
            Bad("an unknown session_id", 409, "not_on_course", {"session_id": "{nobody}"}),
            nobody("registration_id", "unknown_registration"),
        ),
    ),
    "PUT /courses/{programme_id}/tests": Command(
        "clerk",
        COURSE,
        {"moment": "pre", "questions": [QUESTION]},
        (
            unknown("programme_id", "unknown_course"),
            invalid("no questions", questions=[]),
            invalid("one code twice", questions=[QUESTION, QUESTION]),
            invalid("no such answer", questions=[QUESTION | {"right": 5}]),
            invalid("no moment", moment="later"),
        ),
    ),
    "POST /courses/{programme_id}/tests/taken": Command(
        "guest",
        COURSE,
        {"moment": "pre", "answers": {"q1": 0}},
        (
            unknown("programme_id", "unknown_course"),
            Bad("who is not in the class yet", 409, "not_on_course"),
            invalid("no moment", moment="x"),
        ),
    ),
    "PUT /courses/{programme_id}/practicals": Command(
        "clerk",
        COURSE,
        {"resident_id": "{other}", "passed": True},
        (
            unknown("programme_id", "unknown_course"),
            Bad("who is not on the course", 409, "not_on_course"),
            invalid("perhaps", passed="perhaps"),
        ),
    ),
    "POST /courses/{programme_id}/survey": Command(
        "clerk",
        COURSE,
        {},
        (
            unknown("programme_id", "unknown_course"),
            Bad("before the last lesson", 409, "no_survey"),
            invalid("no questions", questions=[]),
        ),
    ),
    "POST /follow-ups/{follow_up_id}": Command(
        "both",
        {"follow_up_id": "{nobody}"},
        {"rating": 4},
        (Bad("an unknown one", 404, "unknown_follow_up"), invalid("six of five", rating=6)),
    ),
    "POST /courses/{programme_id}/results": Command(
        "clerk", COURSE, {"words": "建起了议事会"}, (unknown("programme_id", "unknown_course"), invalid("nothing", words=""))
    ),
    "POST /courses/{programme_id}/complete": Command("clerk", COURSE, None, (unknown("programme_id", "unknown_course"),)),
    "POST /nominations/{nomination_id}/certificate": Command(
        "clerk",
        {"nomination_id": "{nomination}"},
        None,
        (unknown("nomination_id", "unknown_nomination"), Bad("who has not completed it", 409, "not_completed")),
    ),
    "POST /certificates/{number}/revoke": Command(
        "clerk",
        {"number": "{nobody}"},
        {"reason": "姓名有误"},
        (Bad("an unknown one", 404, "unknown_certificate"), invalid("no reason", reason="")),
    ),
    "POST /certificates/check": Command("anybody", {}, {"signed": "x"}, (invalid("nothing", signed=None),)),
    "POST /residents/{resident_id}/cycles": Command(
        "clerk",
        {"resident_id": "{guest}"},
        {"starts_on": "2021-01-01", "grade": "assistant"},
        (
            unknown("resident_id", "unknown_resident"),
            invalid("a grade that is none", grade="boss"),
            invalid("no day", starts_on="2021-13-01"),
        ),
    ),
    "POST /residents/{resident_id}/hours": Command(
        "clerk",
        {"resident_id": "{guest}"},
        {"title": "个案工作", "category": "业务", "minutes": 180, "evidence": "证书", "earned_on": "2021-04-20"},
        (
            unknown("resident_id", "unknown_resident"),
            invalid("no minutes", minutes=0),
            invalid("hours of forty minutes", minutes_per_hour=40),
        ),
    ),
    "POST /residents/{resident_id}/hours/{entry_id}/void": Command(
        "clerk",
        {"resident_id": "{guest}", "entry_id": "{nobody}"},
        {"why": "证书是别人的"},
        (
            unknown("resident_id", "unknown_resident"),
            Bad("a line that is none", 404, "unknown_hours"),
            invalid("no reason", why=" "),
            invalid("a reason like a letter", why="长" * 101),
        ),
    ),
    "POST /survey": Command(
        "anybody",
        {},
        {"token": "x", "answers": {"useful": 5}},
        (Bad("a token that is none", 404, "unknown_ballot"), invalid("no answers", answers=[1])),
    ),
}

ACCESS: dict[str, Command] = {
    "POST /login/code": Command(
        "anybody", {}, {"phone": "13900139000"}, (invalid("no phone", phone="call me"), invalid("an emoji", phone="🌻"))
    ),
    "POST /login/code/verify": Command(
        "anybody",
        {},
        {"login_id": "{nobody}", "code": "123456"},
        (Bad("an unknown log-in", 401, "wrong_code"), Bad("no code", 401, "wrong_code", {"code": "🌻"})),
    ),
    "POST /login/staff": Command(
        "anybody",
        {},
        {"name": "小周", "password": "wrong horse"},
        (Bad("a wrong password", 401, "wrong_password"), Bad("an unknown name", 401, "wrong_password", {"name": "𠮷野 🌻"})),
    ),
    "POST /login/staff/{half_id}/set-up": Command(
        "anybody", {"half_id": "{nobody}"}, None, (Bad("an unknown log-in", 401, "wrong_factor"),)
    ),
    "POST /login/staff/{half_id}": Command(
        "anybody", {"half_id": "{nobody}"}, {"code": "123456"}, (Bad("an unknown log-in", 401, "wrong_factor"),)
    ),
    "DELETE /log-ins": Command("both", {}, None, ()),
    "DELETE /log-ins/{log_in_id}": Command(
        "both", {"log_in_id": "{nobody}"}, None, (Bad("an unknown device", 404, "unknown_log_in"),)
    ),
    "POST /staff": Command(
        "operator",
        {},
        {"name": "李", "password": "correct horse", "roles": ["clerk"]},
        (
            Bad("a name that is taken", 409, "name_taken", {"name": "小周"}),
            invalid("a role that is none", roles=["mayor"]),
            invalid("no role", roles=[]),
            invalid("a short password", password="short"),
            invalid("a limit that is none", limits={"street": ["老西门"]}),
        ),
    ),
    "PUT /staff/{staff_id}": Command(
        "operator",
        {"staff_id": "{account}"},
        {"roles": ["clerk"]},
        (unknown("staff_id", "unknown_staff"), Bad("one's own role", 409, "own_account", ids={"staff_id": "{self}"})),
    ),
    "DELETE /staff/{staff_id}": Command(
        "operator",
        {"staff_id": "{account}"},
        None,
        (unknown("staff_id", "unknown_staff"), Bad("oneself", 409, "own_account", ids={"staff_id": "{self}"})),
    ),
    "POST /staff/{staff_id}/reset": Command(
        "operator",
        {"staff_id": "{account}"},
        {"factor": True},
        (unknown("staff_id", "unknown_staff"), invalid("a short password", password="short")),
    ),
}

COMMANDS = PEOPLE | CALENDAR | PLACES | COURSES | ACCESS
"""Every command of registration, by method and path; the interface's own prefix is left out."""
