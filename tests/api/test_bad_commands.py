"""Every command of registration, sent wrongly in every way that its table knows: a sentence that helps, and nothing written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from shared.testing import START, Bench
from tests.api.bad_commands import COMMANDS, Bad, Command
from tests.api.town import Town

CHINESE = re.compile(r"[\u4e00-\u9fff]{4,}")
STRANGERS = {
    "clerk": ("nobody", "guest"),
    "operator": ("nobody", "clerk", "guest"),
    "guest": ("nobody", "clerk"),
    "both": ("nobody",),
}
"""Who may not send a command, by who may."""


@pytest.fixture(scope="module")
def town(databases_of_session: Any, keys: Any) -> Iterator[Town]:
    """One town for all commands: none of them changes it."""
    from services.registration.main import service

    made = service(database_url=databases_of_session.fresh("registration"), keys=keys, profile="demo")
    yield Town(Bench(made))
    made.close()


def wrong(path: str, command: Command) -> Iterator[Bad]:
    """What the table says, and what is wrong with every command alike: by whom, with ids that are none, of another shape."""
    yield from command.bad
    for who in STRANGERS.get(command.who, ()):
        answered = (401, "not_logged_in") if who == "nobody" else (403, "forbidden")
        yield Bad(f"by {who}", *answered, who=who)
    for name in re.findall(r"{(\w+_id)}", path):
        yield Bad("an id that is none", 422, "invalid", ids={name: "next-wednesday"})


@pytest.mark.parametrize("named", COMMANDS)
def test_each_wrong_command_is_answered_in_a_sentence_and_writes_nothing(town: Town, named: str) -> None:
    town.bench.at(START)
    method, path = named.split(" ")
    command = COMMANDS[named]
    prefix = "/registration" if path.startswith("/live/") else "/registration/api"
    before = town.state()
    for bad in wrong(path, command):
        address = prefix + path.format_map({name: town.filled(value) for name, value in (command.ids | bad.ids).items()})
        who = bad.who or {"both": "clerk", "anybody": "nobody"}.get(command.who, command.who)
        sent = (
            None
            if command.body is None
            else {name: value for name, value in (command.body | bad.body).items() if value is not None}
        )
        answer = town.client(who).request(method, address, json=town.filled(sent))
        assert answer.headers["content-type"] == "application/problem+json", (named, bad, answer.status_code)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (bad.status, bad.code), (named, bad, problem)
        assert CHINESE.search(problem["detail"]), (named, bad, problem)
        assert town.state() == before, (named, bad)


def test_every_command_of_the_interface_is_in_the_table(town: Town) -> None:
    described = town.client("nobody").get("/registration/openapi.json").json()["paths"]
    commands = {
        f"{method.upper()} {path.removeprefix('/registration/api').replace('/registration/live', '/live')}"
        for path, methods in described.items()
        for method in methods
        if method in ("post", "put", "patch", "delete")
    }
    assert commands == set(COMMANDS)
