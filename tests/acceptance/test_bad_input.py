"""Bad input over HTTP against a real hall: a clear message with the right status, nothing changed, nothing lost."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from adapters.identity import read_demonstration
from adapters.settings import Settings
from engine.hall.store import Store
from engine.reading.views import history, materials
from webui import create_app
from webui.cli import compose, demonstration
from webui.house import PageSettings

APPLICATION = {
    "title": "示范县青禾农业科技有限公司",
    "kind": "person",
    "name": "示范申请人甲",
    "id_number": "11010519491231002X",
    "phone": "13800138000",
}
JSON = {"Accept": "application/json"}


@dataclass(frozen=True)
class Site:
    hall: compose.Hall
    sign_in: Callable[[str], FlaskClient]

    def sequence(self, case: str) -> int:
        """Entries of the case's journal."""
        with self.hall.sights.of("window1") as sight:
            return history.page(sight, case).rows[0].sequence

    def material(self, case: str) -> str:
        """A material that the case asks for."""
        with self.hall.sights.of("window1") as sight:
            return materials.of_case(sight, case)[0].key

    def cases(self) -> int:
        with self.hall.store.reading() as reading:
            return int(reading.count())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("hall")
    store = Store.open(f"sqlite:///{folder / 'licet.db'}")
    store.upgrade()
    store.ready(True)
    hall = compose.composed(store, Settings(data=folder), compose.SystemClock())
    demonstration.set_up(hall)
    demonstration.open_accounts(hall)
    passwords = read_demonstration(hall.settings.demonstration_accounts)
    app = create_app(hall.house(PageSettings("only-for-tests", sign_ins_per_minute=1000)))
    app.config["WTF_CSRF_ENABLED"] = False

    def sign_in(person: str) -> FlaskClient:
        client = app.test_client()
        client.post("/sign-in", data={"account": person, "password": passwords[person]})
        return client

    yield Site(hall, sign_in)
    store.close()


@pytest.fixture
def task(site: Site) -> str:
    """Path of the first task of a new case, which `window1` has claimed."""
    window1 = site.sign_in("window1")
    path = window1.post("/intake/business_startup", data=APPLICATION).location
    assert path is not None
    window1.post(f"{path}/claim")
    return path


def case_of(task: str) -> str:
    return task.split("/")[2]


def test_an_application_that_is_sent_twice_is_one_case(site: Site) -> None:
    window1 = site.sign_in("window1")
    before = site.cases()

    first = window1.post("/intake/business_startup", data=APPLICATION | {"key": "page-1"})
    second = window1.post("/intake/business_startup", data=APPLICATION | {"key": "page-1"})

    assert first.location == second.location
    assert site.cases() == before + 1


def test_a_page_that_was_sent_cannot_send_something_else(site: Site) -> None:
    window1 = site.sign_in("window1")
    window1.post("/intake/business_startup", data=APPLICATION | {"key": "page-2"})
    before = site.cases()

    answer = window1.post("/intake/business_startup", data=APPLICATION | {"key": "page-2", "title": "另一家公司"})

    assert answer.status_code == 409
    assert "重复提交" in answer.text
    assert site.cases() == before


def test_an_application_from_last_month_is_refused(site: Site) -> None:
    answer = site.sign_in("window1").post("/intake/business_startup", data=APPLICATION | {"effective_on": "2020-01-02"})

    assert answer.status_code == 422


def test_a_task_that_another_has_claimed_cannot_be_claimed(site: Site, task: str) -> None:
    before = site.sequence(case_of(task))

    answer = site.sign_in("window2").post(f"{task}/claim")

    assert answer.status_code == 409
    assert "没有作任何改动" in answer.text
    assert site.sequence(case_of(task)) == before


def test_a_task_that_another_has_claimed_cannot_be_completed(site: Site, task: str) -> None:
    before = site.sequence(case_of(task))

    answer = site.sign_in("window2").post(f"{task}/complete", json={"variables": {}}, headers=JSON)

    assert answer.status_code in {403, 409}
    assert site.sequence(case_of(task)) == before


