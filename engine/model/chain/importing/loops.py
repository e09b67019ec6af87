"""Over what an activity runs, as other tools and plain BPMN say it."""

from __future__ import annotations

import re

from engine.model.chain.importing import phrases
from engine.model.chain.importing.outcome import NOT_SIMPLE, Outcome, carried, lost
from engine.model.chain.importing.tree import Said, ensure_zeebe, every, fact_name, lose, named, remove, say, take
from engine.model.chain.reader import Node, extension, local, resolve
from engine.model.chain.rules.wording import NAME


def collection(loop: Node, text: str) -> Outcome:
    read = phrases.feel(text.strip())
    if read is None or local(loop) != "multiInstanceLoopCharacteristics":
        return lost(NOT_SIMPLE)
    ensure_zeebe(loop, "loopCharacteristics", inputCollection=read)
    return carried(f"zeebe:loopCharacteristics inputCollection={read!r}")


def element_variable(loop: Node, text: str) -> Outcome:
    if not NAME.match(text) or local(loop) != "multiInstanceLoopCharacteristics":
        return lost("expressions can't read a fact of this name")
    ensure_zeebe(loop, "loopCharacteristics", inputElement=text)
    return carried(f"zeebe:loopCharacteristics inputElement={text!r}")


def standard_loops(root: Node) -> Said:
    """Carry cardinality, data references and completion conditions over."""
    data = {node.get("id"): node.get("name") or node.get("id") or "" for node in root.iter() if node.get("id")}
    for loop in every(root, "multiInstanceLoopCharacteristics"):
        for part in [n for n in loop if local(n) in _PARTS]:
            text = (part.text or "").strip()
            if local(part) in ("loopDataInputRef", "loopDataOutputRef"):
                text = data.get(resolve(text), text)
            elif local(part) in ("inputDataItem", "outputDataItem"):
                text = part.get("name") or part.get("id") or ""
            yield from _part(loop, part, text)


def _part(loop: Node, part: Node, text: str) -> Said:
    tag = local(part)
    if tag == "completionCondition":
        if text.startswith("="):
            return
        read = phrases.feel(text)
        if read is None:
            remove(part)
            yield lose(loop, f"The completion condition {text!r} was removed: {NOT_SIMPLE}")
        else:
            part.attrib.clear()
            part.text = read
            sure = phrases.is_wrapped(text)
            yield say(loop, f"The completion condition {text!r} is {read!r} now", not sure)
        return
    remove(part)
    name, read = _PARTS[tag], phrases.feel(text)
    if tag == "loopCardinality":
        read = f"=for i in 1..({read[1:]}) return i" if read is not None else None
        read = re.sub(r"\((\w+)\)", r"\1", read) if read is not None else None
    elif name in ("inputElement", "outputCollection"):
        read = text if NAME.match(text) else None
    if read is None:
        yield lose(loop, f"{tag} {text!r} was removed: {NOT_SIMPLE}")
        return
    ensure_zeebe(loop, "loopCharacteristics", **{name: read})
    yield say(loop, f"{tag} {text!r} is zeebe:loopCharacteristics {name}={read!r} now")


_PARTS = {
    "completionCondition": "",
    "loopCardinality": "inputCollection",
    "loopDataInputRef": "inputCollection",
    "inputDataItem": "inputElement",
    "loopDataOutputRef": "outputCollection",
    "outputDataItem": "outputElement",
}
"""Child of a loop → the attribute of zeebe:loopCharacteristics that says it here."""


def unfinished(root: Node) -> Said:
    """Say over what an activity runs where only a part of it was said."""
    for loop in every(root, "multiInstanceLoopCharacteristics"):
        stated, activity = extension(loop, "loopCharacteristics"), loop.getparent()
        if stated is not None:
            if bool(stated.get("outputCollection")) != bool(stated.get("outputElement")):
                for name in ("outputCollection", "outputElement"):
                    if name in stated.attrib:
                        yield lose(loop, f"{name} {take(stated, name)!r} was removed: it says only half of a result")
            if not stated.get("inputCollection") and activity is not None:
                fact = f"{fact_name(activity)}_items"
                stated.set("inputCollection", f"={fact}")
                yield say(
                    activity, f"'{named(activity)}' is done once for each item of the fact {fact}. Say which", True
                )
