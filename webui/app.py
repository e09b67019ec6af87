"""Composes the pages: security, language, faults, blueprints, navigation. The one place that knows all of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, url_for
from flask_babel import lazy_gettext as _l
from jinja2 import StrictUndefined

from webui import faults, security, text, words
from webui.admin import pages as admin
from webui.admin import versions
from webui.desk import clocks, moves
from webui.desk import pages as desk
from webui.house import House, abilities, house, look_away
from webui.public import account, guide, verify

ROOMS = (account, desk, clocks, moves, admin, versions, guide, verify)

STAMP = Path(__file__).parent / "static" / "dist" / ".stamp"
A_YEAR = 365 * 24 * 3600  # seconds; addresses of assets change with their content

MENU = (  # ability, endpoint, title, count
    ("worklist", "desk.worklist", _l("待办"), "mine"),
    ("intake", "desk.intake", _l("收件"), None),
    ("cases", "desk.cases", _l("申办"), None),
    ("mailbox", "desk.mailbox", _l("消息"), None),
    ("incidents", "admin.incidents", _l("异常"), "incidents"),
    ("outbox", "admin.outbox", _l("外发"), None),
    ("calendar", "admin.calendar", _l("日历"), None),
    ("versions", "versions.index", _l("版本"), None),
)


def create_app(house: House) -> Flask:
    """Return the WSGI application over a house: the engine's door and views, and the adapters that pages need."""
    app = Flask(__name__)
    app.config.update(SEND_FILE_MAX_AGE_DEFAULT=A_YEAR)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.undefined = StrictUndefined  # a name that a template misspells is a fault, not an empty place
    app.extensions["licet"] = house
    security.secure(app, house.settings)
    text.speak(app)
    words.install(app)
    faults.install(app)
    for room in ROOMS:
        app.register_blueprint(room.pages)
    app.context_processor(_shell)
    app.teardown_appcontext(look_away)
    return app


def _shell() -> dict[str, Any]:
    """Return the values that the frame of every page shows."""
    return {"asset": asset, "hall": house().settings.hall, "menu": menu, "abilities": abilities}


def menu() -> list[dict[str, Any]]:
    """Return the entries of the navigation that this person has."""
    mine = abilities()
    return [
        {"endpoint": endpoint, "title": title, "count": getattr(mine.counts, count) if count else None}
        for ability, endpoint, title, count in MENU
        if ability in mine.may
    ]


def asset(name: str) -> str:
    """Return the address of a built script or style, which is different for each build."""
    return url_for("static", filename=f"dist/{name}", v=_build())


@cache
def _build() -> str:
    return STAMP.read_text()[:12] if STAMP.exists() else "none"
