"""Forms: reading a form-js schema (`.form`), and checking a submission as the browser does. Pure.

This room knows nothing of tasks and cases. `forms.read(bytes)` gives a frozen Form; `form.check(data, facts)`
gives the cleaned values, or names all wrong fields at once, each with the code and the facts of its sentence. FEEL in
a schema is evaluated by `engine.language.feel`, identifiers are checked by `engine.base.terms`.

    messages.py    what may be wrong with a value: codes, English messages
    properties.py  the properties of form-js: where each acts, whether the server keeps it
    patterns.py    the browser's regular expressions, bounded in time
    fields.py      Field, Slot, FieldLevel: what a form is made of; FormProblem
    dates.py       dates and times: one form for each, the days and minutes that a field takes
    values.py      the values that each component takes: one table
    submission.py  visibility, read-only fields, rows: checking a whole submission
    schema.py      Form; reading a schema, and the problems in it

Three properties of a field are Licet's own (`properties` of form-js, so that other tools keep them):
`{"term": "credit_code"}`: a name of `terms.KINDS`; the value is checked and normalised as that kind.
`{"personal": "true"}`: the value is personal, and so is the whole list or group in which it stands.
`{"confidential": "head,confidant"}`: only these roles may read the value; it is personal too.
"""

from engine.language.forms.fields import Field, FormProblem
from engine.language.forms.schema import Form, read
from engine.language.forms.values import as_shown

__all__ = ["Field", "Form", "FormProblem", "as_shown", "read"]
