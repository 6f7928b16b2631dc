"""The bulletin: frozen, traceable, printed with our own faces, corrected in the open."""

from __future__ import annotations

import re
import struct
import zlib
from datetime import date
from typing import Any

import pytest

from services.reports.domain import Month
from services.reports.features.chart import PAPER, SCREEN, Chart, Point, draw
from services.reports.features.figures import compute
from services.reports.features.order import OrderBulletin, order
from services.reports.features.publish import DEFINITIONS
from services.reports.features.ranking import method
from services.reports.features.stories import FOLDER, ORDER, Setter, read_story
from services.reports.gateways import print_pdf
from shared.contracts.reports import BulletinPublished
from shared.errors import Invalid
from shared.testing import Bench
from shared.web.assets import FONTS
from tests.reports.story import arrived, at, attendance, history, in_parcels, may, programme, scheduled, streamed, text

MAY = OrderBulletin(month="2021-05")


def published(bench: Bench) -> dict[str, Any]:
    """May is over, and its bulletin is out."""
    in_parcels(bench, history(count=12, days=200, busy=0.7))
    may(bench)
    bench.run(order, MAY)
    bench.work()
    ((content,),) = bench.query("SELECT content FROM issue")
    assert isinstance(content, dict)
    return content


def streams(pdf: bytes) -> bytes:
    """What a PDF holds, unpacked."""
    found = [pdf]
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(packed))
        except zlib.error:
            continue
    return b"\n".join(found)


def test_an_issue_freezes_its_figures_with_their_queries_and_is_told_once(bench: Bench) -> None:
    content = published(bench)
    assert [type(event) for event in bench.said] == [BulletinPublished]
    assert bench.said[0] == BulletinPublished(
        issue_id=bench.query("SELECT issue_id FROM issue")[0][0], number=1, month=date(2021, 5, 1), figures=len(content["notes"])
    )
    viewers = next(note["figure"] for note in content["notes"] if note["figure"]["code"] == "livestreams.viewers")
    assert viewers["value"] == 13_000
    assert viewers["query"].startswith("SELECT")
    bench.hear(text(500), arrived(500))
    assert bench.query("SELECT content FROM issue") == [(content,)]
    assert bench.work() == 0


def test_the_four_stories_are_told_with_figures_in_their_text(bench: Bench) -> None:
    content = published(bench)
    assert [story["slug"] for story in content["stories"]] == list(ORDER)
    marks = {note["mark"] for note in content["notes"]}
    used = [span["mark"] for story in content["stories"] for part in [story["deck"], *story["paragraphs"]] for span in part]
    assert {mark for mark in used if mark} == marks == set(range(1, len(marks) + 1))
    first_uses = list(dict.fromkeys(mark for mark in used if mark))
    assert first_uses == sorted(first_uses), "marks count up in reading order"
    livestream = next(story for story in content["stories"] if story["slug"] == "livestream")
    assert livestream["headline"] == "镜头走过老街，1.3万人在线上同行"


def test_small_numbers_of_people_stay_out_of_print(bench: Bench) -> None:
    content = published(bench)
    hidden = {note["figure"]["code"]: note["exact"] for note in content["notes"] if note["figure"]["hidden"]}
    assert hidden["critical.month"].startswith("不足10")
    assert hidden["series.moved_up"].startswith("不足5")
    page = bench.client(browser=True).get("/reports/bulletin/1").text
    assert "不足10" in page


def test_a_session_hardly_anybody_came_to_is_not_counted_in_print(bench: Bench) -> None:
    first, second = at(date(2021, 5, 5), 12), at(date(2021, 5, 12), 12)
    bench.hear(programme("series"), scheduled(1, "series", first), scheduled(2, "series", second))
    bench.hear(*attendance(1, "series", first, [1, 2, 3]), *attendance(2, "series", second, list(range(9))))
    bench.at(at(date(2021, 5, 31), 21))
    bench.run(order, MAY)
    bench.work()
    ((content,),) = bench.query("SELECT content FROM issue")
    assert [row["attended"] for row in content["held"]] == ["", ""], "the second would give the first away"


def test_what_did_not_happen_is_not_told(bench: Bench) -> None:
    bench.at(at(date(2021, 5, 31), 21))
    bench.run(order, MAY)
    bench.work()
    ((content,),) = bench.query("SELECT content FROM issue")
    assert content["stories"] == []
    assert bench.client(browser=True).get("/reports/bulletin/1").status_code == 200


def test_a_correction_is_a_new_edition_of_the_same_number(bench: Bench) -> None:
    first = published(bench)
    bench.hear(scheduled(22, "livestream", at(date(2021, 5, 30), 19)), streamed(22, viewers=500))
    assert bench.run(order, MAY).edition == 2
    assert bench.run(order, MAY).edition == 2, "ordered twice before it is out, it is made once"
    bench.work()
    assert [event.edition for event in bench.said if isinstance(event, BulletinPublished)] == [2]
    assert bench.query("SELECT number, edition FROM issue ORDER BY edition") == [(1, 1), (1, 2)]
    client = bench.client(browser=True)
    assert "更正版（第 2 版）" in client.get("/reports/bulletin/1").text
    assert "更正版（" not in client.get("/reports/bulletin/1?edition=1").text
    assert bench.query("SELECT content FROM issue WHERE edition = 1") == [(first,)]


def test_a_job_started_twice_publishes_once(bench: Bench) -> None:
    bench.run(order, MAY)
    bench.work()
    bench.query("UPDATE job SET state = 'waiting', lease_until = NULL RETURNING 1")
    bench.work()
    assert bench.said == []
    assert bench.query("SELECT count(*) FROM issue") == [(1,)]


