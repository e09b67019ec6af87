"""Fields of a form that stand in the model itself, made into a form-js form beside it."""

from __future__ import annotations

import json
import re
from typing import Any

from engine.model.chain.dialect import BPMN, ZEEBE
from engine.model.chain.importing.outcome import Outcome, carried, idle, lost
from engine.model.chain.importing.tree import Said, add_mapping, ensure_zeebe, every, fact_name, remove, say
from engine.model.chain.reader import Node, extension, local
from engine.model.chain.rules.wording import NAME

_KINDS: dict[str, dict[str, Any]] = {
    "string": {"type": "textfield"},
    "text": {"type": "textarea"},
    "multi-line-text": {"type": "textarea"},
    "long": {"type": "number", "decimalDigits": 0},
    "int": {"type": "number", "decimalDigits": 0},
    "integer": {"type": "number", "decimalDigits": 0},
    "double": {"type": "number"},
    "decimal": {"type": "number"},
    "boolean": {"type": "checkbox"},
    "date": {"type": "datetime", "subtype": "date"},
    "enum": {"type": "select"},
}
"""Type of a field in other tools → the form-js component."""

_RULES = {"minlength": "minLength", "maxlength": "maxLength", "min": "min", "max": "max"}


def form_id(owner: Node) -> str:
    return f"{fact_name(owner)}_form"


def fields(owner: Node, stated: Node) -> Outcome:
    """Carry `formData` over: its fields become the components of a form."""
    return _form(owner, [n for n in stated if local(n) == "formField"], stated)


def property_field(owner: Node, stated: Node) -> Outcome:
    """Carry one `formProperty` over."""
    return _form(owner, [stated], stated)


def _form(owner: Node, given: list[Node], stated: Node) -> Outcome:
    if local(owner) != "userTask":
        return lost("only a user task has a form. What starts a case is asked by the intake page")
    made, gone = [], []
    for one in given:
        component, left = _component(owner, one)
        gone += left
        made += [component] if component is not None else []
    if not made:
        return lost("none of its fields has a type that a form has")
    box = ensure_zeebe(owner, "formDefinition", formId=form_id(owner))
    # The form waits in the tree until all fields of the task are known; `taken` takes it out.
    box.text = json.dumps([*json.loads(box.text or "[]"), *made], ensure_ascii=False)
    if gone:
        return Outcome(f"is the form {form_id(owner)!r}, but this was lost: {'; '.join(gone)}", True, "error")
    return carried(f"the form {form_id(owner)!r}", "See that it asks the same")


def _component(owner: Node, stated: Node) -> tuple[dict[str, Any] | None, list[str]]:
    """Return the component of a field, and what is lost of it."""
    key = stated.get("variable") or stated.get("id") or ""
    kind = (stated.get("type") or "string").lower()
    if kind not in _KINDS or not NAME.match(key):
        return None, [f"field {key!r} of type {kind!r}"]
    label = stated.get("label") or stated.get("name") or key
    made = {"id": f"{form_id(owner)}_{key}", "key": key, **_KINDS[kind]}
    made |= {"dateLabel": label} if kind == "date" else {"label": label}
    gone = [
        f"{key} {name}={stated.get(name)!r}" for name in ("expression", "datePattern", "default") if stated.get(name)
    ]
    if stated.get("variable") and stated.get("id") != key:
        gone.append(f"{key} id={stated.get('id')!r}")
    if stated.get("defaultValue"):
        default = _default(kind, stated.get("defaultValue") or "")
        made |= {"defaultValue": default} if default is not None else {}
        gone += [f"{key} defaultValue={stated.get('defaultValue')!r}"] if default is None else []
    validate: dict[str, Any] = {"required": True} if stated.get("required") == "true" else {}
    if stated.get("writable") == "false" or stated.get("writeable") == "false":
        made["readonly"] = True
    gone += [f"{key} readable='false'"] if stated.get("readable") == "false" else []
    options = [n for n in stated.iter() if n is not stated and local(n) == "value" and n.get("id")]
    if kind == "enum":
        made["values"] = [{"label": n.get("name") or n.get("id"), "value": n.get("id")} for n in options]
    for rule in [n for n in stated.iter() if local(n) == "constraint"]:
        gone += _rule(key, rule, made, validate)
    for one in [n for n in stated.iter() if local(n) == "property"]:
        made.setdefault("properties", {})[one.get("id") or one.get("name") or ""] = one.get("value") or ""
    return made | ({"validate": validate} if validate else {}), gone


