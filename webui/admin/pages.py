"""The administrator's pages: incidents, the outbox, the calendar."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import login_required

from engine.base.errors import InvalidInput
from engine.case.records import ResolveIncident, RetryIncident
from engine.reading.views import calendar as calendars
from engine.reading.views import incidents as incident_list
from engine.reading.views import outbox as outboxes
from webui import sentences, submissions
from webui.house import actor, execute, house, sight

pages = Blueprint("admin", __name__, template_folder="templates")


@pages.before_request
@login_required
def _signed_in() -> None:
    """Require signing in for every page here."""


@pages.get("/incidents")
def incidents() -> ResponseReturnValue:
    resolved = request.args.get("resolved") == "1"
    shown = incident_list.page(sight(), resolved)
    return render_template("admin/incidents.html", found=shown, resolved=resolved, new_key=submissions.new_key)


@pages.post("/incidents/<case>/<int:incident>/retry")
def retry(case: str, incident: int) -> ResponseReturnValue:
    execute(case, RetryIncident(incident), request.form.get("key"))
    return redirect(url_for(".incidents"))


@pages.post("/incidents/<case>/<int:incident>/resolve")
def resolve(case: str, incident: int) -> ResponseReturnValue:
    reason = submissions.text("reason", gettext("原因"))
    execute(case, ResolveIncident(incident, reason), request.form.get("key"))
    return redirect(url_for(".incidents"))


@pages.get("/outbox")
def outbox() -> ResponseReturnValue:
    shown = outboxes.page(sight())
    return render_template("admin/outbox.html", found=shown)


# ------------------------------------------------------------------ the calendar


@pages.get("/calendar")
def calendar() -> ResponseReturnValue:
    return _calendar_page(request.args.get("year", type=submissions.whole))


@pages.post("/calendar")
def load_calendar() -> ResponseReturnValue:
    """Put the years of a file in force; open clocks are counted again in the background."""
    file = submissions.upload("file")
    try:
        loaded = house().engine.load_calendar(file.stream.read(), actor())
    except InvalidInput as error:
        return _calendar_page(None, sentences.say(error), sentences.quotation(error)), 422
    return redirect(url_for(".calendar", year=loaded.last_year))


def _calendar_page(year: int | None, problem: str = "", quotation: str = "") -> str:
    """Return the calendar of a year. `problem` says why a file was not loaded; `quotation` quotes what is wrong in
    it.
    """
    shown = calendars.page(sight(), year)
    return render_template("admin/calendar.html", found=shown, problem=problem, quotation=quotation)
