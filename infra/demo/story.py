"""The story, chapter by chapter. Every figure it prints is the answer of a query or of the product; none is typed in."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from infra.demo import cast
from infra.demo.cast import Person, shanghai
from infra.demo.stage import Stage, StoryStopped, call, on_stage
from infra.local.stack import Stack
from infra.simulators.appliance import Appliances
from infra.simulators.viewers import Crowd

HISTORY = 499_200
"""Visits of the two years before the story. With those of its own month the total stays just under 500,000, as published."""
VIEWERS = 300
SIGN_UPS = 22


@dataclass
class Month:
    """What the chapters tell each other."""

    residents: list[tuple[Person, str]] = field(default_factory=list)
    noons: list[str] = field(default_factory=list)
    lesson: str = ""
    stream: str = ""


def play(stack: Stack, console: Console) -> bool:
    """Play the month; True when the recount of the source tables equals what was folded from events."""
    started = time.monotonic()
    with on_stage(stack, console) as stage:
        try:
            if _was_played(stage):
                stage.tell("The month was already played on this data; here is how it stands.")
            else:
                _play_month(stage)
            agreed = reckoning(stage)
        except StoryStopped as stopped:
            console.print(f"\n[red bold]The story stopped:[/] {stopped}")
            return False
    console.print(f"\n  told in {time.monotonic() - started:.0f} s")
    return agreed


def _play_month(stage: Stage) -> None:
    if stage.number("registration", "SELECT count(*) FROM programme"):
        raise StoryStopped(f"it was interrupted on this data before. Remove {stage.stack.home} and start again.")
    month = Month()
    for chapter in CHAPTERS:
        chapter(stage, month)


def _was_played(stage: Stage) -> bool:
    return bool(stage.number("reports", "SELECT count(*) FROM issue"))


# ---- chapters -----------------------------------------------------------------------------------------------------------------


def sign_up(stage: Stage, month: Month) -> None:
    """Programmes, residents, a full room, a waitlist, a place that moves on."""
    stage.move_clock(shanghai(5, 10, 9))
    stage.title("午间半小时: residents sign up, and the room fills")
    desk = stage.staff("clerk")
    noon = call(desk, "POST", "/registration/api/programmes", cast.NOON_HALF_HOUR.as_json())["id"]
    rhythm = {"rule": "FREQ=WEEKLY;BYDAY=WE", "first_on": "2021-05-12", "begins": "12:00", "minutes": 30}
    series = call(desk, "POST", f"/registration/api/programmes/{noon}/recurrences", rhythm | {"capacity": cast.CANTEEN_PLACES})
    month.noons = [_session_on(stage, noon, slot["on"]) for slot in series["next"]]
    course = call(desk, "POST", "/registration/api/programmes", cast.CADRE_COURSE.as_json())["id"]
    month.lesson = _schedule(stage, course, shanghai(5, 13, 9), timedelta(hours=2), 40)
    live = call(desk, "POST", "/registration/api/programmes", cast.LIVESTREAM.as_json())["id"]
    month.stream = _schedule(stage, live, shanghai(5, 31, 14), timedelta(hours=1, minutes=30), 20_000)
    month.residents = [(person, _register(stage, person)) for person in cast.people(28)]
    stage.tell(f"Every Wednesday at 12:00, {cast.CANTEEN}: {len(month.noons)} are on the calendar, with a topic each.")
    stage.tell(f"{len(month.residents)} residents are known, with phone and consent.")

    _sign_up_by_phone(stage, month)
    for _, resident in month.residents[1:SIGN_UPS]:
        call(desk, "POST", "/registration/api/registrations", {"session_id": month.noons[0], "resident_id": resident})
    places, waiting = _places(stage, month.noons[0])
    stage.tell(f"The first Wednesday: [bold]{places}[/] places given of {cast.CANTEEN_PLACES}, {waiting} wait.")

    gives_back = month.residents[4][1]
    call(desk, "POST", f"/registration/api/registrations/{_registration(stage, month.noons[0], gives_back)}/cancel")
    stage.tell("One gives the place back; it is kept for the next in line, who is asked by text the same moment.")
    stage.settle()
    _accept_by_text(stage, month)
    confirmed, waits = _sent(stage, "place_confirmed"), _sent(stage, "place_waitlisted")
    stage.tell(f"Texts handed to the simulated carrier: {confirmed} confirmations, {waits} about waiting.")


def _sign_up_by_phone(stage: Stage, month: Month) -> None:
    """One resident does it all alone: log-in by a code from a text, then one tap."""
    person, _ = month.residents[0]
    phone = stage.visitor()
    login = call(phone, "POST", "/registration/api/login/code", {"phone": person.phone})["login_id"]
    code = stage.wait_for(lambda: stage.code_on_phone(person.phone), "the text with the log-in code")
    call(phone, "POST", "/registration/api/login/code/verify", {"login_id": login, "code": code})
    call(phone, "POST", "/registration/api/registrations", {"session_id": month.noons[0]})
    stage.tell("One resident logs in with a code from a text and signs up alone.")


def _accept_by_text(stage: Stage, month: Month) -> None:
    """Whoever has a place on offer takes it by answering the text."""
    offered = "SELECT resident_id FROM registration WHERE session_id = %s AND state = 'offered'"
    ((asked,),) = stage.rows("registration", offered, (month.noons[0],))
    phone = next(person.phone for person, resident in month.residents if resident == str(asked))
    stage.wait_for(lambda: "回1接受" in stage.last_text(phone), "the text that offers a place")
    stage.answer_by_text(phone, "1")
    stage.wait_for(lambda: _state(stage, month.noons[0], str(asked)) == "confirmed", "the place taken by text")
    stage.settle()
    places, waiting = _places(stage, month.noons[0])
    stage.tell(f"They answer [bold]1[/] and have it: {places} places given, {waiting} wait.")


def reminders(stage: Stage, month: Month) -> None:
    """Reminders go out at a civil hour; residents answer them."""
    stage.move_clock(shanghai(5, 11, 12))
    stage.title("Reminders go out, and residents answer them")
    stage.settle()
    stage.tell(f"24 hours before: [bold]{_sent(stage, 'reminder_day')}[/] reminders sent; none between 20:30 and 08:30, by rule.")
    decliner, resident = month.residents[7]
    stage.answer_by_text(decliner.phone, "2")
    stage.wait_for(lambda: _state(stage, month.noons[0], resident) == "cancelled", "the place given back by text")
    stage.settle()
    stage.tell("One answers [bold]2[/]: the place is given back and offered to the next.")
    _accept_by_text(stage, month)
    stopper, resident = month.residents[9]
    stage.answer_by_text(stopper.phone, "TD")
    stage.wait_for(lambda: stage.number("notify", "SELECT count(*) FROM choice WHERE NOT wanted"), "the wish for no more texts")
    stage.tell("One answers [bold]TD[/]: no more reminders to that phone.")
    stage.move_clock(shanghai(5, 12, 10))
    stage.settle()
    unwanted = stage.number("notify", "SELECT count(*) FROM message WHERE skip_reason = 'opted_out'")
    stage.tell(f"2 hours before: {_sent(stage, 'reminder_hours')} reminders sent, {unwanted} left out because it is not wanted.")


def noon_half_hour(stage: Stage, month: Month) -> None:
    """The first Wednesday is held."""
    stage.move_clock(shanghai(5, 12, 11, 50))
    stage.title("At the door of the canteen")
    walk_in = month.residents[SIGN_UPS + 1][1]
    _hold(stage, month.noons[0], shanghai(5, 12, 12, 35), stay_away=2, walk_in=walk_in)
    held = _held(stage, month.noons[0])
    stage.tell(f"Held: {held['confirmed']} had a place, [bold]{held['attended']}[/] came, {held['walk_ins']} of them walked in.")


def lesson(stage: Stage, month: Month) -> None:
    """The cadre course opens with its first lesson."""
    stage.move_clock(shanghai(5, 12, 14))
    stage.title("社区工作骨干培训班: the course opens")
    for person in cast.people(18, seed=513):
        worker = _register(stage, person, consents=("texts",))
        call(stage.staff("clerk"), "POST", "/registration/api/registrations", {"session_id": month.lesson, "resident_id": worker})
    for at in (shanghai(5, 12, 20, 26), shanghai(5, 13, 8, 50)):
        stage.move_clock(at)
        stage.settle()
    _hold(stage, month.lesson, shanghai(5, 13, 11, 5), stay_away=1)
    held = _held(stage, month.lesson)
    stage.tell(f"First lesson: {held['confirmed']} community workers enrolled, [bold]{held['attended']}[/] attended.")


def stations(stage: Stage, month: Month) -> None:
    """All stations send a morning's visits; one reading is critical."""
    stage.move_clock(shanghai(5, 17, 10))
    stage.title("The city's health stations send their morning")
    subprocess.run(
        [sys.executable, "-m", "services.stations.seed"],
        env=stage.stack.environment("stations"),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    appliances = Appliances(stage.stack.origin, stage.stack.keys, seed=cast.SEED)
    sent = appliances.send_morning()
    patient, resident = month.residents[2]
    appliances.send_critical(station=f"{cast.STREET}-01", resident=UUID(resident))
    stage.settle()
    live = stage.number("stations", "SELECT count(*) FROM visit WHERE NOT imported")
    sending = stage.number("stations", "SELECT count(DISTINCT station_id) FROM visit WHERE NOT imported")
    stage.tell(f"{sent.requests} requests from {sending} stations: [bold]{live}[/] visits recorded, {sent.readings} readings.")
    critical = stage.number("reports", "SELECT count(*) FROM critical_reading")
    due = stage.rows("reports", "SELECT due_on FROM referral ORDER BY due_on LIMIT 1")[0][0]
    stage.tell(f"[bold red]{critical} critical blood pressure[/]: an alarm on the console, a referral due {due:%-d %B}.")
    text = stage.last_text(patient.phone)
    stage.tell(f"The resident's phone: “{text}” It names no value.")
    stage.move_clock(shanghai(5, 18, 9, 30))
    referral = stage.rows("stations", "SELECT id FROM referral")[0][0]
    call(stage.staff("nurse"), "POST", f"/stations/api/referrals/{referral}/close", {"outcome": "seen"})
    stage.settle()
    open_now = stage.number("reports", "SELECT count(*) FROM referral WHERE closed_at IS NULL")
    stage.tell(f"The next morning the nurse has seen the resident: {open_now} referrals are open.")


def two_more_noons(stage: Stage, month: Month) -> None:
    """The following Wednesdays are signed up for, reminded of and held."""
    stage.title("Two more Wednesdays")
    desk = stage.staff("clerk")
    for week, session in enumerate(month.noons[1:3], start=1):
        start = cast.wednesdays()[week]
        for _, resident in month.residents[week : week + 16 + week]:
            call(desk, "POST", "/registration/api/registrations", {"session_id": session, "resident_id": resident})
        stage.settle()
        for before in (timedelta(hours=24), timedelta(hours=2), timedelta(minutes=10)):
            stage.move_clock(start - before)
            stage.settle()
        _hold(stage, session, start + timedelta(minutes=35), stay_away=week)
        held = _held(stage, session)
        stage.tell(f"{start:%-d %B}, {held['topic_title']}: [bold]{held['attended']}[/] of {held['confirmed']} came.")


def livestream(stage: Stage, month: Month) -> None:
    """The livestream of 31 May, with real event streams held open by simulated viewers."""
    stage.move_clock(shanghai(5, 31, 14))
    stage.title("职业蓄能，创享西门: live from the 文庙 quarter")
    desk = stage.staff("clerk")
    call(desk, "POST", f"/registration/api/livestreams/{month.stream}/open")
    watched = Crowd(stage.stack.origin, month.stream, viewers=VIEWERS, seed=cast.SEED).watch(8)
    stage.move_clock(shanghai(5, 31, 15, 35))
    closed = call(desk, "POST", f"/registration/api/livestreams/{month.stream}/close")
    stage.settle()
    stage.tell(f"{watched.viewers} simulated viewers held a stream open and got {watched.frames:,} frames between them.")
    counts = f"{closed['questions']} questions, {closed['reactions']} reactions"
    stage.tell(f"Counted by the room: [bold]{closed['viewers']}[/] viewers, {counts}.")


def two_years(stage: Stage, _: Month) -> None:
    """The stations' history arrives through the batch path."""
    stage.move_clock(shanghai(5, 31, 20))
    stage.title("Two years of the city's health stations arrive in one batch")
    arguments = ["--visits", str(HISTORY), "--seed", str(cast.SEED), "--until", "2021-06-01"]
    environment = stage.stack.environment("stations")
    before = _counted(stage)
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        Progress(*columns, console=stage.console) as bars,
        subprocess.Popen(
            [sys.executable, "-m", "services.stations.history", *arguments], env=environment, stdout=subprocess.PIPE, text=True
        ) as load,
    ):
        loaded, folded = (
            bars.add_task("visits recorded", total=HISTORY),
            bars.add_task("visits counted in reports", total=HISTORY),
        )
        assert load.stdout is not None
        for line in load.stdout:
            bars.update(loaded, completed=json.loads(line)["done"])
            bars.update(folded, completed=_counted(stage) - before)
        if load.wait() != 0:
            raise StoryStopped("the history could not be loaded; the lines above say why")
        deadline = time.monotonic() + 300
        while (count := _counted(stage) - before) < HISTORY and time.monotonic() < deadline:
            bars.update(folded, completed=count)
            time.sleep(0.1)
        bars.update(folded, completed=_counted(stage) - before)
    stage.settle()
    stage.tell(f"[bold]{_counted(stage):,}[/] visits in all; those of the batch are generated from a fixed seed and marked so.")


