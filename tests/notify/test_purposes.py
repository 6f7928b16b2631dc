"""Whatever a text is about has been thought through: its words, its truth, its call, its answer, and how staff read it."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from services import notify
from services.notify.domain import texts
from services.notify.domain.carrier_codes import Family
from services.notify.domain.outcomes import Outcome, State
from services.notify.domain.replies import Meaning
from services.notify.features.claim import NEEDS
from services.notify.features.compose import Compose, compose
from services.notify.features.progress import Hold, SkipReason
from services.notify.features.prompts import QUESTIONS
from services.notify.pages import words
from shared.contracts.notify import Purpose
from shared.event import new_id
from shared.testing import Bench
from tests.notify.conftest import ANA, NOON, Story

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

DECIDED: dict[Purpose, set[str]] = {
    "place_confirmed": {"only while it is true", "a call instead", "an answer"},
    "place_waitlisted": {"only while it is true"},
    "place_cancelled": set(),
    "place_offered": {"a call instead", "an answer"},
    "reminder_day": {"only while it is true", "a call instead", "an answer"},
    "reminder_hours": {"only while it is true", "an answer"},
    "session_cancelled": {"a call instead"},
    "session_changed": {"a call instead", "an answer"},
    "missed_you": {"an answer"},
    "referral": {"a call instead"},
    "carer_told": set(),
    "authority_given": set(),
    "authority_ended": set(),
    "login_code": set(),
    "answer": set(),
    "notice": {"a call instead"},
    "staff_answer": set(),
}
"""Of each purpose: whether a text is dropped when its place has changed, is told by phone to who reads no texts, and asks."""


def test_of_every_purpose_it_is_decided_when_it_holds_whether_somebody_calls_and_whether_it_asks() -> None:
    found = {
        purpose: {
            name
            for name, purposes in (("only while it is true", NEEDS), ("a call instead", texts.CALLS), ("an answer", QUESTIONS))
            if purpose in purposes
        }
        for purpose in PURPOSES
    }
    assert found == DECIDED


@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_purpose_has_wordings_and_examples_to_fill_them_with(purpose: Purpose) -> None:
    names = [name for name in texts.TEMPLATES if texts.purpose_of(name) == purpose]
    assert names
    assert all(texts.example_of(name) for name in names)


def test_no_wording_is_for_a_purpose_that_there_is_not() -> None:
    assert {texts.purpose_of(name) for name in texts.TEMPLATES} == set(PURPOSES)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (words.PURPOSES, PURPOSES),
        (words.STATES, get_args(State)),
        (words.WHY, [*get_args(SkipReason), *get_args(Hold)]),
        (words.OUTCOMES, get_args(Outcome)),
        (words.MEANINGS, get_args(Meaning)),
        (words.FAMILIES, tuple(Family)),
    ],
    ids=["purposes", "states", "reasons", "outcomes", "meanings", "families"],
)
def test_staff_have_a_word_for_everything_that_can_be_the_matter(said: dict[Any, Any], named: Any) -> None:
    assert set(said) == set(named)


def test_causes_are_facts_that_notify_hears() -> None:
    assert set(words.CAUSES) <= set(notify.HEARS)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_life_of_a_text_of_every_purpose_can_be_read(bench: Bench, story: Story, language: str) -> None:
    bench.hear(story.resident())
    client = bench.client("clerk", browser=True)
    client.cookies.set("view-language", language)
    for name in texts.TEMPLATES:
        purpose: Any = texts.purpose_of(name)
        facts = texts.example_of(name) | ({"variant": name.partition(".")[2]} if "." in name else {})
        planned = Compose(
            purpose=purpose,
            category="service",
            subject=new_id(),
            facts=facts,
            not_after=NOON + timedelta(days=1),
            resident_id=ANA,
        )
        message = bench.run(compose, planned)
        answer = client.get(f"/notify/messages/{message.id}")
        assert answer.status_code == 200, name
        assert "【" in answer.text, f"{name} shows no words"
        heading = answer.text.split("<h1>")[1].split("</h1>")[0]
        assert heading == (words.PURPOSES[purpose] if language == "zh" else english()[words.PURPOSES[purpose]]), name


def english() -> dict[str, str]:
    folder = Path(notify.__file__).parent / "templates" / "en"
    return {chinese: said for part in folder.glob("*.json") for chinese, said in json.loads(part.read_text("utf-8")).items()}


def test_the_page_of_hazards_names_files_and_tests_that_there_are() -> None:
    folder = Path(notify.__file__).parent
    page = (folder / "README.md").read_text("utf-8")
    named = set(re.findall(r"`((?:\w+/)*\w+\.py)`", page))
    assert len(named) > 12
    assert [name for name in named if not (folder / name).is_file()] == []
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    shown = set(re.findall(r"`(test_\w+)`", page))
    assert len(shown) > 25
    assert [name for name in shown if f"def {name}(" not in tests] == []
