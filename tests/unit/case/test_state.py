"""The state of a case: folded, stored, loaded, digested; and `evolve` doesn't change the state that it is given."""

from __future__ import annotations

import json

from engine.base.canonical import canonical
from engine.case.normal_form import core_of, state_digest
from engine.case.records import (
    ERASED,
    FactSet,
    MatterMoved,
    MessageKept,
    MessageQueued,
    Numbered,
    Personal,
    ResultAdded,
    ValuesErased,
)
from engine.case.state import Case, evolve
from tests.samples import halls
from tests.samples.desk import Desk


def test_evolve_leaves_the_given_case_as_it_was() -> None:
    before = Case("2026-000001")

    after = evolve(before, [FactSet(0, "a", 1), Numbered(7)])

    assert (before.counter, dict(before.facts)) == (0, {})
    assert (after.counter, dict(after.facts)) == (7, {(0, "a"): 1})


def test_the_digest_tells_every_fact_and_hides_personal_values() -> None:
    empty = Case("2026-000001")
    digests = {
        state_digest(evolve(empty, [FactSet(0, "a", value)]))
        for value in (1, 2, "1", None, [1], Personal.of(1, "s"), Personal.of(1, "t"))
    }

    assert len(digests) == 7
    core = canonical(core_of(evolve(empty, [FactSet(0, "a", Personal.of("秘密", "s"))]))).decode()
    assert "秘密" not in core


def test_the_order_in_which_facts_were_set_is_no_part_of_the_state() -> None:
    one, other = FactSet(0, "a", 1), FactSet(0, "b", 2)

    first, second = (evolve(Case("2026-000001"), effects) for effects in ([one, other], [other, one]))

    assert state_digest(first) == state_digest(second)


def test_an_erased_value_is_gone_from_every_table_and_no_digest_changes() -> None:
    secret = Personal.of({"name": "示范申请人甲"}, "s")
    case = evolve(
        Case("2026-000001", applicant=secret),
        [
            FactSet(0, "a", secret),
            ResultAdded(1, "document", "通知书", None, secret),
            MessageQueued(2, "notification", "notice.send", secret),
            MessageKept(3, "paid", None, {"who": secret, "much": 3}),
        ],
    )

    after = evolve(case, [ValuesErased((secret.digest,))])

    assert state_digest(after) == state_digest(case)
    assert after.applicant.value is ERASED
    assert after.facts[0, "a"].value is ERASED
    assert after.results[1].value.value is ERASED
    assert after.outbox[2].payload.value is ERASED
    assert after.inbox[3].variables["who"].value is ERASED
    assert after.inbox[3].variables["much"] == 3
    assert case.facts[0, "a"] is secret


def test_no_case_ends_with_an_open_matter() -> None:
    desk = Desk.of(halls.BUSINESS_STARTUP, "2026-03-02 09:00")
    desk.start(applicant={"name": "示范申请人甲"})
    desk.complete("intake", "window1", **halls.APPLICATION)
    desk.answer_all()

    effects = desk.give("CancelCase", "admin", reason="申请人放弃")

    (move,) = [effect for effect in effects if isinstance(effect, MatterMoved)]
    assert (move.move, move.state, move.reason) == ("terminate", "terminated", "申请人放弃")
    assert (desk.case.tokens, desk.case.clocks) == ({}, {})
    # The name stays reserved for its two months, whatever becomes of the case (企业名称登记管理规定 18).
    assert [(claim.kind, claim.until) for claim in desk.case.claims.values()] == [
        ("company_name", "2026-05-03T00:00:00+08:00")
    ]
    assert desk.case.status == "cancelled"


def test_the_stored_form_is_json_with_numbers_as_keys() -> None:
    desk = Desk.of("calls_and_events", "2026-03-02 09:00")
    desk.start()

    stored = json.loads(canonical(core_of(desk.case)))

    assert set(stored["tokens"]) == {"0", "2"}
    assert stored["tokens"]["2"] == {"element": "order", "level": 0}
    assert stored["scopes"]["0"] is None