def bulletin(stage: Stage, _: Month) -> None:
    """The month's bulletin goes to print."""
    stage.move_clock(shanghai(6, 1, 9))
    stage.title("The month's bulletin goes to print")
    stage.wait_for(
        lambda: not stage.number("notify", "SELECT count(*) FROM message WHERE state IN ('accepted', 'sending')"),
        "the carrier's last receipts",
    )
    stage.settle()
    call(stage.staff("editor"), "POST", "/reports/api/bulletins", {"month": "2021-05"})
    stage.wait_for(lambda: stage.number("reports", "SELECT count(*) FROM issue"), "the printed bulletin")
    stage.settle()
    sql = """SELECT number, jsonb_array_length(content -> 'notes'), octet_length(pdf),
                    content -> 'ranking' -> 'places' -> 0 ->> 'name'
             FROM issue ORDER BY number DESC LIMIT 1"""
    number, figures, size, best = stage.rows("reports", sql)[0]
    stage.tell(f"Issue {number}: {figures} figures, each with its definition and query; the PDF has {size // 1024} KiB.")
    stage.tell(f"First of the ten best stations, by the method it prints: [bold]{best}[/].")


def a_new_month(stage: Stage, month: Month) -> None:
    """Life goes on: what a visitor of the pages finds."""
    stage.move_clock(shanghai(6, 1, 9, 30))
    stage.title("And life goes on")
    desk = stage.staff("clerk")
    sessions = month.noons[3:]
    for _, resident in month.residents[3:17]:
        call(desk, "POST", "/registration/api/registrations", {"session_id": sessions[0], "resident_id": resident})
    appliances = Appliances(stage.stack.origin, stage.stack.keys, seed=cast.SEED)
    appliances.send_morning()
    appliances.send_critical(station=f"{cast.STREET}-01", resident=UUID(month.residents[5][1]))
    stage.settle()
    places, _ = _places(stage, sessions[0])
    stage.tell(f"{len(sessions)} June Wednesdays are open, {places} have signed up for tomorrow; the stations send again, and")
    stage.tell("one blood pressure is critical: its alarm waits on the console for a nurse.")


