"""What holds for every file of the house and no linter knows: sizes, what is logged, and what the repository speaks of."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import SERVICES

ROOT = Path(__file__).parents[2]
LARGEST = 400
"""Lines of a module: what one can still read in one go. Past it, the file becomes a folder of the same name."""

LEVELS = {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "msg"}
SECRET = {
    "name", "phone", "mobile", "number", "code", "text", "words", "body", "value", "values", "reading", "readings", "password",
    "token", "cookie", "facts", "address",
}  # fmt: skip
"""Keywords of log lines that would hold a person's own; an id or a count of it has another name."""

UNDONE = re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b")
HOME = re.compile(r"(?<![\w.}])/(?:home|root|Users|mnt|workspaces?)/\w")
REGISTRY = re.compile(r"\b(?:pypi|pythonhosted|npmjs|npmmirror|jfrog|artifactory|nexus|mirrors?)[./]\w|--(?:extra-)?index-url\b")


def tracked(*patterns: str) -> list[Path]:
    """The files that git knows, of those on disk."""
    listed = subprocess.run(["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def lines(paths: list[Path]) -> Iterator[tuple[str, str]]:
    """Every line of text, with where it is."""
    for path in paths:
        content = path.read_bytes()
        if b"\0" not in content:
            for number, line in enumerate(content.decode().splitlines(), start=1):
                yield f"{path.relative_to(ROOT)}:{number}", line


CODE = tracked("shared/*.py", "services/*.py", "infra/*.py")


@cache
def calls() -> list[tuple[str, ast.Call]]:
    """Every call in the code, with where it is."""
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno}", node)
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    ]


def logged() -> Iterator[tuple[str, ast.Call]]:
    """Every line written to the log."""
    for where, call in calls():
        match call.func:
            case ast.Attribute(value=ast.Name(id="log" | "logger"), attr=level) if level in LEVELS:
                yield where, call


def test_a_module_can_be_read_in_one_go() -> None:
    paths = tracked("shared/*.py", "services/*.py")
    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in paths}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}


def test_nothing_is_left_for_later() -> None:
    assert [where for where, line in lines(tracked()) if UNDONE.search(line)] == []


def test_a_log_line_has_a_name_that_never_changes() -> None:
    found = list(logged())
    assert len(found) > 20
    for where, call in found:
        assert call.args, where
        name = call.args[0]
        assert isinstance(name, ast.Constant), where
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", str(name.value)), where
        assert call.args[1:] == [], where


def test_a_log_line_has_no_place_for_what_is_a_persons_own() -> None:
    bound = ((where, call) for where, call in calls() if isinstance(call.func, ast.Name) and call.func.id == "bound")
    for where, call in [*logged(), *bound]:
        names = {keyword.arg for keyword in call.keywords}
        assert None not in names, f"{where} logs whatever it is given"
        assert not names & SECRET, where


@pytest.mark.parametrize("pattern", [HOME, REGISTRY], ids=["a home folder", "a registry"])
def test_the_repository_knows_no_machine_that_it_was_made_on(pattern: re.Pattern[str]) -> None:
    assert [where for where, line in lines(tracked()) if pattern.search(line)] == []


def test_the_repository_does_not_know_where_it_lies() -> None:
    assert [where for where, line in lines(tracked()) if f"{ROOT}/" in line] == []


@pytest.mark.parametrize("name", ["LICENSE", "README.md", "README.zh-CN.md", "CHANGELOG.md", "CONTRIBUTING.md"])
def test_whoever_comes_by_finds_what_they_look_for(name: str) -> None:
    assert (ROOT / name) in tracked(name)
    assert len((ROOT / name).read_text()) > 300


def test_the_licence_is_the_one_that_every_package_names() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    for path in tracked("pyproject.toml", "*/pyproject.toml"):
        assert 'license = "Apache-2.0"' in path.read_text(), path


def test_services_are_told_facts_by_the_bench_which_tells_them_twice() -> None:
    suites = tracked(
        *(f"tests/{service}/*.py" for service in SERVICES), "tests/journeys/*.py", "tests/web/*.py", "tests/api/*.py"
    )
    assert len(suites) > 20
    assert [where for where, line in lines(suites) if re.search(r"\binbox\.apply\b|\bconsumers\.handle\b", line)] == []
