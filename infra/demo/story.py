"""The story, chapter by chapter. Every figure it prints is the answer of a query or of the product; none is typed in."""

from __future__ import annotations

import time

from rich.console import Console
from rich.table import Table

from infra.demo.acts import Month
from infra.demo.course import course_ends, course_goes_on, course_opens
from infra.demo.neighbours import asks_to_be_forgotten, household, is_forgotten, missed, written_down_twice
from infra.demo.noons import noon_half_hour, on_paper, reminders, sign_up, without_network
from infra.demo.stage import Stage, StoryStopped, call, on_stage
from infra.demo.texts import failover, silence, texts_again, texts_at_night
from infra.demo.town import a_new_month, bulletin, livestream, stations, two_years
from infra.local.stack import Stack

CARRIERS = "simulated=9 second=1"
"""The carriers of the story, and how they share the texts."""


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
    missed,
    course_opens,
    household,
    stations,
    on_paper,
    course_goes_on,
    written_down_twice,
    asks_to_be_forgotten,
    texts_at_night,
    silence,
    failover,
    texts_again,
    without_network,
    course_ends,
    is_forgotten,
    livestream,
    two_years,
    bulletin,
    a_new_month,
)


def _shown(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"
