"""The stations, the livestream, and what the month comes to."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from uuid import UUID

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from infra.demo import cast
from infra.demo.acts import Month, places_of
from infra.demo.cast import shanghai
from infra.demo.stage import Stage, StoryStopped, call
from infra.simulators.appliance import Appliances
from infra.simulators.viewers import Crowd

HISTORY = 499_200
"""Visits of the two years before the story. With those of its own month the total stays just under 500,000, as published."""

VIEWERS = 300


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
    places, _ = places_of(stage, sessions[0])
    stage.tell(f"{len(sessions)} June Wednesdays are open, {places} have signed up for tomorrow; the stations send again, and")
    stage.tell("one blood pressure is critical: its alarm waits on the console for a nurse.")


def _counted(stage: Stage) -> int:
    return stage.number("reports", "SELECT coalesce(sum(visits), 0) FROM visits_by_station_day")
