"""The adapters as a case uses them: documents, certificates, notices; each message delivered at least once, done
once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from argon2 import PasswordHasher

from adapters import certificates, registers, wiring
from adapters.certificates import CertificateLibrary, credit_code
from adapters.documents import known_templates
from adapters.memory import MemoryShelf
from adapters.notification import NOTICES, Mailbox
from adapters.settings import Settings
from adapters.verification import VerificationCodes, grouped
from adapters.wording import WORDS
from engine.base import terms
from engine.base.canonical import canonical
from engine.base.errors import InvalidInput, ModelError, NotFound
from engine.case import clocks, records
from engine.hall.ports import Certificate, Issue, OutboxMessage
from engine.law import matter as law
from engine.law.matter import ACTIONS

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
CONTENT = {"名称": "云岭示范科技有限公司", "注册资本": Decimal("100"), "成立日期": date(2026, 3, 2)}
DAY = date(2026, 3, 3)
CODE = "2026-990101-47-03-500001"
EXPIRED = "990101196602140042"  # holder of an identity card that has expired
SEEDED = Settings(seed="for tests")


@pytest.fixture
def shelf() -> MemoryShelf:
    return MemoryShelf()


@pytest.fixture
def library(shelf: MemoryShelf) -> CertificateLibrary:
    codes = VerificationCodes(shelf, "https://hall.example", "for tests")
    return CertificateLibrary(shelf, codes, ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def adapters(shelf: MemoryShelf) -> wiring.Adapters:
    return wiring.compose_in_memory(SEEDED, shelf)


def order(key: str = "2026-000001/7", kind: str = "business_licence", holder: str = "甲公司", **more: Any) -> Issue:
    return Issue(key, kind, holder, CONTENT, NINE, **more)


def message(action: str, number: int = 7, **payload: Any) -> OutboxMessage:
    about = {"case": "2026-000001", "title": "云岭示范科技有限公司", "at": NINE, "item": "企业设立登记", "matter": 1}
    destination = ACTIONS[action].outside or {"notice": "notification"}.get(action.split(".")[0], "supervision")
    return OutboxMessage("2026-000001", number, destination, action, about | payload, token=3)


def handle(adapters: wiring.Adapters, message: OutboxMessage) -> Mapping[str, Any]:
    return adapters.handlers[message.destination](message) or {}


# ------------------------------------------------------------------ certificates


def test_a_licence_has_identifier_and_credit_code_with_right_check_characters(library: CertificateLibrary):
    issued = library.issue(order())

    assert terms.check("certificate_id", issued.identifier) == issued.identifier
    assert terms.check("credit_code", issued.number) == issued.number
    assert issued.number.startswith("91990101MA")
    assert (issued.title, issued.holder, issued.issued_on) == ("营业执照", "甲公司", date(2026, 3, 2))


def test_the_day_of_issue_is_the_halls(library: CertificateLibrary):
    late = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)

    issued = library.issue(Issue("k", "seal_record", "甲公司", {}, late))

    assert issued.issued_on == date(2026, 3, 2)


def test_issuing_again_gives_the_same_certificate(library: CertificateLibrary):
    first = library.issue(order())

    assert library.issue(order(holder="another")) == first
    assert library.issue(order(key="2026-000002/7")).identifier != first.identifier


def test_the_library_gives_back_what_was_issued(library: CertificateLibrary):
    issued = library.issue(order(), lambda made: {"file": "sha256:1", "name": f"{made.number}.pdf"})

    assert library.find("business_licence", "甲公司", DAY) == issued == library.get(issued.identifier)
    assert issued.content == CONTENT
    assert issued.document == {"file": "sha256:1", "name": f"{issued.number}.pdf"}
    assert library.find("business_licence", "乙公司", DAY) is None
    assert library.find("seal_record", "甲公司", DAY) is None


def test_the_newest_certificate_of_a_holder_is_found(library: CertificateLibrary):
    library.issue(order("a/1"))
    newer = library.issue(Issue("a/2", "business_licence", "甲公司", CONTENT, NINE + timedelta(days=1)))

    assert library.find("business_licence", "甲公司", DAY) == newer


def test_what_has_expired_is_found_only_where_nothing_else_is(library: CertificateLibrary):
    old = library.issue(order("a/1", expires_on=date(2026, 3, 3)))
    newer = library.issue(Issue("a/2", "business_licence", "甲公司", {}, NINE + timedelta(hours=1), expires_on=DAY))

    assert library.find("business_licence", "甲公司", DAY) == newer  # on its last day it holds
    assert library.find("business_licence", "甲公司", DAY + timedelta(days=1)) == newer
    assert newer.is_expired(DAY + timedelta(days=1)) and not old.is_expired(DAY)
    lasting = library.issue(Issue("a/0", "business_licence", "甲公司", {}, NINE - timedelta(days=900)))
    assert library.find("business_licence", "甲公司", DAY + timedelta(days=1)) == lasting


def test_a_crash_while_the_document_is_made_costs_no_serial(library: CertificateLibrary):
    numbers: list[str] = []

    def crash(made: Certificate) -> Mapping[str, Any]:
        numbers.append(made.identifier)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        library.issue(order(), crash)

    assert library.find("business_licence", "甲公司", DAY) is None
    assert [library.issue(order()).identifier] == numbers


def test_a_serial_that_was_taken_meanwhile_is_not_used_twice(shelf: MemoryShelf, library: CertificateLibrary):
    first = library.issue(order("a/1"))
    shelf.delete("certificate_serial", certificates.type_code("business_licence"))  # the hint is lost

    assert library.issue(order("a/2")).identifier != first.identifier


def test_the_code_of_a_certificate_verifies_it_and_no_other_does(library: CertificateLibrary):
    issued = library.issue(order())

    assert library.verify(issued.verify) == issued
    assert library.verify(grouped(issued.verify).lower()) == issued
    assert library.verify("A" * 16) is None
    assert library.verify("") is None


def test_codes_are_seeded_or_secret(shelf: MemoryShelf):
    seeded = [VerificationCodes(MemoryShelf(), "x", "seed").code("k", NINE) for _ in range(2)]
    secret = [VerificationCodes(MemoryShelf(), "x").code("k", NINE) for _ in range(2)]
    kept = [VerificationCodes(shelf, "x").code("k", NINE) for _ in range(2)]

    assert seeded[0] == seeded[1]
    assert secret[0] != secret[1]
    assert kept[0] == kept[1]


def test_a_kind_that_nobody_foresaw_is_issued_under_its_title(library: CertificateLibrary):
    issued = library.issue(order(kind="drone_licence", title="无人机飞行许可证"))

    assert issued.title == "无人机飞行许可证"
    assert ".DRONELICENCE." in issued.identifier
    assert issued.number == "示范〔2026〕000001号"


def test_every_serial_gives_a_right_credit_code():
    for serial in range(1, 300):
        assert terms.check("credit_code", credit_code("91", "MA", serial))


def test_the_demonstration_library_is_filled_once(library: CertificateLibrary):
    filled = certificates.demonstration(library, NINE)

    card = library.find("identity_card", "11010519491231002X", DAY)
    assert certificates.demonstration(library, NINE + timedelta(days=1)) == filled == 9
    assert card is not None
    assert (card.number, card.content["姓名"]) == ("11010519491231002X", "示范申请人甲")
    assert library.find("identity_card", "11010519491231002X", DAY) == card


# ------------------------------------------------------------------ mailbox


def send(mailbox: Mailbox, template: str = "granted", to: str = "person:a", key: str = "c/1", **content: Any) -> None:
    about = {"title": "开办企业", "item": "设立登记"}
    mailbox.send(key, to, template, about | content, "2026-000001", NINE)


def test_a_notice_is_a_letter_in_both_languages(shelf: MemoryShelf):
    mailbox = Mailbox(shelf)
    send(mailbox)

    [chinese], [english] = mailbox.inbox(["person:a"]), mailbox.inbox(["person:a"], "en")

    assert chinese.subject == "准予许可：开办企业"
    assert english.subject == "Granted: 开办企业"
    assert (chinese.case, chinese.at, chinese.read_at) == ("2026-000001", NINE, None)


def test_a_notice_arrives_once(shelf: MemoryShelf):
    mailbox = Mailbox(shelf)
    send(mailbox)
    mailbox.mark_read("c/1", NINE)

    send(mailbox, "denied")

    [letter] = mailbox.inbox(["person:a"])
    assert (letter.template, letter.read_at) == ("granted", NINE)


def test_reading_is_noted_the_first_time(shelf: MemoryShelf):
    mailbox = Mailbox(shelf)
    send(mailbox)

    mailbox.mark_read("c/1", NINE)
    mailbox.mark_read("c/1", NINE + timedelta(hours=1))

    assert mailbox.letter("c/1").read_at == NINE
    with pytest.raises(NotFound):
        mailbox.mark_read("c/2", NINE)


def test_an_inbox_holds_the_letters_to_all_that_a_person_is(shelf: MemoryShelf):
    mailbox = Mailbox(shelf)
    for number, to in enumerate(("person:a", "role:head@tax", "person:b", "applicant:2026-000001")):
        send(mailbox, to=to, key=f"c/{number}")

    found = mailbox.inbox(["person:a", "role:head@tax", "person:a"])

    assert [letter.to for letter in found] == ["person:a", "role:head@tax"]


def test_details_are_told_where_they_are_given_in_the_words_of_the_trade(shelf: MemoryShelf):
    mailbox = Mailbox(shelf)
    send(mailbox, "correction", key="c/1", missing=["章程", "住所证明"])
    send(mailbox, "suspended", key="c/2", reason="expert_review", workdays=Decimal(10))

    assert mailbox.letter("c/1").text.splitlines()[1:] == ["需要补正：章程、住所证明"]
    assert mailbox.letter("c/2").text.splitlines()[1:] == ["理由：专家评审", "所需工作日：10"]


def test_details_are_told_in_english_to_who_reads_english(shelf: MemoryShelf):
    mailbox = Mailbox(shelf)
    send(mailbox, "suspended", key="c/1", reason="expert_review", workdays=Decimal(10))
    send(mailbox, "correction", key="c/2", missing=["章程", "住所证明"], due=date(2026, 3, 9))

    assert mailbox.letter("c/1", "en").text.splitlines()[1:] == ["Reason: expert review", "Workdays needed: 10"]
    assert mailbox.letter("c/2", "en").text.splitlines()[1:] == ["To be supplied: 章程, 住所证明", "Due: 2026-03-09"]


def test_every_clock_and_every_reason_of_the_law_has_its_word():
    assert {*clocks.ARTICLES, clocks.SUPPLY, clocks.STEP, clocks.INTERMEDIARY, *law.SUSPENSIONS} <= set(WORDS)


def test_what_an_applicant_wrote_is_never_a_template(shelf: MemoryShelf):
    mailbox = Mailbox(shelf)
    send(mailbox, title="$item ${case} %s {0.__class__}\nBcc: x", reason="$title")

    assert mailbox.letter("c/1").subject == "准予许可：$item ${case} %s {0.__class__} Bcc: x"


def test_an_unknown_template_is_refused_and_free_text_has_its_own(shelf: MemoryShelf):
    mailbox = Mailbox(shelf)
    with pytest.raises(ModelError, match="message"):
        send(mailbox, "novel")

    send(mailbox, "message", subject="现场核查", text="请于周一到场。")

    assert (mailbox.letter("c/1").subject, mailbox.letter("c/1").text) == ("现场核查", "请于周一到场。")


@pytest.mark.parametrize("template", NOTICES)
def test_every_notice_can_be_told_with_nothing_given(shelf: MemoryShelf, template: str):
    Mailbox(shelf).send("c/1", "person:a", template, {}, "2026-000001", NINE)

    for language in ("zh", "en"):
        letter = Mailbox(shelf).letter("c/1", language)
        assert "$" not in letter.subject + letter.text


# ------------------------------------------------------------------ what messages do


def test_every_action_that_goes_outside_has_a_handler(adapters: wiring.Adapters):
    outside = {action.outside for action in ACTIONS.values() if action.outside}

    assert outside | {"notification", "supervision"} == set(adapters.handlers)


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        (NINE, {"certificate": None, "expired": {"title": "居民身份证", "expires_on": date(2016, 2, 13)}}),
        (datetime(2016, 2, 13, 23, tzinfo=ZoneInfo("Asia/Shanghai")), None),
        (datetime(2016, 2, 13, 16, tzinfo=UTC), {"certificate": None}),  # the next day has begun in the hall
    ],
)
def test_an_expired_certificate_is_none_and_is_told(adapters: wiring.Adapters, at: datetime, answer: Any):
    certificates.demonstration(adapters.library, NINE)

    found = handle(adapters, message("certificate.find", kind="identity_card", holder=EXPIRED, at=at))

    assert (found["certificate"] or {}).get("number") == (EXPIRED if answer is None else None)
    assert answer is None or found.items() >= answer.items()


def test_a_certificate_says_how_long_it_holds(adapters: wiring.Adapters):
    asked = message("certificate.issue", kind="seal_record", holder="甲公司", content={}, expires_on=date(2027, 3, 1))

    assert handle(adapters, asked)["certificate"]["expires_on"] == date(2027, 3, 1)


# ------------------------------------------------------------------ registers


def ask(adapters: wiring.Adapters, register: str, key: str) -> Any:
    return handle(adapters, message("register.find", register=register, key=key))["entry"]


def tell(adapters: wiring.Adapters, number: int, register: str, key: str, at: datetime = NINE, **entry: Any) -> None:
    handle(adapters, message("register.record", number, register=register, key=key, entry=entry, at=at))


def test_an_entry_is_what_was_recorded_the_later_over_the_earlier(adapters: wiring.Adapters):
    assert ask(adapters, "real_estate", "u") is None

    tell(adapters, 2, "real_estate", "u", owner="乙", area=Decimal("98.5"), since=date(2021, 3, 2))
    tell(adapters, 10, "real_estate", "u", owner="丁")
    tell(adapters, 9, "real_estate", "u", owner="丙", seized=True)
    tell(adapters, 11, "real_estate", "u", owner="甲", at=NINE - timedelta(days=1))

    expected = {"owner": "丁", "area": Decimal("98.5"), "since": date(2021, 3, 2), "seized": True}
    assert ask(adapters, "real_estate", "u") == expected
    assert ask(adapters, "real_estate", "v") is None
    assert ask(adapters, "credit", "u") is None


def test_what_comes_twice_is_recorded_once(adapters: wiring.Adapters):
    tell(adapters, 1, "credit", "x", serious=True)
    tell(adapters, 2, "credit", "x", serious=False)
    tell(adapters, 1, "credit", "x", serious=True)

    assert ask(adapters, "credit", "x") == {"serious": False}


def test_the_demonstration_registers_are_filled_once(adapters: wiring.Adapters):
    filled = registers.open_demonstration(adapters.registers)

    assert registers.open_demonstration(adapters.registers) == filled
    assert ask(adapters, "credit", "990101197809210030")["serious"] is True
    assert ask(adapters, "real_estate", "990101003001GB00021F00010601")["seized"] is True
    assert len(ask(adapters, "regional_assessment", "990101100")["kinds"]) == 8
    assert ask(adapters, "regional_assessment", "990101200")["valid_to"] == date(2024, 6, 30)


def test_what_is_recorded_goes_over_the_fictional_entries_however_early(adapters: wiring.Adapters):
    tell(adapters, 1, "credit", "990101197809210030", serious=False, at=datetime(2017, 3, 1, tzinfo=UTC))
    registers.open_demonstration(adapters.registers)

    assert ask(adapters, "credit", "990101197809210030")["serious"] is False


def test_the_index_of_the_registers_holds_nobodys_number(adapters: wiring.Adapters, shelf: MemoryShelf):
    registers.open_demonstration(adapters.registers)

    keys = json.dumps([key for key, _ in shelf.find("register", limit=1000)])
    assert "990101197809210030" not in keys and len(keys) > 1000


# ------------------------------------------------------------------ projects


def test_a_refusal_never_repeats_the_value(adapters: wiring.Adapters):
    asked = message("register.record", register="credit", key="x", entry=["11010519491231002X"])

    with pytest.raises(InvalidInput, match="found a list") as refused:
        handle(adapters, asked)

    assert "11010519491231002X" not in str(refused.value)


def test_what_another_system_knows_of_a_project_is_told(adapters: wiring.Adapters):
    brought = {"code": CODE, "granted": ["siting"], "materials": ["site_plan"], "facts": {"ratio": 2}}
    adapters.handlers["projects"](OutboxMessage("x", 1, "projects", "project.bring", {**brought, "at": NINE}))

    answer = handle(adapters, message("project.join", code=CODE))

    assert answer["project"] == {
        "code": CODE,
        "cases": [],
        "matters": [
            {"case": CODE, "item": "siting", "state": "handed_over", "decision": "granted", "decided_on": None}
        ],
        "materials": ["site_plan"],
        "facts": {"ratio": 2},
    }
    assert [(paper["material"], paper["case"], paper["size"]) for paper in answer["papers"]] == [("site_plan", CODE, 0)]
    empty = handle(adapters, message("project.join", code=CODE[:-1] + "9"))
    assert (empty["project"]["matters"], empty["papers"]) == ([], [])


def test_a_document_is_stored_and_its_code_shows_it(adapters: wiring.Adapters, shelf: MemoryShelf):
    asked = message("document.render", template="acceptance_notice", name="受理通知书", content={"due": "2026-03-05"})

    document = handle(adapters, asked)["document"]

    assert document["name"] == "受理通知书.txt"
    assert document["type"] == "text/plain"
    text = adapters.storage.open(document["file"]).read().decode()
    assert "企业设立登记" in text
    assert "2026年3月2日" in text
    assert handle(adapters, asked)["document"] == document
    [(code, shown)] = shelf.find("verification")
    assert shown["document"]["file"] == document["file"]
    assert grouped(code) in text
    assert adapters.verification.look_up(code) == shown


def test_a_certificate_is_issued_with_its_own_document(adapters: wiring.Adapters):
    asked = message("certificate.issue", kind="business_licence", holder="甲公司", content=CONTENT)

    issued = handle(adapters, asked)["certificate"]

    text = adapters.storage.open(issued["document"]["file"]).read().decode()
    assert issued["document"]["name"] == "营业执照.txt"
    assert issued["number"] in text
    assert issued["identifier"] in text
    assert handle(adapters, asked)["certificate"] == issued
    found = handle(adapters, message("certificate.find", 8, kind="business_licence", holder="甲公司"))
    assert found["certificate"] == issued
    records.encode(issued)  # a fact may have it


def test_a_draft_names_a_certificate_of_an_unknown_kind(adapters: wiring.Adapters):
    draft = {"file": "sha256:1", "name": "无人机飞行许可证.pdf", "size": 1, "type": "application/pdf"}

    asked = message("certificate.issue", kind="drone_licence", holder="甲公司", content={}, document=draft)

    assert handle(adapters, asked)["certificate"]["title"] == "无人机飞行许可证"


def test_nobodys_certificate_is_none(adapters: wiring.Adapters):
    assert handle(adapters, message("certificate.find", kind="identity_card", holder="x")) == {"certificate": None}


def test_a_notice_to_the_applicant_goes_to_the_case(adapters: wiring.Adapters):
    content = {"title": "开办企业", "at": NINE, "case": "2026-000001"}
    asked = OutboxMessage(
        "2026-000001", 4, "notification", "notice.send", {"to": "applicant", "template": "accepted", "content": content}
    )

    assert adapters.handlers["notification"](asked) is None

    [letter] = adapters.mailbox.inbox(["applicant:2026-000001"])
    assert letter.subject == "已受理：开办企业"


def test_a_consignment_has_one_waybill(adapters: wiring.Adapters):
    asked = message("courier.dispatch", address="示范县示范路1号", content={"matters": [1, 2]})

    assert handle(adapters, asked) == handle(adapters, asked)
    assert handle(adapters, asked)["waybill"].startswith("DEMO")
    with pytest.raises(InvalidInput, match="address"):
        handle(adapters, message("courier.dispatch"))


def test_what_is_pushed_to_supervision_arrives_once(adapters: wiring.Adapters):
    for _ in range(2):
        assert handle(adapters, message("supervision.push", content={"licence": "91", "on": date(2026, 3, 2)})) == {}

    assert adapters.supervision.pushed() == [{"case": "2026-000001", "licence": "91", "on": date(2026, 3, 2)}]


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("document.render", {}),
        ("document.render", {"template": "receipt", "at": "yesterday"}),
        ("certificate.issue", {"kind": "x", "holder": "y", "content": "z"}),
        ("certificate.issue", {"kind": "x", "holder": " ", "content": {}}),
        ("certificate.find", {"kind": 3, "holder": "y"}),
        ("certificate.issue", {"kind": "x", "holder": "y", "content": {}, "expires_on": "2027"}),
        ("register.find", {"register": "crdit", "key": "x"}),
        ("register.record", {"register": "credit", "key": "x", "entry": "y"}),
        ("project.join", {"code": "2026-47"}),
        ("notice.send", {"template": "granted"}),
    ],
)
def test_a_message_that_lacks_something_says_what(adapters: wiring.Adapters, action: str, payload: dict[str, Any]):
    with pytest.raises(InvalidInput, match="Expected"):
        handle(adapters, message(action, **payload))


def test_an_action_that_nobody_knows_is_refused(adapters: wiring.Adapters):
    with pytest.raises(ModelError, match=r"certificate\.issue"):
        adapters.handlers["certificates"](OutboxMessage("c", 1, "certificates", "certificate.forge", {"at": NINE}))


def test_two_installations_with_one_seed_answer_the_same():
    answers = []
    for _ in range(2):
        adapters = wiring.compose_in_memory(SEEDED, MemoryShelf())
        asked = message("certificate.issue", kind="seal_record", holder="甲公司", content=CONTENT)
        answers.append(canonical(records.encode(handle(adapters, asked))))

    assert answers[0] == answers[1]


def test_models_name_only_documents_and_notices_that_exist():
    from lxml import etree

    zeebe = "{http://camunda.org/schema/zeebe/1.0}"
    templates = {"document.render": set(known_templates()), "notice.send": set(NOTICES)}
    for path in Path("bpmn").rglob("*.bpmn"):
        for task in etree.parse(path).iter("{http://www.omg.org/spec/BPMN/20100524/MODEL}serviceTask"):
            [definition] = task.iter(f"{zeebe}taskDefinition")
            named = {h.get("value") for h in task.iter(f"{zeebe}header") if h.get("key") == "template"}
            assert named <= templates.get(definition.get("type"), named), (path, task.get("id"))


# ------------------------------------------------------------------ composition


def test_an_installation_keeps_its_files_in_its_folder(tmp_path: Path, shelf: MemoryShelf):
    settings = Settings.from_environment({"LICET_DATA": str(tmp_path), "LICET_HALL": "示范大厅", "HOME": "/"})

    adapters = wiring.compose(settings, shelf, hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    kept = adapters.storage.keep(b"x", "a.txt", "text/plain")

    assert (tmp_path / "files" / kept.file[7:9] / kept.file[9:11] / kept.file[7:]).read_bytes() == b"x"
    assert settings.hall == "示范大厅"
    assert settings.public_url == Settings().public_url


def test_a_zone_that_does_not_exist_is_refused():
    with pytest.raises(InvalidInput, match="LICET_ZONE"):
        Settings.from_environment({"LICET_ZONE": "Asia/Atlantis"})


def test_without_a_chinese_font_documents_are_text_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr("adapters.documents.CHINESE_FONTS", ())

    assert wiring.documents_for(Settings()).type == "text/plain"
    assert "fonts-noto-cjk" in caplog.text


def test_the_demonstration_names_no_real_place():
    text = Path("adapters/demonstration.json").read_text("utf-8")

    assert all("示范" in json.dumps(row, ensure_ascii=False) for row in json.loads(text)["certificates"])