def reckoning(stage: Stage) -> bool:
    """Count everything again from the source tables and compare; then say where to look."""
    stage.title("The reckoning")
    found = call(stage.staff("operator"), "GET", "/reports/api/recount")
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("service", "what", "folded from events", "counted in its tables", ""):
        table.add_column(heading, justify="right" if "from" in heading or "in its" in heading else "left")
    for row in found["rows"]:
        mark = "[green]=[/]" if row["equal"] else "[red bold]≠[/]"
        table.add_row(
            row["source"].strip("/"), row["key"].replace("_", " "), _shown(row["counted"]), _shown(row["recounted"]), mark
        )
    stage.console.print(table)
    agreed = bool(found["equal"])
    stage.tell("[green bold]Every count agrees.[/]" if agreed else "[red bold]The counts differ.[/]")
    origin = stage.stack.origin
    stage.console.print(f"""
  Console    {origin}/reports/console     log in as clerk, nurse, editor or operator; password jiamenkou
  Handset    {origin}/notify/handset      the residents' phones; answer a text
  Bulletin   {origin}/reports/bulletin    and its PDF
  Residents  {origin}/                    sign up, my places; the code comes to the handset""")
    return agreed


CHAPTERS = (
    sign_up,
    reminders,
    noon_half_hour,
    lesson,
    stations,
    two_more_noons,
    livestream,
    two_years,
    bulletin,
    a_new_month,
)


