"""Parses what browsers send: bodies, applicants, uploads, cursors. Says what is wrong; knows no rule about cases."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage

from engine.base import terms
from engine.base.errors import InvalidInput, wrong_field

PERSON, ORGANISATION = "person", "organisation"
LONGEST_NAME = 100  # characters


def new_key() -> str:
    """Return an idempotency key for a page: sending the page twice gives the first receipt twice."""
    return secrets.token_urlsafe(18)


def completion() -> tuple[str | None, dict[str, Any]]:
    """Return (idempotency key, variables) of a JSON body `{"key", "variables"}`; numbers with a point are Decimal."""
    try:
        body = json.loads(request.get_data(), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("Expected a JSON object.", sentence="body_unreadable") from error
    if not isinstance(body, dict) or not isinstance(body.get("variables"), dict):
        raise InvalidInput('Expected {"key", "variables"}.', sentence="body_unreadable")
    key = body.get("key")
    if key is not None and not isinstance(key, str):
        raise InvalidInput("Expected the key to be text.", sentence="body_unreadable")
    return key, body["variables"]


def text(name: str, label: str) -> str:
    """Return a field that must be filled in. Raises InvalidInput that names it."""
    value = request.form.get(name, "").strip()
    if not value:
        message = f"Expected {name}."
        wrong = wrong_field("field_required", message, label=label)
        raise InvalidInput(message, sentence="fields_wrong", errors={name: wrong})
    return value


_WHOLE = re.compile("-?[0-9]{1,30}")
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def whole(text: str) -> int:
    """Return the whole number of a query. Raises ValueError, also for `１２`, `1_000` and ` 1 `, which `int` takes."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"Expected a whole number, found {text[:20]!r}.")
    return int(text)


def day(name: str) -> date | None:
    """Return an optional date field, None if it is empty. Raises InvalidInput that names it."""
    value = request.form.get(name, "").strip()
    try:
        if value and not _DAY.fullmatch(value):
            raise ValueError("another form of ISO 8601 than the page's")
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        message = f"Expected {name} to be a date."
        wrong = wrong_field("date_wrong", message)
        raise InvalidInput(message, sentence="fields_wrong", errors={name: wrong}) from error


def upload(name: str) -> FileStorage:
    """Return the file of a multipart form. Raises InvalidInput where none was chosen."""
    file = request.files.get(name)
    if file is None or not file.filename:
        raise InvalidInput(f"Expected a file in {name}.", sentence="file_missing")
    return file


def applicant(form: Mapping[str, str], identity: str = "required") -> dict[str, Any]:
    """Return the applicant of an intake: `{"kind","name","id_type","id_number","phone","agent"?}`.

    `identity` "optional": the number may be left out, and its type with it; "none": none is taken, and name and phone
    may be left out too. Raises InvalidInput whose `errors` hold every field that is wrong, not only the first.
    """
    errors: dict[str, Any] = {}
    kind = form.get("kind", PERSON)
    id_type = {PERSON: "id_number", ORGANISATION: "credit_code"}.get(kind)
    if id_type is None:
        message = f"Expected kind to be {PERSON} or {ORGANISATION}."
        errors["kind"] = wrong_field("applicant_kind_missing", message)
        raise InvalidInput(message, sentence="fields_wrong", errors=errors)
    given = {name for name in ("name", "id_number", "phone", "agent") if form.get(name, "").strip()}
    asked = {"required": {"name", "id_number", "phone"}, "optional": {"name", "phone"}, "none": set()}[identity] | given
    stated = {"kind": kind}
    if "name" in asked:
        stated["name"] = _named(form, "name", errors)
    if identity == "none" and "id_number" in given:
        errors["id_number"] = wrong_field("identity_unwanted", "Expected no identity number.")
    elif "id_number" in asked:
        stated |= {"id_type": id_type, "id_number": _identified(id_type, form, "id_number", errors)}
    if "phone" in asked:
        stated["phone"] = _identified("mobile", form, "phone", errors)
    if "agent" in asked:
        stated["agent"] = _named(form, "agent", errors)
    if errors:
        raise InvalidInput(f"The applicant is wrong: {', '.join(errors)}.", sentence="fields_wrong", errors=errors)
    return stated


def _named(form: Mapping[str, str], name: str, errors: dict[str, Any]) -> str:
    value = form.get(name, "").strip()
    if not value:
        errors[name] = wrong_field("value_missing", f"Expected {name}.")
    elif len(value) > LONGEST_NAME:
        message = f"Expected {name} in at most {LONGEST_NAME} characters."
        errors[name] = wrong_field("value_too_long", message, most=LONGEST_NAME)
    return value


def _identified(kind: str, form: Mapping[str, str], name: str, errors: dict[str, Any]) -> str:
    try:
        return terms.check(kind, form.get(name, ""))
    except InvalidInput as error:
        errors[name] = wrong_field(error.sentence, error.message, **error.fields)
        return ""
