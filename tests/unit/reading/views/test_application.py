"""The values that an applicant has stated, and that a stage hands on, shown with the labels of the forms."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

from engine.case.facts import Facts
from engine.case.state import Case, Signers
from engine.model import chain as chains
from engine.model.runtime.changes import ROOT
from engine.reading.views.application import Row, labelled, stated
from tests.samples import halls
from tests.unit.model.runtime import bpmn_text as bpmn


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


TWO_FORMS = bpmn.document(
    bpmn.process(
        "P",
        bpmn.S,
        bpmn.user("never", extensions=(bpmn.zeebe("formDefinition", formId="other"),)),
        bpmn.user("asked", extensions=(bpmn.zeebe("formDefinition", formId="own"),)),
        bpmn.E,
        bpmn.flows("S>asked asked>never never>E"),
    )
)


def test_a_fact_has_the_label_of_a_form_that_was_filled_in(tmp_path: Path) -> None:
    (tmp_path / "model.bpmn").write_bytes(TWO_FORMS)
    for id, label in (("other", "Reason of the denial"), ("own", "Reason of the complaint")):
        field = {"type": "textfield", "id": "f", "key": "reason", "label": label}
        form = {"id": id, "type": "default", "schemaVersion": 16, "components": [field]}
        (tmp_path / f"{id}.form").write_text(json.dumps(form), "utf-8")
    version = chains.read(tmp_path / "model.bpmn").version
    assert version is not None
    case = Case("2026-000001", process="P", facts=Facts(dict.fromkeys([(ROOT, "reason")], "noise")))

    before = stated(version, case)
    case.signers[ROOT, "asked"] = Signers(1, ("window1",))

    assert before == ()
    assert [row for block in stated(version, case) for row in block.rows] == [Row("Reason of the complaint", "noise")]
