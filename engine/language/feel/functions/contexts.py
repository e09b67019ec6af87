"""Functions of contexts. Source: DMN 1.5 § 10.3.4.9."""

from __future__ import annotations

from engine.language.feel.functions.registry import define
from engine.language.feel.values import Value


@define("get value(m: context, key: string)")
def _get_value(m: dict[str, Value], key: str) -> Value:
    return m.get(key)


@define("get value(context: context, keys: list)")
def _get_value_at(m: dict[str, Value], keys: list[Value]) -> Value:
    value: Value = m
    for key in keys:
        value = value.get(key) if isinstance(value, dict) and isinstance(key, str) else None
    return value if keys else None


@define("get entries(m: context)")
def _get_entries(m: dict[str, Value]) -> Value:
    return [{"key": key, "value": value} for key, value in m.items()]


@define("context(entries: list)")
def _context(entries: list[Value]) -> Value:
    built: dict[str, Value] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("key"), str) or "value" not in entry:
            return None
        if entry["key"] in built:
            return None
        built[entry["key"]] = entry["value"]
    return built


@define("context put(context: context, key: string, value: Any)")
def _put(context: dict[str, Value], key: str, value: Value) -> Value:
    return {**context, key: value}


@define("context put(context: context, keys: list, value: Any)")
def _put_at(context: dict[str, Value], keys: list[Value], value: Value) -> Value:
    if not keys or not isinstance(keys[0], str):
        return None
    if len(keys) == 1:
        return {**context, keys[0]: value}
    inner = context.get(keys[0])
    changed = _put_at(inner, keys[1:], value) if isinstance(inner, dict) else None
    return None if changed is None else {**context, keys[0]: changed}


@define("context merge(contexts: list)")
def _merge(contexts: list[Value]) -> Value:
    merged: dict[str, Value] = {}
    for context in contexts:
        if not isinstance(context, dict):
            return None
        merged.update(context)
    return merged
