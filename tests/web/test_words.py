"""Chinese is the source of every sentence; each has its English, and no English outlives its sentence."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from shared.web.words import Catalogue, Entry, phrase, read_catalogue

ROOT = Path(__file__).parents[2]
SHARED = ROOT / "shared" / "web"
FOLDERS = [SHARED, *sorted(path.parent for path in (ROOT / "services").glob("*/templates"))]


def spoken_in_templates(folder: Path) -> Iterator[str]:
    environment = Environment()
    for template in (folder / "templates").rglob("*.html"):
        for _, _, text in extract_from_ast(environment.parse(template.read_text(encoding="utf-8")), ("_",)):
            first = text if isinstance(text, str) else (text or [None])[0]
            if first is not None:
                yield first


def spoken_in_python(folder: Path) -> Iterator[str]:
    for module in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "phrase":
                text = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
                assert isinstance(text, str), f"{module}:{node.lineno} marks a sentence that is not written there"
                yield text


def spoken(folder: Path) -> set[str]:
    return {*spoken_in_templates(folder), *spoken_in_python(folder)}


def forms(entry: Entry) -> list[str]:
    return [entry] if isinstance(entry, str) else list(entry.values())


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_sentence_has_its_english(folder: Path) -> None:
    english = read_catalogue(SHARED / "templates") | read_catalogue(folder / "templates")
    assert sorted(spoken(folder) - english.keys()) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_english_outlives_its_sentence(folder: Path) -> None:
    assert sorted(read_catalogue(folder / "templates").keys() - spoken(folder)) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_both_languages_have_the_same_gaps_to_fill(folder: Path) -> None:
    different = [
        chinese
        for chinese, entry in read_catalogue(folder / "templates").items()
        if any(gaps(text) != gaps(chinese) for text in forms(entry))
    ]
    assert different == []


def test_a_count_chooses_between_singular_and_plural() -> None:
    english = Catalogue("en", [SHARED / "templates"])
    assert english.say("共 {count} 行", count=1) == "1 row"
    assert english.say("共 {count} 行", count=0) == "0 rows"
    assert Catalogue("zh", [SHARED / "templates"]).say("共 {count} 行", count=1) == "共 1 行"


def test_a_sentence_without_english_is_said_in_chinese() -> None:
    assert Catalogue("en", []).say("您好，{name}", name="Ana") == "您好，Ana"


def test_a_service_may_say_a_shared_sentence_its_own_way(tmp_path: Path) -> None:
    (tmp_path / "en.json").write_text('{"活动": "Lessons"}', encoding="utf-8")
    assert Catalogue("en", [tmp_path, SHARED / "templates"]).say("活动") == "Lessons"
    assert Catalogue("en", [tmp_path, SHARED / "templates"]).say("登录") == "Log in"


def test_a_marked_phrase_stays_what_it_is() -> None:
    assert phrase("已满") == "已满"
