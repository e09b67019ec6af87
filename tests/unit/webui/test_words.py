"""The engine's words on English pages."""

from __future__ import annotations

import pytest
from flask import Flask, session

from engine.case import records
from webui.words import COMMANDS, word


@pytest.mark.parametrize(
    ("said", "english"),
    [
        ("审查中", "under review"),
        ("承诺时限", "Promised"),
        ("企业设立登记：已受理", "企业设立登记: accepted"),
        ("企业设立登记：承诺时限至 2026-03-04", "企业设立登记: Promised until 2026-03-04"),
        ("企业设立登记：承诺时限预警（2026-03-04）", "企业设立登记: Promised due soon (2026-03-04)"),
        ("岗位职责（市场监督管理局 · 审查岗）", "role (市场监督管理局 · 审查岗)"),
        ("代理（代 张三）", "substitute (for 张三)"),
        ("公司设立登记：停表中（专家评审）", "公司设立登记: suspended (expert review)"),
        ("示范县政务服务中心", "示范县政务服务中心"),
        ("", ""),
        (None, ""),
    ],
)
def test_the_engines_words_are_english_on_english_pages(app: Flask, said: str | None, english: str) -> None:
    with app.test_request_context("/"):
        session["language"] = "en"
        assert word(said) == english

    with app.test_request_context("/"):
        session["language"] = "zh"
        assert word(said) == (said or "")


def test_every_command_has_a_title_for_the_history() -> None:
    assert set(COMMANDS) == set(records.COMMANDS)
