"""What lies between people: who is missed, who acts for whom, who was written down twice, and who wants to be forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator

from infra.demo.acts import Month, log_in, register, state_of
from infra.demo.cast import Person, shanghai
from infra.demo.stage import Stage, call
from infra.local.stack import SERVICES

MOTHER, DAUGHTER, TWICE, LEAVES = 26, 27, 24, 23
"""Which of the month's residents they are; who leaves is the one who walked in on the first Wednesday."""

NAMES = ("resident_id", "elder_id", "carer_id", "person_id", "owner_id", "merged_into", "acted_by", "acted_for")
"""Columns that name a resident."""

STAYS = {
    "registration": {"erased_person", "erasure", "registration", "scan", "resident_marks"},
    "notify": {"erased_person"},
    "stations": {"erased_person"},
    "reports": {"erased_person"},
}
"""Where the bare id stays: the note that the person is forgotten, places and entries that are counted, the emptied record."""


def missed(stage: Stage, month: Month) -> None:
    """Whoever had a place and did not come is asked why, and one answers."""
    stage.title("Who did not come is missed")
    stage.settle()
    away = stage.rows("registration", "SELECT resident_id FROM registration WHERE state = 'no_show' ORDER BY id")
    person, resident = next(each for each in month.residents if each[1] == str(away[0][0]))
    asked = stage.number("notify", "SELECT count(*) FROM message WHERE purpose = 'missed_you' AND accepted_at IS NOT NULL")
    stage.tell(f"{len(away)} had a place and did not come; {asked} are asked why: “{stage.last_text(person.phone)}”")
    stage.answer_by_text(person.phone, "2")
    sql = "SELECT missed_reason FROM registration WHERE session_id = %s AND resident_id = %s AND missed_reason IS NOT NULL"
    kept = stage.wait_for(lambda: stage.rows("registration", sql, (month.noons[0], resident)), "the reason given by text")
    stage.tell(f"One answers [bold]2[/], and “{kept[0][0]}” is noted. Nothing else follows from it.")
    stage.settle()


def household(stage: Stage, month: Month) -> None:
    """A daughter signs her mother up, and both are told."""
    stage.move_clock(shanghai(5, 14, 10))
    stage.title("A daughter acts for her mother")
    (mother, elder), (daughter, carer) = month.residents[MOTHER], month.residents[DAUGHTER]
    authority = {"elder_id": elder, "carer_id": carer, "relation": "child", "ground": "own_word"}
    call(stage.staff("clerk"), "POST", "/registration/api/authorities", authority)
    stage.settle()
    stage.tell(f"The mother says so at the desk. Her phone: “{stage.last_text(mother.phone)}”")
    wish = {"session_id": month.noons[1], "resident_id": elder}
    call(log_in(stage, daughter), "POST", "/registration/api/registrations", wish)
    stage.settle()
    stage.tell(f"The daughter signs her up for the second Wednesday: {state_of(stage, month.noons[1], elder)}.")
    stage.tell(f"The mother's phone: “{stage.last_text(mother.phone)}”")
    stage.tell(f"The daughter's: “{stage.last_text(daughter.phone)}”")
    by = "SELECT count(*) FROM registration WHERE acted_by = %s AND resident_id = %s"
    stage.tell(f"Who acted is on record: {stage.number('registration', by, (carer, elder))} sign-up by the daughter.")


def written_down_twice(stage: Stage, month: Month) -> None:
    """Two records turn out to be one person's, and become one."""
    stage.move_clock(shanghai(5, 21, 9))
    stage.title("Two records of one person become one")
    desk = stage.staff("clerk")
    person, kept = month.residents[TWICE]
    again = register(stage, Person(person.name, f"136{person.phone[3:]}", person.birth_year))
    call(desk, "POST", "/registration/api/registrations", {"session_id": month.noons[2], "resident_id": again})
    pairs = call(desk, "GET", "/registration/api/duplicates")
    found = next(pair for pair in pairs if {pair["older"]["id"], pair["newer"]["id"]} == {kept, again})
    stage.tell(f"{found['newer']['name']} is written down a second time; pairs that look like one person: {len(pairs)}.")
    call(desk, "POST", "/registration/api/merges", {"kept": kept, "merged": again})
    stage.settle()
    position = stage.number("reports", "SELECT max(pos) FROM feed WHERE type = 'registration.residents_merged'")
    page = desk.get("/reports/console", headers={"accept": "text/html"}).text
    line = re.search(rf'/reports/events/{position}".*?class="said[^"]*">(.*?)</span>', page, re.DOTALL)
    stage.tell(f"Staff merge them. The feed says: “{line[1] if line else ''}”")
    stage.tell(f"The place of the second record is the first one's now: {state_of(stage, month.noons[2], kept)}.")


def asks_to_be_forgotten(stage: Stage, month: Month) -> None:
    """Somebody asks to be forgotten, and has seven days to think it over."""
    stage.move_clock(shanghai(5, 21, 10))
    stage.title("Somebody asks to be forgotten")
    person, resident = month.residents[LEAVES]
    wish = call(log_in(stage, person), "POST", "/registration/api/residents/me/erasure")
    stage.settle()
    stage.tell(f"It will be done on {wish['due_at'][:10]}; until then one may think again. Kept now: {_kept(stage, resident)}.")


def is_forgotten(stage: Stage, month: Month) -> None:
    """The seven days are over: every service empties its own and says so."""
    _, resident = month.residents[LEAVES]
    stage.move_clock(shanghai(5, 28, 18))
    stage.title("The seven days are over")
    told = "SELECT count(*) FROM erasure WHERE resident_id = %s AND finished_at IS NOT NULL"
    stage.wait_for(lambda: stage.number("registration", told, (resident,)), "the last service's word that it has forgotten")
    stage.settle()
    confirmed = """SELECT string_agg(trim(source, '/'), ', ' ORDER BY source) FROM erasure_part
                   JOIN erasure ON erasure.id = erasure_id WHERE resident_id = %s AND confirmed_at IS NOT NULL"""
    services = stage.rows("registration", confirmed, (resident,))[0][0]
    stage.tell(f"Confirmed by {services}. Kept of them now: {_kept(stage, resident)}.")
    blank = """SELECT count(*) FROM resident JOIN resident_marks ON resident_id = id
               WHERE id = %s AND phone = '' AND id_number = '' AND marks = '{}'"""
    empty = stage.number("registration", blank, (resident,))
    counts = "SELECT count(*) FROM registration WHERE resident_id = %s"
    stays = stage.number("registration", counts, (resident,))
    stage.tell(f"What stays, so that counts do: emptied records {empty}, places once taken {stays}.")


def _kept(stage: Stage, resident: str) -> str:
    """How many rows of each service name the person, but for counted places and the note that they are forgotten."""
    found = [f"{service} {sum(_rows(stage, service, resident))}" for service in SERVICES]
    sealed = "SELECT count(*) FROM outbox WHERE strpos(body, %s) > 0 AND strpos(body, '\"sealed.') > 0"
    return f"{', '.join(found)} rows, and {sum(stage.number(each, sealed, (resident,)) for each in SERVICES)} sealed values"


def _rows(stage: Stage, service: str, resident: str) -> Iterator[int]:
    columns = (
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = ANY(%s)"
    )
    for table, column in stage.rows(service, columns, (list(NAMES),)):
        if table not in STAYS[service]:
            yield stage.number(service, f"SELECT count(*) FROM {table} WHERE {column} = %s", (resident,))
