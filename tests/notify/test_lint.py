"""What is said about a wording while it is being written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.notify.domain import texts
from services.notify.domain.approvals import CHECKING
from services.notify.domain.lint import LONGEST, Finding, lint
from services.notify.features.install_templates import category_of

GOOD = "{when}的{title}，请自带水杯，{place}。不清楚的请来电{helpline}。"


def codes(words: str, *, name: str = "notice.cup", category: str = "service") -> list[str]:
    """The codes of what is found, those that stop first."""
    return [finding.code for finding in lint(name, category, words)]


@pytest.mark.parametrize("name", texts.TEMPLATES)
def test_the_products_own_wordings_are_in_order(name: str) -> None:
    assert [finding for finding in lint(name, category_of(name), texts.TEMPLATES[name]) if finding.stops] == []


@pytest.mark.parametrize("name", [name for name in texts.TEMPLATES if name != "staff_answer"])
@pytest.mark.parametrize("carrier", CHECKING)
def test_no_value_of_the_products_own_wordings_is_too_long_for_a_carrier(name: str, carrier: str) -> None:
    longest = CHECKING[carrier].longest
    facts = texts.example_of(name) | {"title": "智能手机使用与防范电信诈骗专题学习小组"}
    filled = texts.fill(texts.TEMPLATES[name], facts, texts.EXAMPLE_NOW, longest)
    # What staff write themselves goes through carriers that take any text.
    assert [value for value in filled.values.values() if len(value) > longest] == []
    assert list(filled.values) == texts.variables(texts.TEMPLATES[name])


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (GOOD, []),
        ("", ["empty"]),
        (" \n ", ["empty"]),
        ("【老西门街道】{title}照常。", ["brackets"]),
        ("{title}照常[请看", []),
        ("[通知]{title}照常", ["brackets"]),
        ("{title}照常★", ["characters"]),
        ("{title}照常😀", ["characters"]),
        ("{title}在𠮷家", ["characters"]),
        ("{title}準時開始", ["characters"]),
        ("{title}照常，{title}不变", ["variable_twice"]),
        ("{title}{when}照常", ["variables_touch"]),
        ("{title}，{when}", ["only_variables"]),
        ("{name}您好", ["variable_unknown"]),
        ("{title.__class__}照常", ["characters"]),
        ("{title照常", ["characters"]),
        ("{}照常", ["variable_unknown"]),
        ("{title}照常，可加13800138000", ["mobile"]),
        ("{title}照常，可加138 0013 8000", ["mobile"]),
        ("请打021-63281234、021-63281235或{helpline}", ["contacts"]),
        ("请打021-63281234或{helpline}", []),
        ("您血压150，请来复测", ["health_value"]),
        ("您的血糖偏高，请来复测", ["health_value"]),
        ("请来测血压", ["health_item"]),
        ("详见 www.example.cn", ["link"]),
        ("{title}照常，退订回T", ["opt_out_misplaced"]),
        ("{title}照常，拒收请回复R", ["opt_out_misplaced"]),
        ("{title}照常！", ["exclamation"]),
        ("{title}有问卷请您填", ["theme", "theme"]),
        ("字" * (LONGEST - 6), ["too_long"]),
        ("字" * 64, ["several_parts"]),
        ("字" * 63, []),
    ],
)
def test_a_draft_is_told_what_is_wrong_with_it(words: str, found: list[str]) -> None:
    assert codes(words) == found


def test_a_promotion_ends_with_the_way_out() -> None:
    assert codes("{title}周末加一场，拒收请回复R", category="promotion") == []
    assert codes("{title}周末加一场。", category="promotion") == ["opt_out_missing"]
    assert codes("拒收请回复R，{title}周末加一场", category="promotion") == ["opt_out_missing"]


def test_a_code_is_named_in_the_text_that_brings_it() -> None:
    assert codes("您的验证码{minutes}分钟内有效。", name="login_code", category="code") == ["variable_missing"]


def test_a_theme_names_the_carriers_that_ban_it() -> None:
    found = lint("notice.jobs", "service", "{title}有招聘信息")
    assert found == [Finding("theme", "招聘", ("aliyun",)), Finding("theme", "招聘", ("tencent",))]
    assert not any(finding.stops for finding in found)


@given(some.text(max_size=300))
def test_whatever_is_written_something_can_be_said_about_it(words: str) -> None:
    for finding in lint("notice.any", "service", words):
        assert finding.found is not None


def test_a_carrier_that_takes_short_values_gets_days_without_their_weekday() -> None:
    facts = texts.example_of("place_confirmed") | {"topic": "小伤口", "place": "庄家街51弄1号社区食堂二楼东厅"}
    filled = texts.fill(texts.TEMPLATES["place_confirmed"], facts, texts.EXAMPLE_NOW, 12)
    assert filled.values == {"title": "午间半小时“小伤口”", "when": "10月20日12:00", "place": "庄家街51弄1号社区食…", "no": "2"}
    assert filled.text == "您已报名午间半小时“小伤口”：10月20日12:00，庄家街51弄1号社区食…。不能来请回复2取消。"
