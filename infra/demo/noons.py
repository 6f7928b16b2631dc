"""The noon half hours: sign-up, offers, reminders, and every way in at the door."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from infra.demo import cast
from infra.demo.acts import (
    Month,
    close,
    held,
    log_in,
    places_of,
    register,
    registration_of,
    scan,
    schedule,
    session_on,
    state_of,
    texts_sent,
    with_places,
)
from infra.demo.cast import Person, shanghai
from infra.demo.stage import Stage, StoryStopped, call

SIGN_UPS = 22


def sign_up(stage: Stage, month: Month) -> None:
    """Programmes, residents, a full room, a waitlist, a place that moves on."""
    stage.move_clock(shanghai(5, 10, 9))
    stage.title("午间半小时: residents sign up, and the room fills")
    desk = stage.staff("clerk")
    noon = call(desk, "POST", "/registration/api/programmes", cast.NOON_HALF_HOUR.as_json())["id"]
    rhythm = {"rule": "FREQ=WEEKLY;BYDAY=WE", "first_on": "2021-05-12", "begins": "12:00", "minutes": 30}
    series = call(desk, "POST", f"/registration/api/programmes/{noon}/recurrences", rhythm | {"capacity": cast.CANTEEN_PLACES})
    month.noons = [session_on(stage, noon, slot["on"]) for slot in series["next"]]
    live = call(desk, "POST", "/registration/api/programmes", cast.LIVESTREAM.as_json())["id"]
    month.stream = schedule(stage, live, shanghai(5, 31, 14), timedelta(hours=1, minutes=30), 20_000)
    month.residents = [(person, register(stage, person)) for person in cast.people(28)]
    stage.tell(f"Every Wednesday at 12:00, {cast.CANTEEN}: {len(month.noons)} are on the calendar, with a topic each.")
    stage.tell(f"{len(month.residents)} residents are known, with phone and consent.")

    _sign_up_by_phone(stage, month)
    for _, resident in month.residents[1:SIGN_UPS]:
        call(desk, "POST", "/registration/api/registrations", {"session_id": month.noons[0], "resident_id": resident})
    places, waiting = places_of(stage, month.noons[0])
    stage.tell(f"The first Wednesday: [bold]{places}[/] places given of {cast.CANTEEN_PLACES}, {waiting} wait.")

    gives_back = month.residents[4][1]
    call(desk, "POST", f"/registration/api/registrations/{registration_of(stage, month.noons[0], gives_back)}/cancel")
    _offer_is_taken(stage, month.noons[0], *month.residents[cast.CANTEEN_PLACES])
    places, waiting = places_of(stage, month.noons[0])
    stage.tell(f"They answer [bold]1[/] and have it. {places} places given, {waiting} waits.")
    stage.settle()
    confirmed, waits = texts_sent(stage, "place_confirmed"), texts_sent(stage, "place_waitlisted")
    stage.tell(f"Texts handed to the carrier: {confirmed} confirmations, {waits} about waiting.")


def _offer_is_taken(stage: Stage, session: str, person: Person, resident: str) -> None:
    """The text with the offer arrives, and its reader answers 1."""
    stage.wait_for(lambda: state_of(stage, session, resident) == "offered", "the offer to the next in line")
    stage.settle()
    stage.tell(f"The place is kept for the next in line, whose phone says: “{stage.last_text(person.phone)}”")
    stage.answer_by_text(person.phone, "1")
    stage.wait_for(lambda: state_of(stage, session, resident) == "confirmed", "the place accepted by text")
    stage.settle()


def _sign_up_by_phone(stage: Stage, month: Month) -> None:
    """One resident does it all alone: log-in by a code from a text, then one tap."""
    phone = log_in(stage, month.residents[0][0])
    call(phone, "POST", "/registration/api/registrations", {"session_id": month.noons[0]})
    stage.tell("One resident logs in with a code from a text and signs up alone.")


def reminders(stage: Stage, month: Month) -> None:
    """Reminders go out at a civil hour; residents answer them."""
    stage.move_clock(shanghai(5, 11, 12))
    stage.title("Reminders go out, and residents answer them")
    stage.settle()
    stage.tell(
        f"24 hours before: [bold]{texts_sent(stage, 'reminder_day')}[/] reminders sent; none between 20:30 and 08:30, by rule."
    )
    decliner, resident = month.residents[7]
    stage.answer_by_text(decliner.phone, "2")
    stage.wait_for(lambda: state_of(stage, month.noons[0], resident) == "cancelled", "the place given back by text")
    stage.tell("One answers [bold]2[/] and loses the place kindly.")
    _offer_is_taken(stage, month.noons[0], *month.residents[cast.CANTEEN_PLACES + 1])
    places, waiting = places_of(stage, month.noons[0])
    stage.tell(f"Answered with [bold]1[/] again: {places} places given, {waiting} wait.")
    stopper, resident = month.residents[9]
    stage.answer_by_text(stopper.phone, "TD")
    stage.wait_for(lambda: stage.number("notify", "SELECT count(*) FROM choice WHERE NOT wanted"), "the wish for no more texts")
    stage.tell("One answers [bold]TD[/]: no more reminders to that phone.")
    stage.move_clock(shanghai(5, 12, 10))
    stage.settle()
    unwanted = stage.number("notify", "SELECT count(*) FROM message WHERE skip_reason = 'opted_out'")
    stage.tell(
        f"2 hours before: {texts_sent(stage, 'reminder_hours')} reminders sent, {unwanted} left out because it is not wanted."
    )


def noon_half_hour(stage: Stage, month: Month) -> None:
    """The first Wednesday is held: taps on the roster, the phone's last digits, and somebody who just walks in."""
    stage.move_clock(shanghai(5, 12, 11, 50))
    stage.title("At the door of the canteen")
    session, desk = month.noons[0], stage.staff("clerk")
    by_digits, *tapped = with_places(stage, session)[:-2]
    person = next(person for person, resident in month.residents if resident == by_digits["resident_id"])
    scan(stage, session, digits=person.phone[-4:])
    seconds = _seen_elsewhere(stage, session, lambda: scan(stage, session, registration_id=tapped[0]["id"]))
    stage.tell(f"The same roster is open on a second screen: it shows a tap after {seconds:.1f} s, and nobody touched it.")
    for registration in tapped[1:]:
        scan(stage, session, registration_id=registration["id"])
    scan(stage, session, resident_id=month.residents[SIGN_UPS + 1][1], force=True)
    inside = call(desk, "GET", f"/registration/api/sessions/{session}/occupancy")["inside"]
    stage.tell(f"One says the last four digits of the phone, the others are tapped in, one just walks in: {inside} are inside.")
    close(stage, session, shanghai(5, 12, 12, 35))
    counts = held(stage, session)
    stage.tell(
        f"Held: {counts['confirmed']} had a place, [bold]{counts['attended']}[/] came, {counts['walk_ins']} of them walked in."
    )


