"""Who may start a case is data of the chain, and so is whether the applicant has to give an identity number."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.base.errors import InvalidInput, NotAllowed
from engine.case.records import plain
from engine.hall.door.derived import display_name
from engine.hall.proof import verify
from engine.law import organisation
from engine.model import chain as chains
from tests.samples import site
from tests.samples.site import SAMPLES, Site

HOTLINE = SAMPLES / "hotline"
HALL = organisation.read((HOTLINE / "organisation.json").read_bytes())
NUMBER, WRONG = "11010519491231002X", "110105194912310021"


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Site]:
    with site.site(tmp_path, organisation=HALL) as here:
        here.app.config["WTF_CSRF_ENABLED"] = False
        yield here


def published(here: Site, folder: Path, **properties: str | None) -> str:
    """Publish the hotline with these properties of its process; None takes one away. Return the digest."""
    shutil.copytree(HOTLINE, folder, dirs_exist_ok=True)
    text = (folder / "chain.bpmn").read_text()
    for name, value in properties.items():
        text = re.sub(rf'\s*<zeebe:property name="{name}" value="[^"]*" />', "", text, count=1)
        if value is not None:
            row = f'<zeebe:property name="chain" value="hotline" /><zeebe:property name="{name}" value="{value}" />'
            text = text.replace('<zeebe:property name="chain" value="hotline" />', row)
    (folder / "chain.bpmn").write_text(text)
    return here.publish(folder)


def may_start(here: Site) -> set[str]:
    """The people whose page offers the chain, and whose navigation leads there."""
    offered = set()
    for person in here.passwords:
        client = here.client(person)
        page = client.get("/intake").get_data(as_text=True)
        assert ('href="/intake/hotline"' in page) == (client.get("/intake/hotline").status_code == 200)
        assert ('href="/intake"' in client.get("/mailbox").get_data(as_text=True)) == ('href="/intake/hotline"' in page)
        if 'href="/intake/hotline"' in page:
            offered.add(person)
    return offered


def starts(here: Site, digest: str, actor: str, **applicant: Any) -> bool:
    try:
        here.give("StartCase", actor, None, chain=digest, applicant=applicant)
    except NotAllowed as error:
        assert "somebody who takes in such cases" in error.message
        return False
    return True


@pytest.mark.parametrize(
    ("intake", "staff", "own"),
    [
        (None, {"window1"}, {"applicant1"}),
        ("operator", {"operator1", "operator2"}, set()),
        ("operator, window", {"operator1", "operator2", "window1"}, set()),
        ("reviewer,applicant", {"ecology_reviewer1", "ecology_reviewer2", "water_reviewer1"}, {"applicant1"}),
    ],
)
def test_the_chain_says_which_roles_take_a_case_in(
    hall: Site, tmp_path: Path, intake: str | None, staff: set[str], own: set[str]
) -> None:
    digest = published(hall, tmp_path / "chain", intake=intake, identity=None)

    assert may_start(hall) == staff | own
    assert {person for person in hall.passwords if starts(hall, digest, person, name="甲")} == staff
    assert {person for person in hall.passwords if starts(hall, digest, person, person=person)} == staff | own


def test_an_operator_takes_a_call_in_and_follows_the_case(hall: Site) -> None:
    hall.publish(HOTLINE)
    operator = hall.client("operator1")

    form = operator.get("/intake/hotline").get_data(as_text=True)
    sent = operator.post("/intake/hotline", data={"title": "噪声扰民", "kind": "person", "key": "k"})

    assert 'name="id_number"' not in form and "不要求申请人表明身份" in form
    assert sent.status_code == 302 and "/tasks/" in sent.location
    number = sent.location.split("/")[2]
    assert plain(hall.case(number).applicant) == {"kind": "person"}
    hall.complete(number, "take_call", "operator1", content="夜间施工")
    for person in ("operator1", "operator2", "window1"):  # who takes in such cases sees them all
        client = hall.client(person)
        assert client.get(f"/cases/{number}").status_code == 200
        assert number in client.get("/cases").get_data(as_text=True)
        assert number in client.get("/cases?text=噪声").get_data(as_text=True)
    assert hall.client("water_reviewer1").get(f"/cases/{number}").status_code == 404
    assert "未具名" in operator.get(f"/cases/{number}").get_data(as_text=True)
    hall.complete(number, "handle", "ecology_reviewer1", reply="已责令停工")
    hall.complete(number, "call_back", "operator2", satisfied=True)
    assert not hall.case(number).is_open
    with hall.hall.store.reading() as reading:
        assert not verify(hall.hall.store, hall.hall.engine.library).problems
        assert reading.cases()[0].applicant is None


@pytest.mark.parametrize(
    ("identity", "given", "wrong"),
    [
        ("none", {}, set()),
        ("none", {"name": "甲"}, set()),
        ("none", {"phone": "13800138000"}, set()),
        ("none", {"phone": "1380013800"}, {"phone"}),
        ("none", {"id_number": NUMBER}, {"id_number"}),
        ("none", {"kind": "robot"}, {"kind"}),
        ("optional", {"name": "甲", "phone": "13800138000"}, set()),
        ("optional", {"name": "甲", "phone": "13800138000", "id_number": NUMBER}, set()),
        ("optional", {"name": "甲", "phone": "13800138000", "id_number": WRONG}, {"id_number"}),
        ("optional", {}, {"name", "phone"}),
        ("required", {"name": "甲", "phone": "13800138000"}, {"id_number"}),
        (None, {"name": "甲", "phone": "13800138000"}, {"id_number"}),
        (None, {"name": "甲", "phone": "13800138000", "id_number": NUMBER}, set()),
    ],
)
def test_the_page_asks_for_the_identity_that_the_chain_needs(
    hall: Site, tmp_path: Path, identity: str | None, given: dict[str, str], wrong: set[str]
) -> None:
    published(hall, tmp_path / "chain", identity=identity)

    sent = hall.client("operator1").post("/intake/hotline", data={"title": "来电", "kind": "person", **given})

    marked = set(re.findall(r'class="invalid-feedback" id="f-(\w+)-note"', sent.get_data(as_text=True)))
    assert (sent.status_code, marked | ({"kind"} if given.get("kind") else set())) == (422 if wrong else 302, wrong)
    if not wrong:
        number = sent.location.split("/")[2]
        stated = plain(hall.case(number).applicant)
        assert stated == {"kind": "person", **given} | ({"id_type": "id_number"} if "id_number" in given else {})


@pytest.mark.parametrize(
    ("identity", "applicant", "sentence"),
    [
        ("none", None, None),
        ("none", {}, None),
        ("none", {"phone": "13800138000"}, None),
        ("none", {"id_number": ""}, None),
        ("none", {"id_number": NUMBER}, "identity_unwanted"),
        ("optional", {"name": "甲"}, None),
        ("optional", {"id_number": NUMBER}, None),
        ("optional", {"id_number": WRONG}, "identifier_wrong"),
        ("optional", {"id_number": 7}, "identifier_wrong"),
        ("optional", {"id_number": False}, "identifier_wrong"),
        ("optional", {"id_number": NUMBER, "id_type": "passport"}, "identity_kind"),
        ("required", {"name": "甲"}, "identifier_wrong"),
        ("required", None, "identifier_wrong"),
        ("required", {"id_number": "91350100M000100Y43", "id_type": "credit_code"}, None),
        (None, {"name": "甲"}, None),  # the page asks; the door leaves it to the page
        (None, {"id_number": "whatever"}, None),
    ],
)
def test_the_door_holds_the_chain_to_it(
    hall: Site, tmp_path: Path, identity: str | None, applicant: dict[str, Any] | None, sentence: str | None
) -> None:
    digest = published(hall, tmp_path / "chain", identity=identity)
    given = {} if applicant is None else {"applicant": applicant}

    if sentence is None:
        number = hall.give("StartCase", "operator1", None, chain=digest, **given)
        assert display_name(hall.case(number).applicant) == (applicant or {}).get("name")
    else:
        with pytest.raises(InvalidInput) as refused:
            hall.give("StartCase", "operator1", None, chain=digest, **given)
        (wrong,) = refused.value.fields["errors"].values()
        assert wrong["sentence"] == sentence
        with hall.hall.store.reading() as reading:
            assert reading.count() == 0


def test_what_a_caller_without_a_number_says_can_be_erased(hall: Site) -> None:
    digest = hall.publish(HOTLINE)
    number = hall.give(
        "StartCase", "operator1", None, chain=digest, applicant={"name": "来电人甲", "phone": "13800138000"}
    )

    hall.give("EraseValues", "admin", number, digests=[hall.case(number).applicant.digest], reason="本人要求")

    with hall.hall.store.reading() as reading:
        assert [row.value for row in reading.personal(number)] == []
    for page in (f"/cases/{number}", "/cases", f"/cases/{number}/history"):
        assert "来电人甲" not in hall.client("operator1").get(page).get_data(as_text=True)
    assert not verify(hall.hall.store, hall.hall.engine.library).problems


def test_whoever_takes_in_such_cases_adds_papers_and_withdraws(hall: Site) -> None:
    digest = hall.publish(HOTLINE)
    number = hall.give("StartCase", "operator1", None, chain=digest)
    paper = {
        "material": "recording",
        "file": "sha256:1",
        "name": "录音.pdf",
        "size": 1,
        "media_type": "application/pdf",
    }

    with pytest.raises(InvalidInput):  # the person may; the catalogue has no such material
        hall.give("SupplyMaterial", "operator2", number, **paper)
    with pytest.raises(NotAllowed):
        hall.give("SupplyMaterial", "water_reviewer1", number, **paper)


@pytest.mark.parametrize(
    ("properties", "rule", "severity", "said"),
    [
        ({"intake": "operater"}, "role", "error", "no role 'operater', which takes cases in. Did you mean 'operator'?"),
        ({"intake": " , "}, "property-value", "error", "has to list roles"),
        ({"identity": "requird"}, "property-value", "error", "found 'requird'. Did you mean 'required'?"),
        ({"identity": ""}, "property-value", "error", "has to be required, optional or none"),
        ({"intake": "leader"}, "intake", "warning", "Nobody in the organisation holds leader"),
    ],
)
def test_the_check_knows_roles_and_values(
    tmp_path: Path, properties: dict[str, str], rule: str, severity: str, said: str
) -> None:
    shutil.copytree(HOTLINE, tmp_path / "chain")
    named = json.loads((HOTLINE / "organisation.json").read_text())
    named["roles"].append({"key": "leader", "name": "分管领导"})
    (tmp_path / "chain" / "organisation.json").write_text(json.dumps(named))
    text = (tmp_path / "chain" / "chain.bpmn").read_text()
    for name, value in properties.items():
        text = re.sub(rf'(name="{name}" value=")[^"]*', rf"\g<1>{value}", text)
    (tmp_path / "chain" / "chain.bpmn").write_text(text)

    findings = [f for f in chains.check([tmp_path / "chain"]) if f.rule != "diagram"]

    assert [(f.element, f.rule, f.severity) for f in findings] == [("hotline", rule, severity)]
    assert said in findings[0].message


def test_a_process_with_which_no_case_starts_says_nothing_of_intake(tmp_path: Path) -> None:
    shutil.copytree(HOTLINE, tmp_path / "chain")
    called = (HOTLINE / "chain.bpmn").read_text().replace('"hotline"', '"other"').replace("hotline_def", "other_def")
    called = re.sub(r'<zeebe:property name="chain" value="other" />', "", called)
    (tmp_path / "chain" / "other.bpmn").write_text(called)

    findings = [f for f in chains.check([tmp_path / "chain"]) if f.rule == "intake"]

    assert [(f.element, f.severity, "no case starts with this process" in f.message) for f in findings] == [
        ("other", "warning", True)
    ] * 2


def test_a_version_published_with_properties_that_mean_nothing_loads_and_starts(hall: Site) -> None:
    version = chains.read(HOTLINE).version
    assert version is not None
    files = {name: data.replace(b'value="none"', b'value="sometimes"') for name, data in version.files.items()}
    files = {name: data.replace(b'value="operator"', b'value=" , "', 1) for name, data in files.items()}
    older = chains.load(files)

    assert (older.process.identity, older.process.intake) == (None, chains.INTAKE)
    hall.hall.engine.publish(older, "system:test")
    assert hall.give("StartCase", "window1", None, chain=older.digest)
