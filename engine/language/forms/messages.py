"""Codes of all that may be wrong with a value, with English messages for the command line. Knows no field.

The pages have their own sentences, under the name `field_` and the code: see `webui.sentences`.
"""

from __future__ import annotations

from typing import Any

from engine.base.errors import wrong_field

ENGLISH: dict[str, str] = {
    "required": "'{label}' is required.",
    "checked": "'{label}' has to be checked.",
    "text": "'{label}' has to be text.",
    "too_long": "'{label}' takes at most {bound} characters.",
    "too_short": "'{label}' needs at least {bound} characters.",
    "characters": "'{label}' holds a control character.",
    "pattern": "'{label}' doesn't match its pattern. {hint}",
    "pattern_time": "'{label}' is too long to be matched.",
    "email": "'{label}' has to be an e-mail address.",
    "phone": "'{label}' has to be an international phone number, such as +8613800138000.",
    "number": "'{label}' has to be a number.",
    "digits": "'{label}' has more than {bound} digits.",
    "integer": "'{label}' has to be a whole number.",
    "decimals": "'{label}' takes at most {bound} decimal places.",
    "increment": "'{label}' has to be a multiple of {bound}.",
    "min": "'{label}' has to be at least {bound}.",
    "max": "'{label}' has to be at most {bound}.",
    "boolean": "'{label}' has to be true or false.",
    "option": "'{label}' has no such option.",
    "options": "'{label}' has to be a list of options.",
    "doubled": "'{label}' names an option twice.",
    "date": "'{label}' has to be a date such as 2026-03-02.",
    "time": "'{label}' has to be a time such as 09:30.",
    "datetime": "'{label}' has to be a date and time such as 2026-03-02T09:30+08:00.",
    "zone": "'{label}' needs a time with its zone.",
    "past": "'{label}' has to be today or a later day.",
    "interval": "'{label}' takes times in steps of {bound} minutes.",
    "rows_fixed": "'{label}' has {bound} rows; none can be added or removed.",
    "files": "'{label}' has to be a list of files.",
    "too_many_files": "'{label}' takes at most {bound} files.",
    "file_kind": "'{label}' takes only {bound}.",
    "readonly": "'{label}' can't be changed.",
    "rows": "'{label}' has to be a list of rows.",
    "row": "Each row of '{label}' has to be an object.",
    "too_many_rows": "'{label}' takes at most {bound} rows.",
    "object": "'{label}' has to be an object.",
    "unknown": "The form has no field '{label}'.",
    "identifier": "'{label}': {said}",
    "too_many_values": "The form takes at most {bound} values.",
}


class Wrong(Exception):
    """A value is wrong. `code` is one of ENGLISH; `facts` fill in the sentence.

    `said`: the English message of a rule outside the forms, which is quoted in this one's message.
    """

    def __init__(self, code: str, said: str = "", **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.said = said
        self.facts = facts

    def as_field(self, label: str) -> dict[str, Any]:
        """Return the entry of `fields["errors"]`. The label that names the field comes from the model and is never
        translated.
        """
        facts = {"label": label} | {name: _plain(value) for name, value in self.facts.items()}
        message = ENGLISH[self.code].format(said=self.said, **facts).strip()
        return wrong_field(f"field_{self.code}", message, **facts)


def _plain(value: Any) -> Any:
    """Return a bound as JSON can have it: text for a Decimal of the schema."""
    return value if isinstance(value, str | int) else str(value)