def test_a_month_to_come_cannot_be_published(bench: Bench) -> None:
    with pytest.raises(Invalid):
        bench.run(order, OrderBulletin(month="2021-06"))


def test_issues_are_numbered_as_they_come_out(bench: Bench) -> None:
    for month in ("2021-04", "2021-05"):
        bench.run(order, OrderBulletin(month=month))
        bench.work()
    assert bench.query("SELECT month, number FROM issue ORDER BY number") == [(date(2021, 4, 1), 1), (date(2021, 5, 1), 2)]


def test_the_printed_pages_are_two_and_hold_only_our_faces(bench: Bench) -> None:
    published(bench)
    ((pdf,),) = bench.query("SELECT pdf FROM issue")
    whole = streams(bytes(pdf))
    assert bytes(pdf).startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", whole)) == 2
    faces = set(re.findall(rb"/BaseFont\s*/[A-Z]{6}\+([A-Za-z-]+)", whole))
    assert faces
    assert all(face.startswith(b"LXGWWenKai") for face in faces)
    assert len(re.findall(rb"/FontFile[23]", whole)) == len(faces)


def characters(font: bytes) -> set[int]:
    """The characters a TrueType file has glyphs for: the groups of its `cmap` table in format 12, glyph 0 being none."""
    (tables,) = struct.unpack_from(">4xH", font)
    entries = [struct.unpack_from(">4sIII", font, 12 + 16 * number) for number in range(tables)]
    cmap = next(offset for tag, _, offset, _ in entries if tag == b"cmap")
    (count,) = struct.unpack_from(">2xH", font, cmap)
    subtables = [cmap + struct.unpack_from(">4xI", font, cmap + 4 + 8 * number)[0] for number in range(count)]
    wide = next(at for at in subtables if struct.unpack_from(">H", font, at)[0] == 12)
    (groups,) = struct.unpack_from(">12xI", font, wide)
    found: set[int] = set()
    for number in range(groups):
        first, last, glyph = struct.unpack_from(">III", font, wide + 16 + 12 * number)
        found.update(range(first + (glyph == 0), last + 1))
    return found


def letters_of(value: Any) -> set[str]:
    """Every character somewhere inside."""
    if isinstance(value, str):
        return set(value)
    if isinstance(value, dict):
        return set().union(*(letters_of(one) for one in value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*(letters_of(one) for one in value)) if value else set()
    return set(str(value))


def test_no_character_is_missing_from_the_faces(bench: Bench) -> None:
    content = published(bench)
    sheet = (FOLDER.parent / "templates" / "bulletin.typ").read_text(encoding="utf-8")
    wanted = letters_of(content) | set("".join(line for line in sheet.splitlines() if not line.startswith("//")))
    wanted |= letters_of([*DEFINITIONS, *method(), *(list(read_story(slug)) for slug in ORDER)])
    for face in FONTS.glob("*.ttf"):
        known = characters(face.read_bytes())
        assert [letter for letter in sorted(wanted) if letter != "\n" and ord(letter) not in known] == [], face.name


def test_a_month_with_very_many_sessions_can_be_printed(bench: Bench) -> None:
    content = published(bench)
    content["held"] = content["held"] * 6
    assert print_pdf(content, draw(Chart.model_validate(content["chart"]), PAPER, font="LXGW WenKai")).startswith(b"%PDF")


def test_stories_hold_no_number_of_their_own() -> None:
    for slug in ORDER:
        text = re.sub(r"\{[a-z_.]+\}|\[[a-z_.]+\]", "", "\n".join(read_story(slug)))
        assert re.findall(r"[0-9０-９]", text) == [], slug


def test_a_headlines_figure_is_explained_in_its_story() -> None:
    for slug in ORDER:
        lines = read_story(slug)
        named = set(re.findall(r"\{([a-z_.]+)\}", "".join(line for line in lines if line.startswith("#"))))
        assert named <= set(re.findall(r"\{([a-z_.]+)\}", "".join(line for line in lines if not line.startswith("#"))))


def test_a_sentence_whose_figure_is_nought_is_left_out(bench: Bench) -> None:
    bench.hear(text(1))
    with bench.service.begin() as unit:
        setter = Setter(compute(Month.parse("2021-05"), unit), {"who": "红十字会"})
    heads = ["@ 栏目", "# 来了{series.visits}", "# [who]来了"]
    story = setter.set("s", [*heads, "发出{texts.sent}。", "送到{texts.delivered}。", "", "[nobody]来了。"])
    assert story is not None
    assert story.headline == "红十字会来了"
    assert ["".join(span.text for span in paragraph) for paragraph in story.paragraphs] == ["发出1\N{NO-BREAK SPACE}条。"]
    assert setter.set("t", ["@ 栏目", "# 来了{series.visits}"]) is None


def test_the_chart_starts_at_nought_and_names_what_it_shows() -> None:
    points = [Point(month=date(2021, month, 1), value=value) for month, value in ((3, 0), (4, 50), (5, 100))]
    chart = Chart(title="每个月走进驿站的人次", unit="人次", query="SELECT 1", points=points)
    svg = draw(chart, SCREEN, font="serif")
    heights = [float(height) for height in re.findall(r'<rect [^>]*height="([0-9.]+)"', svg)]
    assert heights[0] == 0
    assert heights[2] == pytest.approx(2 * heights[1], abs=0.1)
    assert 'aria-label="每个月走进驿站的人次"' in svg
    assert "#" not in svg, "the style sheet alone names colours on the web"
    assert draw(chart.model_copy(update={"points": []}), SCREEN, font="serif") == ""
