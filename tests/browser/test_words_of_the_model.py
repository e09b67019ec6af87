"""Texts of a model stay as they are on the page of a task, also where form-js has the same word for itself."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_moves import hall, sign_in
from tests.samples.site import SAMPLES, Site

__all__ = ["hall"]

FORM = [
    {"type": "textfield", "id": "c0", "key": "content", "label": "Search", "description": "Add new"},
    {"type": "select", "id": "c1", "key": "way", "label": "Select", "values": [{"label": "No results", "value": "a"}]},
    {"type": "radio", "id": "c2", "key": "how", "label": "No results", "values": [{"label": "Select", "value": "b"}]},
    {"type": "text", "id": "c3", "text": "Nothing to show."},
]


def test_words_of_the_model_are_not_translated_and_those_of_the_fields_are(
    hall: tuple[Site, str], page: Page, tmp_path: Path
) -> None:
    here, address = hall
    folder = Path(shutil.copytree(SAMPLES / "hotline", tmp_path / "chain"))
    form = folder / "forms" / "hotline_ticket.form"
    form.write_text(json.dumps({**json.loads(form.read_text()), "components": FORM}))
    model = (folder / "chain.bpmn").read_text()
    model = model.replace('"operator"', '"window"').replace('name="登记诉求"', 'name="签收"')
    (folder / "chain.bpmn").write_text(model)
    number = here.give("StartCase", "window1", None, chain=here.publish(folder))
    here.give("ClaimTask", "window1", number, task=here.task(number, "take_call"))
    sign_in(page, address, dict(here.passwords), "window1")

    page.goto(f"{address}/cases/{number}/tasks/{here.task(number, 'take_call')}")

    form_js = page.locator(".fjs-form")
    expect(form_js.locator(".fjs-select-placeholder")).to_have_text("请选择")
    for label in ("Search", "Select", "No results"):
        expect(form_js.locator(".fjs-form-field-label", has_text=label).first).to_be_visible()
    for text in ("Add new", "Nothing to show."):
        expect(form_js.get_by_text(text, exact=True)).to_be_visible()
    form_js.locator(".fjs-select-display").click()
    expect(form_js.locator(".fjs-dropdownlist-item")).to_have_text("No results")


@pytest.mark.parametrize(("language", "said"), [("en", "Claim"), ("zh", "签收")])
def test_a_task_has_the_name_that_the_model_gives_it(
    hall: tuple[Site, str], tmp_path: Path, language: str, said: str
) -> None:
    here, _ = hall
    here.app.config["WTF_CSRF_ENABLED"] = False
    folder = Path(shutil.copytree(SAMPLES / "hotline", tmp_path / "chain"))
    model = (folder / "chain.bpmn").read_text().replace('"operator"', '"window"')
    (folder / "chain.bpmn").write_text(model.replace('name="登记诉求"', 'name="签收"'))
    number = here.give("StartCase", "window1", None, chain=here.publish(folder), title="示范申办")
    task = f"/cases/{number}/tasks/{here.task(number, 'take_call')}"

    for path in (f"/cases/{number}", task, "/worklist"):
        page = here.client("window1").get(path, headers={"Accept-Language": language}).get_data(as_text=True)
        assert f'lang="{language}' in page
        assert re.search(r">\s*签收\s*<", page), path
    assert re.search(rf">\s*{said}\s*</button>", page)
