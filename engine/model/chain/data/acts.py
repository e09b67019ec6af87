"""Misreadings of built-in actions: inputs that they don't have, texts that they refuse, templates and recipients
that nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from engine.language.feel import syntax
from engine.law.matter import ACTIONS, REGISTERS, SUSPENSIONS
from engine.law.organisation import Named, Organisation
from engine.model.chain.data import known, read, shapes
from engine.model.chain.data.expressions import certain
from engine.model.chain.data.inference import WORDS, Misread, Names
from engine.model.chain.data.places import Spot
from engine.model.chain.data.readers import NOTHING, Readers, names_in
from engine.model.chain.data.schema import Schema
from engine.model.chain.data.shapes import Shape, text
from engine.model.chain.model import Element, Process

_N, _B, _C = shapes.of(shapes.NUMBER), shapes.of(shapes.BOOLEAN), shapes.of(shapes.CONTEXT)
_T = shapes.text()

INPUTS: Mapping[tuple[str, str], Shape] = {
    ("matter.decide", "outcome"): text(("granted", "denied")),
    ("matter.accept", "deemed"): _B,
    ("matter.accept", "tolerated"): _B,
    ("matter.accept", "committed"): _B,
    ("matter.accept", "bad_credit"): _B,
    ("clock.suspend", "reason"): text((*SUSPENSIONS, *SUSPENSIONS.values())),
    ("clock.start", "limit"): _C,
    ("clock.extend", "amount"): _N,
    ("claim.take", "until"): shapes.of(shapes.DATE, shapes.MOMENT, shapes.TEXT),
    ("certificate.find", "consent"): _B,
    ("certificate.issue", "content"): _C,
    ("register.find", "register"): text(REGISTERS),
    ("register.record", "register"): text(REGISTERS),
    ("register.record", "entry"): _C,
    ("project.hand_on", "facts"): _C,
}
"""(action, input) → what it takes, where it is more than a text."""

_TEXTS = frozenset({"reason", "kind", "key", "holder", "code", "to", "clock", "item", "register", "template"})


def misreadings(schema: Schema, readers: Readers) -> Iterator[tuple[Spot, Misread]]:
    """Yield all that can't be meant in the built-in actions and calls of a draft."""
    for process in schema.draft.processes.values():
        for element in process.elements.values():
            if element.job in ACTIONS:
                yield from _inputs(schema, process, element)
            if element.called in schema.facts and not element.propagate_in:
                yield from _called(schema, readers, process, element)


def _given(element: Element) -> list[tuple[str, str, str]]:
    """Return (what, name, text) of each input and header."""
    inputs = [(f"input '{m.target}'", m.target, m.source) for m in element.inputs]
    return inputs + [(f"header '{key}'", key, value) for key, value in element.headers.items()]


def _inputs(schema: Schema, process: Process, element: Element) -> Iterator[tuple[Spot, Misread]]:
    action = ACTIONS[element.job or ""]
    names = (*action.required, *action.optional)
    used = _read_here(schema, process, element)
    for what, name, source in _given(element):
        spot = Spot(process, element, what, source, schema.names(process, element))
        if name not in names and name not in used and name != "matter":
            yield spot, Misread("input", name, f"{element.job} has no input '{name}'.", names)
        wanted = _wanted(schema, element.job or "", name)
        if wanted is not None:
            yield from ((spot, misread) for misread in _fitting(schema, spot, wanted))
        if (element.job, name) == ("notice.send", "to"):
            yield from ((spot, misread) for misread in _recipients(schema, source))


def _wanted(schema: Schema, job: str, name: str) -> Shape | None:
    """Return what an input of a built-in action takes, if that is known."""
    if (job, name) == ("notice.send", "template"):
        return text((*known.NOTICES, *schema.draft.notices))
    if (job, name) == ("document.render", "template"):
        return text((*known.DOCUMENTS, *schema.draft.documents))
    return INPUTS.get((job, name), _T if name in _TEXTS else None)


def _read_here(schema: Schema, process: Process, element: Element) -> set[str]:
    """Return the names that the element's own expressions read: an input may serve them alone."""
    texts = [m.source for m in (*element.inputs, *element.outputs)]
    texts += [element.multi.output_element or ""] if element.multi is not None else []
    return {name for written in texts for name in names_in(written)}