def _seen_elsewhere(stage: Stage, session: str, tap: Callable[[], None]) -> float:
    """How many seconds after a tap the roster on another screen has changed."""
    with stage.staff("operator").stream("GET", f"/registration/desk/sessions/{session}/stream") as screen:
        frames = (line for line in screen.iter_lines() if line.startswith("id:"))
        next(frames)
        tap()
        tapped = time.monotonic()
        if next(frames, None) is None:
            raise StoryStopped("the roster's stream ended before the tap was seen on it.")
        return time.monotonic() - tapped


def on_paper(stage: Stage, month: Month) -> None:
    """The second Wednesday: the tablet stayed in the office, and people sign on a printed sheet."""
    session = _wednesday(stage, month, 1)
    stage.title("The second Wednesday, on paper")
    desk = stage.staff("clerk")
    sheet = desk.post(f"/registration/desk/sessions/{session}/sheets").headers["location"]
    codes = re.findall(r'<td class="code">(\d+)</td>', desk.get(sheet, headers={"accept": "text/html"}).text)
    signed = codes[:-1]
    stage.move_clock(cast.wednesdays()[1] + timedelta(hours=1))
    desk.post(f"{sheet}/entry", data={"codes": " ".join(signed)})
    typed = stage.number("registration", "SELECT count(*) FROM scan WHERE session_id = %s AND way = 'paper'", (session,))
    stage.tell(f"{len(codes)} names were printed; {len(signed)} row codes are typed in afterwards, {typed} of them count.")
    close(stage, session, cast.wednesdays()[1] + timedelta(hours=2))
    counts = held(stage, session)
    stage.tell(f"{counts['topic_title']}: [bold]{counts['attended']}[/] of {counts['confirmed']} came.")


def without_network(stage: Stage, month: Month) -> None:
    """The third Wednesday: two tablets without network, each with its own queue, come back one after the other."""
    session = _wednesday(stage, month, 2)
    stage.title("The third Wednesday, without network")
    desk, start = stage.staff("clerk"), cast.wednesdays()[2]
    path = f"/registration/api/sessions/{session}"
    lists = {
        tablet: json.loads(call(desk, "GET", f"{path}/door-list?device={tablet}")["text"]) for tablet in ("tablet-1", "tablet-2")
    }
    stage.tell("Two tablets take the signed list along; then the network is gone.")
    placed = [person["id"] for person in lists["tablet-1"]["people"] if person["seat"]]
    half = len(placed) // 2
    queues = {"tablet-1": placed[: half + 1], "tablet-2": placed[half:-2]}
    stage.move_clock(start + timedelta(minutes=20))
    answer: dict[str, Any] = {}
    for tablet in ("tablet-2", "tablet-1"):
        scans = [
            {"nonce": str(uuid4()), "registration_id": id, "at": (start + timedelta(seconds=place)).isoformat()}
            for place, id in enumerate(queues[tablet])
        ]
        answer = call(desk, "POST", f"{path}/offline-scans", {"door_pass": lists[tablet]["pass"], "scans": scans})
    scans_kept = stage.number("registration", "SELECT count(*) FROM scan WHERE session_id = %s", (session,))
    stage.tell(
        f"Back again, the later one first: {scans_kept} scans of {sum(map(len, queues.values()))} are kept, "
        f"{len(answer['conflicts'])} listed for staff: both tablets had let the same person in."
    )
    close(stage, session, start + timedelta(minutes=35))
    counts = held(stage, session)
    stage.tell(f"{counts['topic_title']}: [bold]{counts['attended']}[/] of {counts['confirmed']} came.")


def _wednesday(stage: Stage, month: Month, week: int) -> str:
    """Residents sign up for a later Wednesday and are reminded of it; it is about to begin."""
    session, start = month.noons[week], cast.wednesdays()[week]
    for _, resident in month.residents[week : week + 16 + week]:
        call(stage.staff("clerk"), "POST", "/registration/api/registrations", {"session_id": session, "resident_id": resident})
    stage.settle()
    for before in (timedelta(hours=24), timedelta(hours=2), timedelta(minutes=10)):
        stage.move_clock(start - before)
        stage.settle()
    return session
