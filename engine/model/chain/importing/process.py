"""Version tags, properties and meta data, as other tools say them."""

from __future__ import annotations

from engine.model.chain.dialect import ACTIVITY_PROPERTIES, PROCESS_PROPERTIES, ZEEBE
from engine.model.chain.importing.outcome import Outcome, carried, idle, lost
from engine.model.chain.importing.tree import ensure_zeebe
from engine.model.chain.reader import Node, local

_FORMS = ("formJsonSchemaFilename", "formUiSchemaFilename")
_DRAWN = frozenset({"bgcolor", "bordercolor", "textcolor", "font", "width", "height", "elementname"})
_EMPTY = frozenset({"", "[]", "{}", "null"})


def version_tag(owner: Node, text: str) -> Outcome:
    if local(owner) != "process":
        return lost("only a process has a version tag")
    ensure_zeebe(owner, "versionTag", value=text)
    return carried(f"zeebe:versionTag value={text!r}")


def condition_language(owner: Node, text: str) -> Outcome:
    return lost("what stands in other files isn't read. Write it in FEEL")


def property_of(owner: Node, stated: Node) -> Outcome:
    name, value = stated.get("name") or "", stated.get("value") or ""
    known = PROCESS_PROPERTIES if local(owner) == "process" else ACTIVITY_PROPERTIES
    if name in _FORMS:
        return lost(f"JSON Schema forms aren't shown. Make a form-js form in the place of {value!r}")
    if name not in known:
        return lost("Licet has no property of that name")
    box = ensure_zeebe(owner, "properties")
    box.append(box.makeelement(f"{{{ZEEBE}}}property", {"name": name, "value": value}, None))
    return carried(f"zeebe:property {name}={value!r}")


def documented(owner: Node, stated: Node) -> Outcome:
    """Drop what only an editor draws by; tell any other meta data as lost."""
    key = stated.get("metaKey") or stated.get("name") or ""
    value = (stated.get("metaValue") or "".join(str(t) for t in stated.itertext())).strip()
    if key in _DRAWN or value in _EMPTY:
        return idle("an editor draws by it")
    return lost("it has no meaning here")
