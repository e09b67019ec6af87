"""Numbers and days from outside have digits of ASCII alone, wherever they are read."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from engine.base.errors import InvalidInput
from engine.language import feel
from webui import submissions

ODD = ["１２", "1_000", " 1", "١٢", "+1", "1.0", "1e3", ""]


@pytest.mark.parametrize("text", ODD)
def test_a_whole_number_of_a_query(text: str) -> None:
    with pytest.raises(ValueError):
        submissions.whole(text)

    assert (submissions.whole("12"), submissions.whole("-1")) == (12, -1)


@pytest.mark.parametrize("text", ["20260302", "2026-W10-1", "２０２６-03-02", "2026-3-2"])
def test_a_day_of_a_page(app, text: str) -> None:
    with app.test_request_context(method="POST", data=MultiDict({"on": text})), pytest.raises(InvalidInput):
        submissions.day("on")


@pytest.mark.parametrize(
    "text",
    [
        'number("１２")',
        'number("1_000")',
        'date("٢٠٢٦-٠٣-٠٢")',
        'time("０9:30:00")',
        'duration("P１D")',
        'duration("P１Y")',
        'date and time("2026-03-02T0９:00:00")',
    ],
)
def test_texts_that_feel_reads(text: str) -> None:
    assert feel.compile(text).evaluate({}) is None


@pytest.mark.parametrize("text", ["１２", "1 + ２"])
def test_such_digits_are_a_name_in_feel(text: str) -> None:
    assert feel.compile(text).evaluate({}) is None
