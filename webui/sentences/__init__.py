"""The sentences that the pages say of a refusal or an error: one list, by the code that it carries.

`LicetError.sentence` (and `wrong_field` for one field) gives the code, `fields` the values that the sentence names as
`%(name)s`. A new code needs its Chinese sentence here, in the table of its room, and its English one in the
catalogue; `tests/unit/webui/test_sentences.py` fails where one of them is missing.

    sentence.py   Sentence: a text and how its values are shown
    values.py     names of things, identifiers, dates, lists
    cases.py      what the engine refuses for a case
    hall.py       the door, the store, the library, the adapters
    forms.py      one field of a form or of a page
    models.py     a model that is wrong as written
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.base.errors import LicetError
from webui.sentences import cases, forms, hall, models
from webui.sentences.sentence import Sentence

SENTENCES: Mapping[str, Sentence] = {
    **hall.SENTENCES,
    **cases.SENTENCES,
    **forms.SENTENCES,
    **models.SENTENCES,
}


def say(error: LicetError) -> str:
    """Return the sentence of an error in the page's language; empty text for an error that has none."""
    return say_as(error.sentence, error.fields)


def say_as(code: str, fields: Mapping[str, Any]) -> str:
    """Return the sentence of that code in the page's language; empty text for a code that isn't in the list."""
    return SENTENCES[code].say(fields) if code in SENTENCES else ""


def say_fields(error: LicetError) -> dict[str, str]:
    """Return the sentence of each wrong field, by field. Fields with a message only for the command line are left
    out.
    """
    errors = error.fields.get("errors")
    given = errors.items() if isinstance(errors, Mapping) else ()
    return {name: say_as(one["sentence"], one["fields"]) for name, one in given if isinstance(one, Mapping)}


def quotation(error: LicetError) -> str:
    """Return the error's own English text if the page quotes it, for the author of the model or file; else empty
    text.
    """
    is_quoted = error.sentence in SENTENCES and SENTENCES[error.sentence].quotes
    return error.message if is_quoted else ""
