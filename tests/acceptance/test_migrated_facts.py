"""Migration moves facts to their new names, tells those that are lost, and refuses a map that is misspelt."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.base.errors import InvalidInput, Refused
from engine.case import migration
from engine.case.records import Personal, plain
from engine.case.state import Case
from engine.hall.proof import verify
from engine.model.chain import ChainVersion
from engine.model.chain.version import load
from engine.reading.scenarios import ANYBODY, Rehearsal, rehearsal
from tests.acceptance.test_migration import MORNING
from tests.acceptance.test_move_pages import plain as plain_text
from tests.samples.site import site
from tests.unit.model.runtime.bpmn_text import (
    E,
    S,
    boundary,
    definition,
    document,
    element,
    event,
    flows,
    mapping,
    process,
    subprocess,
    timer,
    user,
    zeebe,
)


def form(*keys: str) -> bytes:
    fields = [
        {"type": "textfield", "id": f"field_{key}", "label": key, "key": key}
        | ({"properties": {"personal": "true"}} if key.startswith("person") else {})
        for key in keys
    ]
    return json.dumps({"type": "default", "id": "form", "components": fields}).encode()


def version(*keys: str, read: str = "", reminder: str = "", definitions: str = "") -> ChainVersion:
    """A task whose form has `keys`, a body with a fact of that name of its own, and a task that reads `read`."""
    inner = subprocess(
        "B", element("startEvent", "s"), user("U"), element("endEvent", "e"), flows("s>U U>e"),
        extensions=(mapping({keys[0]: '="inside"'}),),
    )  # fmt: skip
    reads = (mapping({"seen": f"={read}"}),) if read else ()
    parts = [user("A", extensions=(zeebe("formDefinition", formId="form"),)), inner, user("Z", extensions=reads)]
    if reminder:
        parts += [boundary("R", "U", reminder, False).replace('attachedToRef="U"', 'attachedToRef="B"')]
        parts += [user("N"), element("endEvent", "En"), flows("R>N N>En")]
    files = {
        "processes/P.bpmn": document(definitions, process("P", S, *parts, E, flows("S>A A>B B>Z Z>E"))),
        "forms/form.form": form(*keys),
        "manifest.json": json.dumps({"format": 1, "name": "p", "title": "p", "main": "P"}).encode(),
    }
    return load(files)


@pytest.fixture
def stage(empty_database: Path) -> Iterator[Rehearsal]:
    with rehearsal(None, MORNING, lambda shelf, folder: {}, empty_database) as found:
        yield found


def publish(stage: Rehearsal, version: ChainVersion) -> str:
    stage.engine.publish(version, "system:rehearsal")
    return version.digest


def migrate(stage: Rehearsal, number: str, to: str, **maps: Mapping[str, str]) -> None:
    stage.give("MigrateCase", ANYBODY, number, {"to": to, "reason": "新版本", **maps})


def started(stage: Rehearsal, version: ChainVersion, **filled: Any) -> str:
    digest = publish(stage, version)
    number = stage.give("StartCase", ANYBODY, None, {"chain": digest}).case
    stage.give("CompleteTask", ANYBODY, number, {"task": next(iter(stage.case(number).tasks)), "variables": filled})
    return number


def facts(case: Case) -> dict[tuple[int, str], Any]:
    return {key: plain(value) for key, value in case.facts.items()}


MAPPED = {"name": "title"}


def test_a_fact_goes_by_its_new_name_in_every_scope(stage: Rehearsal) -> None:
    number = started(stage, version("name", "amount", read="name"), name="示范公司", amount="5")
    before = facts(stage.case(number))
    assert sorted(name for _, name in before) == ["amount", "name", "name"]

    migrate(stage, number, publish(stage, version("title", "amount", read="title")), facts=MAPPED)

    assert facts(stage.case(number)) == {(scope, MAPPED.get(name, name)): v for (scope, name), v in before.items()}
    assert verify(stage.engine.store, stage.engine.library, None).proves(strict=True)


def test_a_personal_value_stays_one_and_becomes_one(stage: Rehearsal) -> None:
    number = started(stage, version("person_name", "amount"), person_name="示范甲", amount="5")

    migrate(stage, number, publish(stage, version("title", "person_sum")),
            facts={"person_name": "title", "amount": "person_sum"})  # fmt: skip

    case = stage.case(number)
    assert isinstance(case.facts[0, "title"], Personal) and isinstance(case.facts[0, "person_sum"], Personal)
    assert plain(case.facts[0, "title"]) == "示范甲" and plain(case.facts[0, "person_sum"]) == "5"
    assert verify(stage.engine.store, stage.engine.library, None).proves(strict=True)


@pytest.mark.parametrize(
    ("maps", "near"),
    [
        ({"facts": {"nam": "title"}}, "name"),
        ({"facts": {"name": "titel"}}, "title"),
        ({"elements": {"UU": "U"}}, "U"),
        ({"elements": {"A-B": "A-BB"}}, "A-B"),
        ({"facts": {"zzzz": "title"}}, None),
    ],
)
def test_a_misspelt_map_is_refused(stage: Rehearsal, maps: dict[str, Any], near: str | None) -> None:
    number = started(stage, version("name", "amount"), name="示范公司", amount="5")
    to = publish(stage, version("title", "amount"))

    with pytest.raises(InvalidInput) as refused:
        migrate(stage, number, to, **maps)

    assert refused.value.fields["near"] == near
    assert ("Did you mean" in refused.value.message) == (near is not None)
    assert stage.case(number).chain != to


def test_a_name_that_is_taken_is_an_obstacle_and_two_of_the_same_are_refused(stage: Rehearsal) -> None:
    number = started(stage, version("name", "amount"), name="示范公司", amount="5")
    to = publish(stage, version("title", "amount"))

    with pytest.raises(Refused, match="beside it"):
        migrate(stage, number, to, facts={"name": "amount"})
    with pytest.raises(InvalidInput, match="have the same"):
        migrate(stage, number, to, facts={"name": "title", "amount": "title"})


def test_what_is_lost_is_told_with_the_name_that_it_may_have(stage: Rehearsal) -> None:
    first, second = version("company", "note", read="extra"), version("company_name")
    number = started(stage, first, company="示范公司", note="急")
    case = stage.case(number)

    told = migration.lost(case, first, second, {})

    assert [(one.name, one.kind, one.fields["near"]) for one in told] == [
        ("company", "field", "company_name"),
        ("note", "field", None),
    ]
    assert migration.lost(case, first, second, {"company": "company_name", "note": "company"}) == []
    assert migration.lost(case, first, first, {}) == []


def test_renaming_there_and_back_gives_the_same_facts(stage: Rehearsal) -> None:
    dice = random.Random(11)
    for _ in range(8):
        old = dice.sample(["name", "amount", "person_a", "note", "kind"], 3)
        new = dice.sample(["title", "sum", "person_b", *old], 3)
        there = dict(zip(old, new, strict=True))
        first, second = version(*old), version(*new)
        if first.digest == second.digest or any(
            a.startswith("person") != b.startswith("person") for a, b in there.items()
        ):
            continue
        number = started(stage, first, **{name: dice.choice(["甲", "5", ""]) for name in old})
        before, personal = facts(stage.case(number)), {k: type(v) for k, v in stage.case(number).facts.items()}

        migrate(stage, number, publish(stage, second), facts=there)
        migrate(stage, number, first.digest, facts={b: a for a, b in there.items()})

        assert facts(stage.case(number)) == before
        assert {k: type(v) for k, v in stage.case(number).facts.items()} == personal
    assert verify(stage.engine.store, stage.engine.library, None).proves(strict=True)


MESSAGE = definition("message", "m", name="paid")
PAID = event("message", "m")


@pytest.mark.parametrize("fired", [False, True])
def test_a_timer_that_became_a_message_is_awaited_as_one(stage: Rehearsal, fired: bool) -> None:
    number = started(stage, version("name", reminder=timer("P1D")), name="示范公司")
    if fired:
        stage.advance(number, "P2D")

    migrate(stage, number, publish(stage, version("name", reminder=PAID, definitions=MESSAGE)))

    (body,) = [token for token in stage.case(number).tokens.values() if token.element == "B"]
    assert (body.arms["R"].kind, body.arms["R"].name, body.arms["R"].due) == ("message", "paid", None)
    stage.advance(number, "P5D")
    stage.give("DeliverMessage", "system:outbox", number, {"name": "paid"})
    assert sorted(t.element for t in stage.case(number).tasks.values()) == sorted(["N", "U"] + ["N"] * fired)
    assert verify(stage.engine.store, stage.engine.library, None).proves(strict=True)


def test_a_message_that_became_a_timer_is_awaited_as_one(stage: Rehearsal) -> None:
    number = started(stage, version("name", reminder=PAID, definitions=MESSAGE), name="示范公司")

    migrate(stage, number, publish(stage, version("name", reminder=timer("P1D"))))

    stage.advance(number, "P2D")
    assert sorted(t.element for t in stage.case(number).tasks.values()) == ["N", "U"]


def test_the_page_tells_what_is_lost_and_takes_its_new_name(tmp_path: Path) -> None:
    with site(tmp_path) as hall:
        hall.app.config["WTF_CSRF_ENABLED"] = False
        first, second = version("company", "amount"), version("company_name", "amount")
        for one in (first, second):
            hall.hall.engine.publish(one, "system:test")
        number = hall.give("StartCase", "window1", None, chain=first.digest, title="示范申办")
        hall.complete(number, "A", company="示范公司", amount="5")
        admin, asked = hall.client("admin"), {"former": first.digest, "to": second.digest, "reason": "新版本"}

        tried = plain_text(admin.post("/versions/migrate", data=asked).text)
        admin.post("/language/en")
        english = plain_text(admin.post("/versions/migrate", data=asked).text)
        mapped = admin.post("/versions/migrate", data=asked | {"fact.company": "company_name"}).text
        confirmed = re.search('name="confirmed" value="([^"]+)"', mapped)
        assert confirmed is not None
        done = {"fact.company": "company_name", "confirmed": confirmed[1]}
        assert admin.post("/versions/migrate", data=asked | done).status_code == 200

        assert "新版本的表单都没有字段“company”。" in tried
        assert "No form of the new version has the field “company”." in english
        case = hall.case(number)
        assert case.chain == second.digest and case.facts[0, "company_name"] == "示范公司"