def _rule(key: str, rule: Node, made: dict[str, Any], validate: dict[str, Any]) -> list[str]:
    name, config = rule.get("name") or "", rule.get("config")
    if name == "required":
        validate["required"] = True
    elif name == "readonly":
        made["readonly"] = True
    elif name in _RULES and re.fullmatch(r"-?\d{1,9}", config or ""):
        validate[_RULES[name]] = int(config or "0")
    else:
        return [f"{key} {name}={config!r}"]
    return []


def _default(kind: str, text: str) -> Any:
    """Return a literal default, or None where it can't be one."""
    if "{" in text or kind == "date":
        return None
    if kind == "boolean":
        return text == "true"
    if _KINDS[kind]["type"] == "number":
        whole = re.fullmatch(r"-?\d{1,9}", text)
        return int(text) if whole else float(text) if re.fullmatch(r"-?\d{1,9}\.\d{1,9}", text) else None
    return text


def by_reference(owner: Node, text: str) -> Outcome:
    """Carry `formRef` over: the key of a Camunda Form, which is a form-js form."""
    if local(owner) != "userTask" or "{" in text or extension(owner, "formDefinition") is not None:
        return lost("only a user task has a form, by a plain id")
    ensure_zeebe(owner, "formDefinition", formId=text)
    return carried(f"zeebe:formDefinition formId={text!r}", "Put the form beside the model")


def by_key(owner: Node, text: str) -> Outcome:
    return lost("forms of other kinds aren't shown. Make a form-js form, and give its id as formId")


def embedded(root: Node) -> Said:
    """Take forms of Camunda 8 that stand in the process itself out of it: they are form-js already."""
    stated = {n.get("id"): n for n in root.iter(f"{{{ZEEBE}}}userTaskForm")}
    used = set()
    for task in every(root, "userTask"):
        box = extension(task, "formDefinition")
        key = (box.get("formKey") or "").removeprefix("camunda-forms:bpmn:") if box is not None else ""
        schema = _schema(stated[key]) if key in stated else None
        if box is None or schema is None:
            continue
        used.add(key)
        id = str(schema.setdefault("id", form_id(task)))
        box.attrib.clear()
        box.set("formId", id)
        box.text = json.dumps(schema, ensure_ascii=False)
        yield say(task, f"The form {key!r} is a file of its own with the id {id!r} now")
    for key in used:
        box = stated[key].getparent()
        remove(stated[key])
        if box is not None and not len(box):
            remove(box)


def _schema(stated: Node) -> dict[str, Any] | None:
    try:
        schema = json.loads(stated.text or "")
    except ValueError:
        return None
    return schema if isinstance(schema, dict) else None


def taken(root: Node) -> dict[str, bytes]:
    """Take the forms out of the tree: form id → the form-js schema, as bytes of JSON."""
    made = {}
    for task in every(root, "userTask"):
        stated = extension(task, "formDefinition")
        if stated is None or not (stated.text or "").strip():
            continue
        schema = json.loads(stated.text or "[]")
        id = stated.get("formId") or ""
        if isinstance(schema, list):
            schema = {"id": id, "type": "default", "schemaVersion": 18, "components": schema}
        stated.text = None
        _keep_all(task, schema)
        made[id] = (json.dumps(schema, ensure_ascii=False, indent=2) + "\n").encode()
    return made


def _keep_all(task: Node, schema: dict[str, Any]) -> None:
    """Name the fields of a form among the outputs of its task, if it has any: others would be forgotten with it."""
    mapping = extension(task, "ioMapping")
    outputs = {n.get("target") for n in mapping if local(n) == "output"} if mapping is not None else set()
    for component in schema.get("components") or [] if outputs else []:
        key = str(component.get("key") or "") if isinstance(component, dict) else ""
        if NAME.match(key) and key not in outputs:
            add_mapping(task, "output", f"={key}", key)


def described_by(owner: Node, stated: Node) -> Outcome:
    """Carry an explanation for whoever does the task over to its documentation, if it has none."""
    text = (stated.text or "").strip()
    if not text:
        return idle("it is empty")
    if any(local(n) == "documentation" for n in owner):
        return lost("the task has a documentation already")
    made = owner.makeelement(f"{{{BPMN}}}documentation", {}, None)
    made.text = text
    owner.insert(0, made)
    return carried(
        "its documentation", "Nothing is filled into its placeholders" if "{{" in text or "{%" in text else ""
    )
