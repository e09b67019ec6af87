"""What names a person is replaced however it is written, and wherever somebody has put it."""

from __future__ import annotations

import pytest

from engine.reading.scenarios.disguise import Disguise
from webui.cli.pseudonyms import Pseudonyms

PERSONAL = [{"name": "示范申请人甲", "mobile": "13800138000"}, "示范路1号"]


def disguised() -> Disguise:
    return Disguise(PERSONAL, frozenset({"回访号码"}), {}, Pseudonyms())


@pytest.mark.parametrize(
    "said",
    [
        "13800138000", "+8613800138000", "+86 138 0013 8000", "138-0013-8000", "138 0013 8000",
        "１３８００１３８０００", "86-13800138000", "0510-86801234", "(0510)86801234",
        "010 68012345", "32058219800101001X", "32058219800101001x",
        "name.of@example.org",
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "请致电{}。", "电话{}，晚上打"])
def test_numbers_are_replaced_however_they_are_spaced(said: str, around: str) -> None:
    text = disguised().text(around.format(said))

    assert said not in text and (not around.strip("{}") or text[0] == around[0])


@pytest.mark.parametrize(
    "text", ["000125004000", "2019-320582-47-03-500001", "2026-03-02T09:00:00+08:00", "回访号码", "P3DT4H", "1000000"]
)
def test_codes_moments_and_words_of_the_chain_stay(text: str) -> None:
    assert disguised().text(text) == text


@pytest.mark.parametrize("key", ["person", "place", "by", "on", "file", "message", "target", "task"])
def test_a_field_that_is_named_like_a_word_of_the_format_is_no_word_of_it(key: str) -> None:
    """`person` of a step is somebody of the hall; `person` of a form is whoever was written there."""
    step = {key: "reviewer1", "variables": {key: "示范申请人甲", "rows": [{key: "示范路1号"}]}}

    made = disguised().inside(step)

    assert made[key] == "reviewer1"
    assert "示范申请人甲" not in str(made) and "示范路1号" not in str(made)
