"""The cadre course: who is sent, three lessons, and certificates that cannot be changed."""

from __future__ import annotations

import re
from datetime import timedelta

from infra.demo import cast
from infra.demo.acts import Month, close, held, register, scan, schedule, with_places
from infra.demo.cast import shanghai
from infra.demo.stage import Stage, call

LESSON = timedelta(hours=2)


def course_opens(stage: Stage, month: Month) -> None:
    """Neighbourhoods send people within their quotas, and the first lesson is held."""
    stage.move_clock(shanghai(5, 12, 14))
    stage.title("社区工作骨干培训班: the course opens")
    desk = stage.staff("clerk")
    month.course = call(desk, "POST", "/registration/api/programmes", cast.CADRE_COURSE.as_json())["id"]
    month.lessons = [schedule(stage, month.course, shanghai(5, day, 9), LESSON, 40) for day in cast.LESSONS]
    quotas = [{"neighbourhood": code, "name": name, "seats": 6} for code, name in cast.NEIGHBOURHOODS]
    cohort = {"programme_id": month.course, "cohort": "2021年第一期", "issuer": "老西门街道", "needs_test": False}
    call(desk, "POST", "/registration/api/courses", cohort | {"needs_practical": True, "quotas": quotas})
    path = f"/registration/api/courses/{month.course}"
    for place, person in enumerate(cast.people(6 * len(quotas), seed=513)):
        worker = register(stage, person, consents=("texts",))
        code, _ = cast.NEIGHBOURHOODS[place % len(quotas)]
        call(desk, "POST", f"{path}/nominations", {"resident_id": worker, "neighbourhood": code})
    enrolled = call(desk, "POST", f"{path}/enrol")
    stage.tell(f"{len(quotas)} neighbourhoods send {enrolled['people']} people: {enrolled['places']} places in three lessons.")
    _hold(stage, month, 0, away=1)
    counts = held(stage, month.lessons[0])
    stage.tell(f"First lesson: {counts['confirmed']} community workers enrolled, [bold]{counts['attended']}[/] attended.")


def course_goes_on(stage: Stage, month: Month) -> None:
    """The second lesson."""
    _hold(stage, month, 1, away=2)
    stage.title("The course goes on")
    counts = held(stage, month.lessons[1])
    stage.tell(f"Second lesson, {counts['topic_title']}: [bold]{counts['attended']}[/] of {counts['confirmed']} attended.")


def course_ends(stage: Stage, month: Month) -> None:
    """The last lesson, a practical exercise, and certificates for those who lack nothing."""
    _hold(stage, month, 2, away=1)
    stage.move_clock(shanghai(5, 28, 10))
    stage.title("The course ends with certificates")
    desk, path = stage.staff("clerk"), f"/registration/api/courses/{month.course}"
    standings = call(desk, "GET", f"{path}/standings")
    for standing in standings:
        call(desk, "PUT", f"{path}/practicals", {"resident_id": standing["resident_id"], "passed": True})
    done = call(desk, "POST", f"{path}/complete")
    stage.tell(f"Minutes from sign-in to sign-out, lesson by lesson: {len(done)} of {len(standings)} lack nothing.")
    numbers = [call(desk, "POST", f"/registration/api/nominations/{each['id']}/certificate")["number"] for each in done]
    sql = "SELECT count(*) FROM certificate WHERE pdf_sha256 IS NOT NULL"
    stage.wait_for(lambda: stage.number("registration", sql) == len(numbers), "the printed certificates")
    pdf = desk.get(f"/registration/api/certificates/{numbers[0]}/file").content
    place = len(pdf) // 2
    forged = pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]
    verdicts = [_check(stage, file) for file in (pdf, forged)]
    stage.tell(
        f"{len(numbers)} certificates are signed and printed, the first is {numbers[0]}. Checked by anybody: {verdicts[0]};"
    )
    stage.tell(f"with one bit of the file turned over: [bold]{verdicts[1]}[/].")
    stage.settle()


def _check(stage: Stage, file: bytes) -> str:
    """The word in which the public page sums up a file."""
    sent = {"file": ("certificate.pdf", file, "application/pdf")}
    page = stage.visitor().post("/registration/certificates", files=sent, headers={"accept": "text/html"})
    found = re.search(r'class="pill[^"]*">.*?<span>(.*?)</span>', page.text, re.DOTALL)
    return found[1] if found else f"the page answered {page.status_code}"


def _hold(stage: Stage, month: Month, number: int, *, away: int) -> None:
    """One lesson: reminders before it, everybody but the last `away` signs in and out."""
    session, begins = month.lessons[number], shanghai(5, cast.LESSONS[number], 9)
    for at in (begins - timedelta(hours=12, minutes=34), begins - timedelta(minutes=10)):
        stage.move_clock(at)
        stage.settle()
    here = with_places(stage, session)
    here = here[: len(here) - away]
    for direction, at in (("entry", begins - timedelta(minutes=5)), ("exit", begins + LESSON)):
        stage.move_clock(at)
        for registration in here:
            scan(stage, session, registration_id=registration["id"], direction=direction)
    close(stage, session, begins + LESSON + timedelta(minutes=5))
