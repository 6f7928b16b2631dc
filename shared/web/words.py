"""The words of the pages: Chinese as it stands in the template, English from a catalogue beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
Entry = str | dict[Literal["one", "other"], str]


def phrase(chinese: str) -> str:
    """The same text, marked as one that a template translates."""
    return chinese


def read_catalogue(folder: Path) -> dict[str, Entry]:
    """The English of `folder`'s sentences, by their Chinese, from `en.json` or from every file in `en/`; empty without either."""
    entries: dict[str, Entry] = {}
    for path in sorted([*folder.glob("en.json"), *folder.glob("en/*.json")]):
        entries |= json.loads(path.read_text(encoding="utf-8"))
    return entries


class Catalogue:
    """Says a sentence in one language. Where it lacks the English, it says the Chinese."""

    def __init__(self, language: Language, folders: Sequence[Path]) -> None:
        self._language = language
        self._english: dict[str, Entry] = {}
        for folder in reversed(folders):
            self._english |= read_catalogue(folder)

    def say(self, chinese: str, /, **values: object) -> str:
        """The sentence with its `{values}` filled in; `count` also chooses between an English singular and plural."""
        text = self._find(chinese, values.get("count"))
        return text.format(**values) if values else text

    def _find(self, chinese: str, count: object) -> str:
        if self._language == "zh":
            return chinese
        match self._english.get(chinese, chinese):
            case str(text):
                return text
            case forms:
                return forms["one" if count == 1 else "other"]
