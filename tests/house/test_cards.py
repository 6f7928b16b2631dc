"""A service's card says what its code does: the processes it runs as, the facts it tells, the facts it acts on."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

from shared.service import load
from shared.testing import event_classes
from tests.conftest import SERVICES

ROOT = Path(__file__).parents[2]
EVENTS = {event.__name__: type for type, event in event_classes().items()}


def card(service: str) -> dict[str, tuple[str, ...]]:
    module = importlib.import_module(f"services.{service}")
    return {name: getattr(module, name) for name in ("RUNS", "SAYS", "HEARS")}


def made(service: str) -> set[str]:
    """The types of the events that the code of `service` makes: their classes called, or read into with `model_validate`."""
    calls = (
        node.func
        for path in (ROOT / "services" / service).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    )
    names = {name for call in calls for name in _classes(call)}
    return {EVENTS[name] for name in names & EVENTS.keys()}


def _classes(call: ast.expr) -> list[str]:
    """What may be the class in `Class(…)`, `module.Class(…)`, `Class.model_validate(…)`."""
    match call:
        case ast.Name(id=name):
            return [name]
        case ast.Attribute(value=value, attr="model_validate" | "model_construct"):
            return _classes(value)
        case ast.Attribute(attr=name):
            return [name]
    return []


@pytest.mark.parametrize("service", SERVICES)
def test_it_says_what_its_code_tells(service: str) -> None:
    assert list(card(service)["SAYS"]) == sorted(made(service))


@pytest.mark.parametrize("service", SERVICES)
def test_it_tells_facts_of_its_own_only(service: str) -> None:
    assert {type.partition(".")[0] for type in made(service)} == {service}


@pytest.mark.parametrize("service", SERVICES)
def test_it_hears_what_its_consumers_act_on(service: str) -> None:
    found = load(service, database_url="postgresql+psycopg://nowhere/none")
    assert list(card(service)["HEARS"]) == found.consumers.types


@pytest.mark.parametrize("service", SERVICES)
def test_it_runs_the_processes_that_it_has_work_for(service: str) -> None:
    found = load(service, database_url="postgresql+psycopg://nowhere/none")
    needed = ["web", "relay"] + ["events"] * bool(found.consumers.types) + ["jobs"] * bool(found.jobs.lanes)
    assert list(card(service)["RUNS"]) == needed + sorted(found.jobs.apart)


def test_every_fact_is_told_by_one_service() -> None:
    told = [type for service in SERVICES for type in card(service)["SAYS"]]
    assert sorted(told) == sorted(EVENTS.values())


def test_whatever_is_heard_somebody_tells() -> None:
    told = {type for service in SERVICES for type in card(service)["SAYS"]}
    heard = {type for service in SERVICES for type in card(service)["HEARS"]}
    assert heard <= told
