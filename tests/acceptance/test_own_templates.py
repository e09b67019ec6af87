"""A chain's own templates at work: a case keeps those of its version, and one that fails is an incident."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.documents import TypstDocuments, chinese_fonts
from engine.base.errors import ModelError, NotOpen
from engine.case.records import plain
from engine.case.working import ROOT
from engine.hall.library import template_of
from engine.hall.proof import verify
from tests.samples.site import SAMPLES, Site, site

SAMPLE = SAMPLES / "own_templates"
HOSTILE = '*粗* #read("/etc/passwd") $x$ ${place} $$ \u202e\u0661'
VISIT = {"visit_on": "2026-03-05", "place": "示范路1号"}
HERE, THERE = "现场查看了下列各项", "我们看了这些"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, people=("window1", "admin")) as hall:
        hall.app.config["WTF_CSRF_ENABLED"] = False
        yield hall


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(SAMPLE, tmp_path / "chain")


def changed(folder: Path, file: str, old: str, new: str) -> Path:
    text = (folder / "templates" / file).read_text("utf-8")
    assert old in text
    (folder / "templates" / file).write_text(text.replace(old, new), "utf-8")
    return folder


def started(here: Site, digest: str, **facts: str) -> str:
    applicant = {"kind": "person", "name": "示范申请人甲"}
    case = here.give("StartCase", "window1", None, chain=digest, title="示范餐馆", applicant=applicant)
    here.complete(case, "plan", **VISIT | facts)
    here.hall.scheduler.drain()
    return case


def visited(here: Site, case: str, remark: str = "符合要求") -> None:
    here.complete(case, "visit", seen=["经营场所", "消防设施"], remark=remark)
    here.hall.scheduler.drain()


def letters(here: Site, case: str, language: str) -> list[tuple[str, str]]:
    inbox = here.hall.adapters.mailbox.inbox([f"applicant:{case}"], language)
    return [(letter.subject, letter.text) for letter in inbox]


def record(here: Site, case: str) -> bytes:
    document = plain(here.case(case).facts[ROOT, "document"])
    with here.hall.adapters.storage.open(document["file"]) as stream:
        return stream.read()


# ------------------------------------------------------------------ as others


def test_a_notice_of_the_chain_is_told_in_both_languages_with_values_as_they_were_given(here: Site) -> None:
    case = started(here, here.publish(SAMPLE), bring=HOSTILE)

    assert letters(here, case, "zh") == [
        ("现场核查：示范餐馆", f"工作人员将于2026年3月5日到“示范路1号”现场核查，请安排人员在场。\n请携带：{HOSTILE}")
    ]
    assert letters(here, case, "en") == [
        (
            "Site visit: 示范餐馆",
            f"The site '示范路1号' will be visited on 2026-03-05. Somebody should be there.\nBring: {HOSTILE}",
        )
    ]


def test_without_english_words_everybody_gets_the_chinese_ones(here: Site, folder: Path) -> None:
    text = (folder / "templates" / "visit_planned.notice").read_text("utf-8")
    (folder / "templates" / "visit_planned.notice").write_text(re.sub(r'\n  "en": \{.*\},', "", text), "utf-8")

    case = started(here, here.publish(folder))

    assert letters(here, case, "en") == letters(here, case, "zh") != []


def test_its_document_is_shown_downloaded_and_verified_as_others(here: Site) -> None:
    case = started(here, here.publish(SAMPLE))
    visited(here, case)
    clerk = here.client("window1")

    page = clerk.get(f"/cases/{case}").text
    link = re.search(rf'href="(/cases/{case}/files/[^"]+)">现场核查笔录\.txt', page)
    assert link is not None, page
    downloaded = clerk.get(link[1]).data
    code = re.search(r"code: (\S+)", downloaded.decode())
    assert code is not None
    shown = here.app.test_client().get(f"/verify/{code[1]}").text

    assert downloaded == record(here, case)
    assert "seen: 经营场所、消防设施" in downloaded.decode()
    assert "现场核查笔录" in shown and case in shown
    assert verify(here.hall.store, here.hall.engine.library, None).proves(strict=True)


def test_with_a_chinese_font_it_is_a_pdf(here: Site) -> None:
    if not chinese_fonts():
        pytest.skip("no font with Chinese glyphs on this machine (Debian: fonts-noto-cjk)")
    digest = here.publish(SAMPLE)
    case = started(here, digest)
    own = template_of(here.hall.store, case, "visit_record.typ")

    values = {"place": HOSTILE, "seen": ["经营场所", "字" * 10_000], "visited_on": here.clock.now().date()}
    made = TypstDocuments().render("visit_record", values, own)

    assert own == (SAMPLE / "templates" / "visit_record.typ").read_bytes()
    assert made.startswith(b"%PDF-")


# ------------------------------------------------------------------ the version of the case


def test_a_case_keeps_the_templates_of_its_version(here: Site, folder: Path) -> None:
    first = here.publish(folder)
    old = started(here, first)
    second = here.publish(changed(folder, "visit_record.typ", HERE, THERE))
    new = started(here, second)

    kept = {case: template_of(here.hall.store, case, "visit_record.typ") for case in (old, new)}

    assert first != second
    assert HERE in (kept[old] or b"").decode() and THERE in (kept[new] or b"").decode()


@pytest.mark.parametrize(
    "name", ["../manifest.json", "manifest.json", "", "visit_record", "../processes/site_visit.bpmn"]
)
def test_nothing_but_a_template_is_found_by_a_name(here: Site, name: str) -> None:
    case = started(here, here.publish(SAMPLE))

    assert template_of(here.hall.store, case, name) is None
    assert template_of(here.hall.store, "2026-999999", "visit_record.typ") is None


def test_a_chain_without_it_does_not_get_the_template_of_another(here: Site, folder: Path) -> None:
    here.publish(SAMPLE)
    shutil.rmtree(folder / "templates")
    text = (folder / "chain.bpmn").read_text("utf-8")
    text = text.replace('value="visit_planned"', 'value="ready"').replace('value="visit_record"', 'value="paper"')
    (folder / "chain.bpmn").write_text(re.sub(r"\{on: date.*?\}|\{visited_on.*?\}", "{}", text), "utf-8")
    case = started(here, here.publish(folder))

    assert template_of(here.hall.store, case, "visit_record.typ") is None
    with pytest.raises(ModelError):
        here.hall.adapters.documents.render("visit_record", {})


# ------------------------------------------------------------------ one that fails


def test_a_template_that_fails_is_an_incident_and_is_tried_again_after_migration(here: Site, folder: Path) -> None:
    """The check tries a document with samples; what was really given may still be more than it can take."""
    picky = '#assert(value("place").len() < 20, message: value("place"))\n#show: _ => letter('
    first = here.publish(changed(folder, "visit_record.typ", "#show: _ => letter(", picky))
    case, other = started(here, first, place="示范路" * 20), started(here, first)

    for one in (case, other):
        visited(here, one)

    (number,) = here.case(case).incidents
    cause = here.case(case).incidents[number].cause
    assert "'visit_record'" in cause and "示范路" not in cause
    assert here.case(other).status == "completed"

    with pytest.raises(NotOpen):
        here.give("RetryIncident", "admin", other, incident=number)
    here.give("RetryIncident", "admin", case, incident=number)
    here.hall.scheduler.drain()
    (number,) = here.case(case).incidents  # the same template, the same fault
    here.give("MigrateCase", "admin", case, to=here.publish(SAMPLE), reason="模板已更正")
    here.give("RetryIncident", "admin", case, incident=number)
    here.hall.scheduler.drain()

    assert (here.case(case).status, here.case(case).incidents) == ("completed", {})
    assert "seen: 经营场所" in record(here, case).decode()
    assert verify(here.hall.store, here.hall.engine.library, None).proves(strict=True)
