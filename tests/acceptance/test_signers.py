"""Signers that are departments, roles in a department, or people: who may sign, who may be added, what pages show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.base.errors import NotAllowed, Refused
from engine.hall.proof import verify
from engine.reading import scenarios
from tests.acceptance.test_move_pages import confirm, plain, shown
from tests.samples.site import Site, site
from webui.cli import compose

COUNTERSIGN = Path(__file__).parents[1] / "samples" / "countersign"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("hall")) as found:
        found.app.config["WTF_CSRF_ENABLED"] = False
        yield found


@pytest.mark.parametrize("file", scenarios.files_of([COUNTERSIGN]), ids=lambda file: file.stem)
def test_each_party_signs_for_itself(file: Path, empty_database: Path) -> None:
    row = scenarios.run(file, compose.stand_ins, empty_database)

    assert row.passed, row


def in_turn(hall: Site, parties: list[str]) -> str:
    return hall.case_of(hall.publish("moves/signers"), "P", signers=parties)


def test_the_worklist_of_a_department_has_what_it_signs(hall: Site) -> None:
    number = in_turn(hall, ["tax"])
    link = f"/cases/{number}/tasks/{hall.task(number, 'K')}"

    lists = {
        who: link in hall.client(who).get("/worklist").text for who in ("tax_reviewer1", "tax_head", "police_head")
    }

    assert lists == {"tax_reviewer1": True, "tax_head": True, "police_head": False}
    assert "示范县税务局" in plain(hall.client("tax_head").get(link).text)


def test_a_role_in_a_department_signs_and_nobody_else(hall: Site) -> None:
    number = in_turn(hall, ["role:reviewer@public_security"])
    with pytest.raises(NotAllowed):
        hall.complete(number, "K", "police_head", opinion="代签")
    with pytest.raises(NotAllowed):
        hall.complete(number, "K", "tax_reviewer1", opinion="代签")

    hall.complete(number, "K", "police_reviewer2", opinion="同意")

    entry = hall.journal(number)[-1]
    assert entry.basis == {"kind": "role", "role": "reviewer", "department": "public_security"}
    assert hall.open(number) == ["M"]


def test_parties_are_chosen_and_named_on_the_page(hall: Site) -> None:
    number = in_turn(hall, ["tax", "market_head"])
    token = hall.task(number, "K")
    hall.give("ClaimTask", "tax_reviewer1", number, task=token)
    clerk, page = hall.client("tax_reviewer1"), f"/cases/{number}/tasks/{token}/moves"
    assert "1. 示范县税务局 签署中 2. 示范市监负责人 未到" in plain(clerk.get(page).text)
    assert "role:reviewer@public_security" in clerk.get(page).text

    for person in ("public_security", "role:reviewer@public_security"):
        added = shown(clerk, number, "add-signer", task=token, person=person, place="after", reason="涉及治安")
        assert confirm(clerk, number, "add-signer", added) == 302
    hall.complete(number, "K", "tax_reviewer1")
    admin = hall.client("admin")
    shown_now = plain(admin.get(f"/cases/{number}/tasks/{hall.task(number, 'K')}/moves").text)
    assert "2. 示范县公安局 审查人员 签署中" in shown_now and "3. 示范县公安局 未到" in shown_now
    removed = shown(admin, number, "remove-signer", task=hall.task(number, "K"), index=2, reason="一份即可")
    assert confirm(admin, number, "remove-signer", removed) == 302

    hall.complete(number, "K", "police_reviewer1")
    hall.complete(number, "K", "market_head")
    assert hall.open(number) == ["M", "M"]
    proof = verify(hall.hall.store, hall.hall.engine.library, [number])
    assert proof.proves(strict=True)


@pytest.mark.parametrize("signer", ["nobody", "role:reviewer@nowhere", "role:nothing@tax", 4, {"name": "tax"}, None])
def test_a_signer_that_is_nobody_is_not_added(hall: Site, signer: object) -> None:
    number = in_turn(hall, ["tax"])
    task = hall.task(number, "K")
    hall.give("ClaimTask", "tax_head", number, task=task)

    with pytest.raises(Refused) as refused:
        hall.give("AddSigner", "tax_head", number, task=task, signer=signer, place="after", reason="加签")

    assert refused.value.sentence == "signer_unknown"
