"""No effect holds a personal value: neither one that people state about themselves, nor one that the outside
answers.
"""

from __future__ import annotations

import json

from engine.case.records import effect_to_json
from tests.samples import halls
from tests.samples.desk import Desk

HOLDER = halls.APPLICATION["legal_representative_id"]
IDENTITY = {"kind": "identity_card", "holder": HOLDER, "content": {"姓名": "示范申请人甲", "住址": "示范县示范路9号"}}


def test_what_the_certificate_library_answers_is_only_a_digest_in_every_effect() -> None:
    desk = Desk.of(halls.BUSINESS_STARTUP, "2026-03-02 09:00")
    desk.start(applicant={"name": "示范申请人甲", "id_number": HOLDER})
    desk.complete("intake", "window1", **halls.APPLICATION)
    desk.answer_all({"certificate.find": {"certificate": IDENTITY}})

    told = json.dumps([effect_to_json(effect) for effect in desk.effects], ensure_ascii=False)

    assert desk.open == ["check_completeness"]
    assert '"identity"' in told
    assert HOLDER not in told
    assert "示范路9号" not in told