def _fitting(schema: Schema, spot: Spot, wanted: Shape) -> Iterator[Misread]:
    """Yield why a value can't be one that is wanted: none of its kind, or a text that isn't among the wanted ones."""
    given = schema.shape(spot.text, spot.names)
    if given.is_known and not given.may_be(*(wanted.kinds or ())):
        words = " or ".join(WORDS.get(kind, kind) for kind in sorted(wanted.kinds or ()))
        found = " or ".join(WORDS.get(kind, kind) for kind in sorted(given.kinds or ()))
        yield Misread("kind", spot.what, f"It has to be {words}, and is {found}.")
    if wanted.options is None:
        return
    options = wanted.options
    for literal in literals(spot.text):
        if literal not in options:
            yield Misread("option", literal, f"'{literal}' isn't taken.", tuple(sorted(options)))


def literals(written: str) -> Iterable[str]:
    """Return the texts that an expression may give as they stand there: itself, or what `if` chooses from."""
    if not written.startswith("="):
        return [written]
    tree = read.tree_of(written[1:])
    found: list[str] = []
    todo = [tree] if tree is not None else []
    while todo:
        part = todo.pop()
        if isinstance(part, syntax.If):
            todo += [part.then, part.otherwise]
        elif isinstance(part, syntax.ListOf):
            todo += part.items
        elif isinstance(part, syntax.Literal) and isinstance(part.value, str):
            found.append(part.value)
    return found


# ---------------------------------------------------------------------- people


def _recipients(schema: Schema, source: str) -> Iterator[Misread]:
    """Yield recipients that are neither the applicant, nor a person, nor a role of the hall."""
    hall = schema.draft.organisation
    for literal in literals(source):
        yield from _recipient(literal, hall)
    start = _beginning(source)
    if start is not None:
        kind, _, rest = start.partition(":")
        if kind not in ("role", "person"):
            yield Misread("recipient", start, f"'{start}…' is no recipient.", ("role:", "person:"))
        elif hall is not None and kind == "role" and "@" in rest:
            yield from _role(rest.partition("@")[0], None, hall)


def _beginning(source: str) -> str | None:
    """Return the literal text that a sum of texts begins with."""
    tree = read.tree_of(source[1:]) if source.startswith("=") else None
    if isinstance(tree, syntax.Chain) and isinstance(tree.first, syntax.Literal) and isinstance(tree.first.value, str):
        return tree.first.value
    return None


def _recipient(to: str, hall: Organisation | None) -> Iterator[Misread]:
    kind, colon, key = to.partition(":")
    if to == "applicant":
        return
    if not colon or kind not in ("role", "person"):
        yield Misread("recipient", to, f"'{to}' is no recipient.", ("applicant", "role:…@department", "person:…"))
    elif hall is not None and kind == "person" and key not in {person.key for person in hall.people}:
        yield Misread("recipient", key, f"The organisation has no person '{key}'.", _keys(hall.people))
    elif hall is not None and kind == "role":
        role, at, department = key.partition("@")
        yield from _role(role, department if at else None, hall)


def _keys(named: Sequence[Named]) -> tuple[str, ...]:
    return tuple(entry.key for entry in named)


def _role(role: str, department: str | None, hall: Organisation) -> Iterator[Misread]:
    """Yield why nobody is reached by a role, in a department if one is given."""
    if hall.role(role) is None:
        yield Misread("recipient", role, f"The organisation has no role '{role}'.", _keys(hall.roles))
    elif department is not None and hall.department(department) is None:
        message = f"The organisation has no department '{department}'."
        yield Misread("recipient", department, message, _keys(hall.departments))
    elif not held(role, department, hall):
        where = f" in '{department}'" if department else ""
        yield Misread("recipient", role, f"Nobody holds the role '{role}'{where}.")


def held(role: str, department: str | None, hall: Organisation) -> bool:
    """Return whether somebody is granted a role, in a department or in the whole hall; None: anywhere."""
    return any(g.role == role and (department is None or g.department in (None, department)) for g in hall.grants)