# ---- what chapters do more than once ------------------------------------------------------------------------------------------


def _counted(stage: Stage) -> int:
    return stage.number("reports", "SELECT coalesce(sum(visits), 0) FROM visits_by_station_day")


def _schedule(stage: Stage, programme: str, at: datetime, length: timedelta, capacity: int) -> str:
    body = {"programme_id": programme, "starts_at": at.isoformat(), "ends_at": (at + length).isoformat(), "capacity": capacity}
    return str(call(stage.staff("clerk"), "POST", "/registration/api/sessions", body)["id"])


def _session_on(stage: Stage, programme: str, day: str) -> str:
    """The session that a programme has on a day."""
    found = call(stage.staff("clerk"), "GET", f"/registration/api/sessions?on={day}")
    return next(str(session["id"]) for session in found if session["programme_id"] == programme)


def _register(stage: Stage, person: Person, consents: tuple[str, ...] = ("texts", "health_readings")) -> str:
    body = {
        "name": person.name,
        "phone": person.phone,
        "street": cast.STREET,
        "birth_year": person.birth_year,
        "consents": list(consents),
    }
    return str(call(stage.staff("clerk"), "POST", "/registration/api/residents", body)["id"])


def _hold(stage: Stage, session: str, end: datetime, *, stay_away: int, walk_in: str | None = None) -> None:
    """Check in whoever has a place but the last few, let one walk in, and close."""
    desk = stage.staff("clerk")
    roster = call(desk, "GET", f"/registration/api/sessions/{session}/roster")
    placed = [line["registration"] for line in roster if line["registration"]["state"] == "confirmed"]
    for registration in placed[: len(placed) - stay_away]:
        call(desk, "POST", f"/registration/api/sessions/{session}/scans", {"registration_id": registration["id"]})
    if walk_in is not None:
        call(desk, "POST", f"/registration/api/sessions/{session}/scans", {"resident_id": walk_in, "force": True})
    stage.move_clock(end)
    call(desk, "POST", f"/registration/api/sessions/{session}/hold")
    stage.settle()


