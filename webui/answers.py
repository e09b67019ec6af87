"""The shape in which a page answers: a whole page, a fragment for htmx, or JSON."""

from __future__ import annotations

from typing import Any

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue

from engine.base.shapes import plain
from webui import submissions


def wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def is_fragment() -> bool:
    return request.headers.get("HX-Request") == "true"


def page_or_json(template: str, shown: object, **more: Any) -> ResponseReturnValue:
    """Render `shown` as a page (under the name `found`), or return it as JSON to a client that asks for JSON."""
    if wants_json():
        return jsonify(plain(shown))
    return render_template(template, found=shown, new_key=submissions.new_key, **more)
