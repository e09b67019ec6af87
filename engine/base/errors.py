"""The error tree: every refusal and every fault that leaves a room. Knows nothing else.

Each class has a stable `code` (scripts rely on it) and the HTTP `status` that it becomes. An error carries its facts
as fields, an English message for the command line and the log (what was expected, what was found, what to do about
it), and the code of the sentence that the pages say instead of the message, each in its own language.

    LicetError
    ├─ InvalidInput        422  a value from outside is wrong; nothing was tried
    ├─ Refused             409  a command that can't be done now; nothing has changed
    │  ├─ Conflict              somebody else was first, or the key was used for something else
    │  ├─ NotOpen               the task, token or deadline is no longer there
    │  └─ IllegalMove           the lifecycle of the matter doesn't allow it
    ├─ NotAllowed          403  the actor has no authority for it
    ├─ NotFound            404  no such case, file, version … that the actor may know of
    ├─ ModelError          422  a chain, form, decision or expression is wrong
    └─ Fault               500  ours: a journal that can't be true, a store that can't be reached
"""

from __future__ import annotations

from typing import Any, ClassVar


def a(word: str) -> str:
    """Return the word behind its article, for a message."""
    return f"{'an' if word[:1].lower() in 'aeiou' and not word.startswith('us') else 'a'} {word}"


class LicetError(Exception):
    """Root of the tree.

    `fields` are the facts of the error as plain values: keys, names, dates; no prose. `sentence` is a code of
    `webui.sentences`, finer than the code of the class; its sentence is filled in with the fields.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    sentence: str = ""

    def __init__(self, message: str, *, sentence: str = "", **fields: Any) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields
        if sentence:
            self.sentence = sentence

    def as_dict(self) -> dict[str, Any]:
        """Return `{"code", "message", "fields"}`, with `sentence` among the fields: the form that `--json` prints."""
        finer = {"sentence": self.sentence} if self.sentence else {}
        return {"code": self.code, "message": self.message, "fields": self.fields | finer}


def wrong_field(sentence: str, message: str, **fields: Any) -> dict[str, Any]:
    """Return one entry of an InvalidInput's `fields["errors"]`: a sentence's code, the message in English, the
    facts.
    """
    return {"sentence": sentence, "message": message, "fields": fields}


class InvalidInput(LicetError):
    """A value from outside is wrong.

    `fields["errors"]`, where given, maps each wrong field to `wrong_field(…)`; where no person can have typed the
    value,
    to a few English words for the command line.
    """

    code = "invalid_input"
    status = 422


class FileRefused(InvalidInput):
    """A handed-in file is too large, of a wrong kind, or isn't what its name says."""

    code = "file_refused"
    status = 422


class Refused(LicetError):
    """A command can't be carried out in the state that the case is in. Nothing has changed."""

    code = "refused"
    status = 409


class Conflict(Refused):
    """Somebody else was first: the task is claimed by another, the thing is claimed by another case."""

    code = "conflict"


class Taken(Conflict):
    """Another case holds the thing: `fields` has `kind`, `key`, `holder`, `until`."""


class KeyReused(Conflict):
    """The idempotency key was used before, for another command."""

    code = "key_reused"


class NotOpen(Refused):
    """The task, token, arm or incident that the command names isn't open (any more)."""

    code = "not_open"


class IllegalMove(Refused):
    """The lifecycle table has no such step from the state that the matter or clock is in."""

    code = "illegal_move"


class NoWayOut(Refused):
    """No condition of a gateway is true and it has no default flow."""

    code = "no_way_out"


class BudgetExceeded(Refused):
    """A bound was reached: automatic steps of one command, steps of an expression, size of a value."""

    code = "budget_exceeded"


class NotAllowed(LicetError):
    """The actor holds no role, substitution or delegated power for it; or has signed before (four eyes)."""

    code = "not_allowed"
    status = 403


class NotFound(LicetError):
    """The thing doesn't exist, or the actor mustn't know of it."""

    code = "not_found"
    status = 404


class ModelError(LicetError):
    """A chain, form, decision, catalogue or organisation is wrong as written. Pages quote the message to designers."""

    code = "model_error"
    status = 422
    sentence = "model_wrong"


class FeelError(ModelError):
    """An expression is wrong as written. `fields`: `text`, `position` (0-based), `line`, `column`."""

    code = "feel_error"


class Fault(LicetError):
    """A fault of Licet or its installation, not of the caller."""

    code = "fault"
    status = 500


class StoreUnreachable(Fault):
    """The database can't be reached or is held by another writing process."""

    code = "store_unreachable"
    status = 503


class JournalBroken(Fault):
    """A journal holds an entry that can't be true. `fields`: `case`, `sequence`."""

    code = "journal_broken"