def people(schema: Schema) -> Iterator[tuple[Spot, Misread]]:
    """Yield roles that nobody holds in the department of their task, and people who are nobody."""
    hall = schema.draft.organisation
    if hall is None:
        return
    for process in schema.draft.processes.values():
        for element in process.elements.values():
            if element.kind == "userTask":
                yield from _candidates(schema, process, element, hall)


def _is_person(key: str, hall: Organisation) -> bool:
    return any(person.key == key for person in hall.people)


def _no_signer(key: str, hall: Organisation) -> Iterator[Misread]:
    """Yield why nobody is meant by a signer's key on any day."""
    meant = hall.parties(key)
    if any(one.person or any(held(role, one.department, hall) for role in one.roles) for one in meant):
        return
    role, at, department = key.removeprefix("role:").partition("@")
    if hall.department(key) is not None:
        yield Misread("person", key, f"Nobody has a role of its own in the department '{key}'.")
    elif at or key.startswith("role:") or hall.role(role) is not None:
        yield from (replace(misread, kind="person") for misread in _role(role, department if at else None, hall))
    else:
        near = (*_keys(hall.people), *_keys(hall.departments), *_keys(hall.roles))
        yield Misread("person", key, f"The organisation has no person, department or role '{key}'.", near)


def _candidates(
    schema: Schema, process: Process, element: Element, hall: Organisation
) -> Iterator[tuple[Spot, Misread]]:
    own = schema.names(process, element)
    known_roles = {role.key for role in hall.roles}
    assigned = Spot(process, element, "assignee", element.assignee or "", own)
    for person in _named(schema, assigned.text, own):
        if not _is_person(person, hall):
            message = f"The organisation has no person '{person}'."
            yield assigned, Misread("person", person, message, _keys(hall.people))
    signing = Spot(process, element, "candidateUsers", element.candidate_users or "", own)
    for signer in _named(schema, signing.text, own):
        yield from ((signing, misread) for misread in _no_signer(signer, hall))
    groups = element.candidate_groups
    roles = list(_named(schema, groups, own)) if groups else []
    spot = Spot(process, element, "candidateGroups", groups or "", own)
    for role in roles if (groups or "").startswith("=") else ():
        if role not in known_roles:
            message = f"The organisation has no role '{role}'."
            yield spot, Misread("person", role, message, tuple(known_roles))
    written = element.properties.get("department") or ""
    placed = Spot(process, element, "property 'department'", written, own)
    for department in _named(schema, written, own):
        if hall.department(department) is None:
            if written.startswith("="):
                message = f"The organisation has no department '{department}'."
                yield placed, Misread("person", department, message, _keys(hall.departments))
        elif roles and not any(role == "applicant" or held(role, department, hall) for role in roles):
            yield spot, Misread("person", roles[0], f"Nobody holds {' or '.join(roles)} in '{department}'.")


def _named(schema: Schema, written: str, own: Names) -> Iterable[str]:
    """Return the names that a text or an expression gives, as far as they stand there or in a list that it reads."""
    if not written.startswith("="):
        return [part.strip() for part in written.split(",") if part.strip()]
    shape = schema.shape(written, own)
    options = (shape.item.options if shape.item is not None else None) if shape.kinds else None
    given = options if options is not None else shape.options
    return sorted(part.strip() for text_ in given or () for part in text_.split(",") if part.strip())


# ---------------------------------------------------------------------- called processes


def _called(schema: Schema, readers: Readers, process: Process, element: Element) -> Iterator[tuple[Spot, Misread]]:
    """Yield inputs of a call that the called process doesn't read."""
    called = schema.draft.processes[element.called or ""]
    inside = readers.inside(called)
    reads = inside | readers.shown(called) if inside is not None else NOTHING
    given = {mapping.target for mapping in element.inputs}
    own = _read_here(schema, process, element)
    for mapping in element.inputs if inside is not None else ():
        if mapping.target not in reads.words | reads.names and mapping.target not in own:
            spot = Spot(process, element, f"input '{mapping.target}'", mapping.source, schema.names(process, element))
            message = f"The called process '{called.id}' reads no '{mapping.target}'."
            misread = Misread("input", mapping.target, message, tuple(sorted(reads.names - given)))
            yield spot, misread if certain(False, misread) else replace(misread, kind="unread")
