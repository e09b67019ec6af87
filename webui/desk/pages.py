"""The clerks' pages: worklist, task, case, intake, materials, mailbox. Four moves a view, no rule."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import login_required

from engine.base.errors import InvalidInput, NotFound
from engine.case.records import (
    ClaimTask,
    CompleteTask,
    ReleaseTask,
    RemoveMaterial,
    StartCase,
    SupplyMaterial,
    WithdrawMatter,
)
from engine.reading.views import case as case_page
from engine.reading.views import cases as case_list
from engine.reading.views import chains, materials, projects
from engine.reading.views import history as histories
from engine.reading.views import task as tasks
from engine.reading.views import worklist as worklists
from webui import sentences, submissions
from webui.house import abilities, actor, execute, house, sight
from webui.text import language, withheld_field

pages = Blueprint("desk", __name__, template_folder="templates")

LETTERS = 20  # on one page of the mailbox
LAST_PAGE = 100  # older letters are reached through their cases

MB = 1_000_000  # bytes
SHOWN_IN_BROWSER = frozenset({"application/pdf", "image/png", "image/jpeg"})


@pages.before_request
@login_required
def _signed_in() -> None:
    """Require signing in for every page of the desk."""


@pages.get("/")
def home() -> ResponseReturnValue:
    """Go to the first page that this person may open."""
    may = abilities().may
    homes = {"worklist": "desk.worklist", "cases": "desk.cases", "incidents": "admin.incidents"}
    return redirect(url_for(next((homes[one] for one in homes if one in may), "desk.mailbox")))


# ------------------------------------------------------------------ worklist and tasks


@pages.get("/worklist")
def worklist() -> ResponseReturnValue:
    group = request.args.get("group", "open")
    shown = worklists.page(sight(), group, after=request.args.get("after"))
    return render_template("desk/worklist.html", found=shown, new_key=submissions.new_key)


@pages.get("/cases/<case>/tasks/<int:token>")
def task(case: str, token: int) -> ResponseReturnValue:
    shown, new_key = tasks.page(sight(), case, token, withheld_field), submissions.new_key
    return render_template("desk/task.html", page=shown, task=shown.card, key=new_key(), new_key=new_key)


@pages.post("/cases/<case>/tasks/<int:token>/claim")
def claim(case: str, token: int) -> ResponseReturnValue:
    execute(case, ClaimTask(token), request.form.get("key"))
    return redirect(url_for(".task", case=case, token=token))


@pages.post("/cases/<case>/tasks/<int:token>/release")
def release(case: str, token: int) -> ResponseReturnValue:
    execute(case, ReleaseTask(token), request.form.get("key"))
    return redirect(url_for(".worklist"))


@pages.post("/cases/<case>/tasks/<int:token>/complete")
def complete(case: str, token: int) -> ResponseReturnValue:
    key, variables = submissions.completion()
    if "withheld" in request.args:
        variables = tasks.completed(sight(), case, token, variables)
    execute(case, CompleteTask(token, variables), key)
    return jsonify(location=url_for(".case", case=case))


# ------------------------------------------------------------------ intake


@pages.get("/intake")
def intake() -> ResponseReturnValue:
    return render_template("desk/intake.html", chains=chains.page(sight()))


@pages.get("/intake/<chain>")
@pages.get("/intake/<chain>/<stage>")
def intake_form(chain: str, stage: str | None = None) -> ResponseReturnValue:
    return _intake_page(chain, stage, {"key": submissions.new_key()}, {})


@pages.post("/intake/<chain>")
@pages.post("/intake/<chain>/<stage>")
def take_in(chain: str, stage: str | None = None) -> ResponseReturnValue:
    chosen = chains.one(sight(), chain, stage)
    try:
        stated = submissions.applicant(request.form, chosen.identity)
        order = StartCase(
            chain,
            stage,
            title=submissions.text("title", gettext("申办名称")),
            applicant=stated | ({"person": actor()} if chosen.in_person else {}),
            channel="online" if chosen.in_person else "window",
        )
        receipt = execute(None, order, request.form.get("key"), submissions.day("effective_on"))
    except InvalidInput as error:
        errors = sentences.say_fields(error)
        return _intake_page(chain, stage, request.form, errors, sentences.say(error)), 422
    if receipt.tasks:
        return redirect(url_for(".task", case=receipt.case, token=receipt.tasks[0]))
    return redirect(url_for(".case", case=receipt.case))


def _intake_page(chain: str, stage: str | None, filled: Any, errors: dict[str, str], problem: str = "") -> str:
    chosen = chains.one(sight(), chain, stage)
    return render_template("desk/intake_form.html", chain=chosen, filled=filled, errors=errors, problem=problem)


# ------------------------------------------------------------------ cases


@pages.get("/cases")
def cases() -> ResponseReturnValue:
    asked = {name: request.args.get(name) or None for name in ("text", "state", "after")}
    shown = case_list.page(sight(), asked["text"] or "", asked["state"], asked["after"])
    return render_template("desk/cases.html", found=shown, asked=asked)


@pages.get("/cases/<case>")
def case(case: str) -> ResponseReturnValue:
    shown = case_page.page(sight(), case)
    return render_template("desk/case.html", case=shown, new_key=submissions.new_key)


@pages.get("/projects/<code>")
def project(code: str) -> ResponseReturnValue:
    """Show the cases of a project, stage by stage."""
    shown = projects.page(sight(), code)
    return render_template("desk/project.html", project=shown)


@pages.get("/cases/<case>/processes/<key>")
def process(case: str, key: str) -> ResponseReturnValue:
    """Return the BPMN of one process of the case, as its chain version has it."""
    xml = case_page.diagram(sight(), case, key)
    return send_file(BytesIO(xml), mimetype="application/xml")


@pages.get("/cases/<case>/history")
def history(case: str) -> ResponseReturnValue:
    before = request.args.get("before", type=submissions.whole)
    shown = histories.page(sight(), case, before)
    return render_template("desk/history.html", found=shown, case=case)


@pages.post("/cases/<case>/matters/<int:matter>/withdraw")
def withdraw(case: str, matter: int) -> ResponseReturnValue:
    reason = submissions.text("reason", gettext("原因"))
    execute(case, WithdrawMatter(matter, reason), request.form.get("key"))
    return redirect(url_for(".case", case=case))


# ------------------------------------------------------------------ materials and files


@pages.post("/cases/<case>/materials/<material>")
def supply(case: str, material: str) -> ResponseReturnValue:
    """Take in a file for a material; answer with the list of materials, for htmx."""
    file = submissions.upload("file")
    wanted = materials.one(sight(), case, material)
    stored = house().storage.receive(file.stream, str(file.filename), file.mimetype, wanted.types, wanted.max_mb * MB)
    order = SupplyMaterial(material, stored.file, stored.name, stored.size, stored.type)
    execute(case, order, request.form.get("key"))
    return _materials(case)


@pages.post("/cases/<case>/materials/<material>/remove")
def remove(case: str, material: str) -> ResponseReturnValue:
    file = submissions.text("file", gettext("文件"))
    execute(case, RemoveMaterial(material, file), request.form.get("key"))
    return _materials(case)


def _materials(case: str) -> str:
    shown = materials.of_case(sight(), case)
    return render_template("parts/materials.html", case=case, materials=shown, new_key=submissions.new_key)


@pages.get("/cases/<case>/files/<digest>")
def file(case: str, digest: str) -> ResponseReturnValue:
    """Return a file of the case: shown in the browser where that is safe, else saved."""
    reference = case_page.file(sight(), case, digest)
    return send_file(
        house().storage.open(digest),
        mimetype=reference.media_type,
        as_attachment=reference.media_type not in SHOWN_IN_BROWSER,
        download_name=reference.name,
        etag=False,
    )


# ------------------------------------------------------------------ mailbox


@pages.get("/mailbox")
def mailbox() -> ResponseReturnValue:
    page = request.args.get("page", 1, submissions.whole)
    if not 1 <= page <= LAST_PAGE:
        raise NotFound(f"Expected a page from 1 to {LAST_PAGE}; found {page}.", sentence="page_unknown")
    skip = (page - 1) * LETTERS
    letters = house().mailbox.inbox(_addresses(), language(), LETTERS + 1, skip)
    return render_template("desk/mailbox.html", letters=letters[:LETTERS], page=page, is_last=len(letters) <= LETTERS)


@pages.post("/mailbox/<path:letter>/read")
def read(letter: str) -> ResponseReturnValue:
    if house().mailbox.letter(letter).to not in _addresses():
        raise NotFound(f"Expected a letter of yours; found {letter}.", sentence="letter_unknown")
    house().mailbox.mark_read(letter, house().clock.now())
    return redirect(url_for(".mailbox", page=request.args.get("page", 1, submissions.whole)))


def _addresses() -> list[str]:
    return list(abilities().addresses)
