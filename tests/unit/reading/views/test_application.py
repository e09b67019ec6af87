"""The values that an applicant has stated, and that a stage hands on, shown with the labels of the forms."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from engine.reading.views.application import Row, labelled
from tests.samples import halls


def test_facts_have_the_labels_of_the_forms_that_ask_for_them() -> None:
    version, _ = halls.chain(halls.BUSINESS_STARTUP)
    facts = {
        "plot_ratio": Decimal("1.8"),
        "company_name": "云岭示范科技有限公司",
        "by_agent": False,
        "assessed": ["土地勘测", "洪水影响"],
        "until": date(2029, 12, 31),
        "nothing": None,
    }

    rows = {row.label: row.value for row in labelled(version, facts)}

    assert rows.pop("企业名称") == "云岭示范科技有限公司"
    assert {"plot_ratio": "1.8", "assessed": ("土地勘测", "洪水影响"), "until": "2029-12-31"}.items() <= rows.items()
    assert False in rows.values() and "nothing" not in rows


def test_a_value_of_several_answers_is_told_answer_by_answer() -> None:
    version, _ = halls.chain(halls.BUSINESS_STARTUP)

    rows = labelled(version, {"info": {"company_name": "云岭示范科技有限公司", "by_agent": False}})

    assert Row("企业名称", "云岭示范科技有限公司") in rows
    assert "info" not in {row.label for row in rows}
