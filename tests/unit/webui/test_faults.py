"""A refusal as page, fragment and JSON: headline and sentence in one language, the engine's English nowhere."""

from __future__ import annotations

import re

import pytest
from flask import Flask, session

from engine.base.errors import InvalidInput, LicetError, ModelError, Refused, wrong_field

HELD = Refused(
    "Expected company_name 甲 to be free.", sentence="thing_registered", kind="company_name", key="甲", holder="1"
)
WRONG = InvalidInput(
    "Expected a valid submission.",
    sentence="fields_wrong",
    errors={"capital": wrong_field("field_min", "'资本' has to be at least 0.", label="资本", bound=0)},
)
ON_THE_COMMAND_LINE = InvalidInput("Expected an amount.", sentence="amount_not_positive", errors={"amount": "above 0"})
BROKEN = ModelError("Expected one root element; found two.")
SAYS = {
    "zh": ("企业名称“甲”已被登记使用，请另行选择。", "“资本”不得小于 0。", "延长的数量须大于零。"),
    "en": (
        "The company name '甲' is registered to somebody else.",
        "'资本' has to be at least 0.",
        "An extension is above zero.",
    ),
}
HEADERS = {
    "page": {},
    "fragment": {"HX-Request": "true"},
    "json": {"Accept": "application/json"},
}


def answered(app: Flask, error: LicetError, language: str, shape: str) -> str:
    with app.test_request_context("/", headers=HEADERS[shape]):
        session["language"] = language
        answer = app.make_response(app.handle_user_exception(error))
        assert answer.status_code == error.status
        return str(answer.json) if answer.is_json else answer.get_data(as_text=True).replace("&#39;", "'")


@pytest.mark.parametrize("shape", HEADERS)
@pytest.mark.parametrize("language", SAYS)
def test_a_refusal_is_said_in_the_language_of_the_page(app: Flask, language: str, shape: str) -> None:
    for error, says in zip((HELD, WRONG, ON_THE_COMMAND_LINE), SAYS[language], strict=True):
        said = answered(app, error, language, shape)

        assert says in said.replace('\\"', '"').replace("\\'", "'")
        assert error.message not in said
        assert "above 0" not in said


@pytest.mark.parametrize("language", SAYS)
def test_the_error_of_a_model_is_quoted_as_english_and_only_there(app: Flask, language: str) -> None:
    said = answered(app, BROKEN, language, "page")

    quoted = re.findall(r'<details><summary>[^<]+</summary><p lang="en">([^<]+)</p></details>', said)
    assert quoted == [BROKEN.message]
    assert said.count(BROKEN.message) == 1


def test_an_error_without_a_sentence_says_what_its_headline_advises(app: Flask) -> None:
    said = answered(app, Refused("Expected otherwise."), "zh", "page")

    assert "办件的状态已经变化" in said and "Expected otherwise." not in said
