"""Published versions of the chains, and the migration of cases between them: rehearsed first, then confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import login_required

from engine.base.canonical import digest_of
from engine.base.errors import LicetError
from engine.case.records import Command, MigrateCase
from engine.reading.views import versions
from engine.reading.views.versions import MigratedCase, Migration
from webui import submissions
from webui.answers import page_or_json
from webui.house import actor, execute, house, sight

pages = Blueprint("versions", __name__)


@pages.before_request
@login_required
def _signed_in() -> None:
    """Require signing in for every page here."""


@pages.get("/versions")
def index() -> ResponseReturnValue:
    return page_or_json("admin/versions.html", versions.page(sight()))


@pages.get("/versions/migrate")
def migration() -> ResponseReturnValue:
    """Show the page on which elements of one version are mapped to another; with `case`, for that case only."""
    return _migration_page({}, None)


@pages.post("/versions/migrate")
def migrate() -> ResponseReturnValue:
    """Rehearse the migration of every case. With `confirmed`, the digest of the map that was rehearsed: migrate the
    cases that can be.
    """
    elements, facts = _given("map."), _given("fact.")
    asked = _migration()
    order = MigrateCase(asked.to.digest, submissions.text("reason", gettext("原因")), elements, facts or None)
    confirmed = request.form.get("confirmed") == digest_of([elements, facts])
    key = request.form.get("key") or submissions.new_key()  # a rehearsal without a key is a new command each time
    lost = [one.as_dict() for one in versions.all_lost(sight(), asked, {})]
    rows = [_migrated(one, order, f"{key}-{one.case}" if confirmed else None) for one in asked.cases]
    told = {"rows": rows, "lost": lost, "done": confirmed, "reason": order.reason}
    return _migration_page(elements, told, facts)


def _given(prefix: str) -> dict[str, str]:
    """The fields of the form whose names begin so, and that were filled in."""
    given = {
        name.removeprefix(prefix): value.strip() for name, value in request.form.items() if name.startswith(prefix)
    }
    return {name: value for name, value in given.items() if value}


def _migrated(one: MigratedCase, order: MigrateCase, key: str | None) -> dict[str, Any]:
    """Migrate one case, or without a `key` only rehearse it; return the case with its obstacles, none if it can go."""
    try:
        if key is None:
            house().engine.rehearse(Command(actor(), one.case, order))
        else:
            execute(one.case, order, key)
    except LicetError as error:
        if error.status in (403, 422) or error.status >= 500:  # the actor, the request or a fault, not this case
            raise
        obstacles = error.fields.get("obstacles") or [error.as_dict() | {"element": None, "sentence": error.sentence}]
        return {"case": one.case, "title": one.title, "obstacles": obstacles}
    return {"case": one.case, "title": one.title, "obstacles": []}


def _migration() -> Migration:
    asked = {name: request.values.get(name, "") for name in ("former", "to")}
    return versions.migration(sight(), asked["former"], asked["to"], request.values.get("case") or None)


def _migration_page(
    elements: Mapping[str, str], result: Mapping[str, Any] | None, facts: Mapping[str, str] = MappingProxyType({})
) -> ResponseReturnValue:
    page = _migration()  # read anew: cases that were migrated are gone from it
    one = request.values.get("case") or ""
    shown = {name: getattr(page, name) for name in ("former", "to", "cases", "waiting")} | {"result": result}
    tried = digest_of([dict(elements), dict(facts)])
    return page_or_json("admin/migrate.html", shown, elements=elements, facts=facts, tried=tried, one=one)
