"""docs/chains.md describes each property in the words of the dialect."""

from __future__ import annotations

from pathlib import Path

from engine.model.chain.dialect import ACTIVITY_PROPERTIES, FLAGS, PROCESS_PROPERTIES

PAGE = (Path(__file__).parents[4] / "docs" / "chains.md").read_text("utf-8")


def test_every_property_of_the_dialect_stands_on_the_page_in_its_words():
    rows = [f"| `{name}` | {words} |" for name, words in (ACTIVITY_PROPERTIES | PROCESS_PROPERTIES).items()]

    assert [row for row in rows if row not in PAGE] == []


def test_the_page_names_the_properties_that_are_true_or_false():
    (line,) = [line for line in PAGE.splitlines() if line.endswith("are `true` or `false`.")]

    assert set(line.split("`")[1::2]) - {"true", "false"} == set(FLAGS)