def test_a_form_with_wrong_values_names_the_fields(site: Site, task: str) -> None:
    before = site.sequence(case_of(task))
    variables = {"company_name": "短", "registered_capital": "many", "legal_representative_id": "11010519491231002Y"}

    answer = site.sign_in("window1").post(f"{task}/complete", json={"variables": variables}, headers=JSON)

    assert answer.status_code == 422
    assert answer.json is not None
    assert set(variables) <= set(answer.json["fields"]["errors"])
    assert site.sequence(case_of(task)) == before


def test_a_person_who_has_nothing_to_do_with_a_case_does_not_learn_of_it(site: Site, task: str) -> None:
    stranger = site.sign_in("applicant2")

    answers = [stranger.get(path) for path in (task, f"/cases/{case_of(task)}", f"/cases/{case_of(task)}/history")]

    assert [answer.status_code for answer in answers] == [404] * 3


def test_a_role_without_the_power_cannot_take_in(site: Site) -> None:
    before = site.cases()

    answer = site.sign_in("tax_reviewer1").post("/intake/business_startup", data=APPLICATION)

    assert answer.status_code in {403, 404}
    assert site.cases() == before


def test_administration_is_for_administrators(site: Site) -> None:
    window1 = site.sign_in("window1")

    assert window1.get("/incidents").status_code == 403
    assert window1.get("/outbox").status_code == 403


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"", "empty.pdf"), (b"MZ\x90\x00", "章程.pdf"), (b"%PDF-1.7\n" + b"0" * 21_000_000, "large.pdf")],
    ids=["empty", "another kind", "too large"],
)
def test_a_file_that_will_not_do_is_refused(site: Site, task: str, content: bytes, name: str) -> None:
    window1 = site.sign_in("window1")
    before = site.sequence(case_of(task))
    material = site.material(case_of(task))

    answer = window1.post(
        f"/cases/{case_of(task)}/materials/{material}",
        data={"file": (io.BytesIO(content), name)},
        headers={"HX-Request": "true"},
    )

    assert answer.status_code == 422
    assert "文件不符合要求" in answer.text
    assert site.sequence(case_of(task)) == before


@pytest.mark.parametrize(
    "path", ["/worklist?after=x.y", "/cases?after=nobody", "/cases?text=%25&state=odd", "/verify/%00"]
)
def test_odd_addresses_are_harmless(site: Site, path: str) -> None:
    assert site.sign_in("window1").get(path).status_code in {200, 404, 422}


@pytest.mark.parametrize("after", ["2026-000001.²", f"2026-000001.{'9' * 30}", "nonsense", "."])
def test_a_cursor_that_somebody_made_up_is_the_first_page(site: Site, after: str) -> None:
    assert site.sign_in("window1").get("/worklist", query_string={"after": after}).status_code == 200


def test_a_number_beyond_all_measure_is_wrong_input(site: Site, task: str) -> None:
    body = '{"key": "n", "variables": {"registered_capital": 1e999999999}}'

    answer = site.sign_in("window1").post(f"{task}/complete", data=body, headers=JSON)

    assert answer.status_code == 422


def test_a_key_that_no_page_made_is_wrong_input(site: Site, task: str) -> None:
    before = site.sequence(case_of(task))

    answer = site.sign_in("window1").post(f"{task}/release", data={"key": "z" * 5000}, headers=JSON)

    assert answer.status_code == 422
    assert site.sequence(case_of(task)) == before


def test_who_applies_on_their_own_sees_their_case_and_nobody_elses(site: Site, task: str) -> None:
    applicant1 = site.sign_in("applicant1")

    begun = applicant1.post("/intake/business_startup", data=APPLICATION).location

    assert begun is not None
    assert applicant1.get(f"/cases/{case_of(begun)}").status_code == 200
    assert site.sign_in("applicant2").get(f"/cases/{case_of(begun)}").status_code == 404
    assert applicant1.get(f"/cases/{case_of(task)}").status_code == 404