def _held(stage: Stage, session: str) -> dict[str, Any]:
    """The session as reports knows it."""
    columns = ("topic_title", "confirmed", "attended", "walk_ins")
    found = stage.rows("reports", f"SELECT {', '.join(columns)} FROM occurrence WHERE session_id = %s", (session,))
    return dict(zip(columns, found[0], strict=True))


def _places(stage: Stage, session: str) -> tuple[int, int]:
    """How many have a place, and how many wait."""
    sql = "SELECT count(*) FROM registration WHERE session_id = %s AND state = %s"
    return stage.number("registration", sql, (session, "confirmed")), stage.number("registration", sql, (session, "waitlisted"))


def _registration(stage: Stage, session: str, resident: str) -> str:
    sql = "SELECT id FROM registration WHERE session_id = %s AND resident_id = %s"
    return str(stage.rows("registration", sql, (session, resident))[0][0])


def _state(stage: Stage, session: str, resident: str) -> str:
    sql = "SELECT state FROM registration WHERE session_id = %s AND resident_id = %s"
    return str(stage.rows("registration", sql, (session, resident))[0][0])


def _sent(stage: Stage, purpose: str) -> int:
    sql = "SELECT count(*) FROM message WHERE purpose = %s AND state IN ('accepted', 'delivered')"
    return stage.number("notify", sql, (purpose,))


def _shown(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"
