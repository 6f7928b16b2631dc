"""What staff type into a course's forms as lines of text: quotas, and the questions of a test."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from services.registration.features.open_survey import SurveyQuestion

MARKS = {"*": True, "＊": True, "-": False, "－": False}


def quotas_of(text: str) -> list[dict[str, Any]]:
    """The quotas, one a line: code, name, seats. Raises ValueError."""
    quotas = []
    for line in filter(None, map(str.strip, text.splitlines())):
        code, *name, seats = re.split(r"\s+", line)
        quotas.append({"neighbourhood": code, "name": " ".join(name), "seats": int(seats)})
    return quotas


def questions_of(text: str) -> list[dict[str, Any]]:
    """The questions, with an empty line between two: the question, then its options, the right one starred. Raises ValueError."""
    questions = []
    for number, block in enumerate(re.split(r"\n\s*\n", text.replace("\r", "").strip()), start=1):
        words, *options = [line.strip() for line in block.splitlines() if line.strip()]
        right = [place for place, option in enumerate(options) if MARKS[option[:1]]] if _marked(options) else []
        if len(right) != 1:
            raise ValueError(f"question {number} has not one right option")
        texts = [option[1:].strip() for option in options]
        questions.append({"code": f"q{number}", "words": words, "options": texts, "right": right[0]})
    return questions


WORDS_MARK = "写："
"""What a line begins with that asks for words, not for a rating."""


def survey_lines(questions: Iterable[SurveyQuestion]) -> str:
    """The questions of a survey as lines of text."""
    return "\n".join((WORDS_MARK if question.kind == "words" else "") + question.words for question in questions)


def survey_of(text: str) -> list[dict[str, str]]:
    """The questions of a survey, one a line."""
    questions = []
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines())), start=1):
        wants_words = line.startswith(WORDS_MARK)
        words = line.removeprefix(WORDS_MARK).strip()
        questions.append({"code": f"q{number}", "words": words, "kind": "words" if wants_words else "rating"})
    return questions


def _marked(options: list[str]) -> bool:
    return all(option[:1] in MARKS for option in options)
