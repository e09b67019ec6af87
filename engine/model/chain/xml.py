"""Hardened XML: bytes of a file in, a tree or a finding out. Knows lxml; knows nothing of BPMN.

The text is decoded here, by an encoding from a short list, and the prolog is inspected before any parser sees it:
a DOCTYPE (and with it every entity) ends the reading. The parser is then given the text that was inspected.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

from lxml import etree

from engine.base.canonical import compose_tree, composed
from engine.model.chain.model import Finding

MAX_BYTES = 32 * 1024 * 1024
"""Largest file that is read. A model of 10,000 elements with its diagram takes some 12 MB."""

ENCODINGS = frozenset({"utf-8", "utf-16", "ascii", "iso8859-1", "gb18030", "gbk", "gb2312", "cp1252"})
"""Codec names of the encodings that are read. In none can other bytes stand for markup, as they can in UTF-7."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with; recognised to be refused
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][\w.\-]{0,40})["']""")
_SKIPPED = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_HTML = re.compile(r"<(!doctype\s+)?html\b", re.IGNORECASE)

_PARSER_OPTIONS = {
    "encoding": "utf-8",
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "huge_tree": False,  # libxml2's own limits stay on: depth 256, 10 MB a text
    "remove_comments": True,
    "remove_pis": True,
}


def parse(data: bytes, file: str) -> tuple[etree._Element | None, list[Finding]]:
    """Return the root element of `data`, its texts in NFC, or None and the one finding that says why it can't be read.

    `file`: the name that the finding shows.
    """
    text, finding = _decode(data, file)
    if text is None:
        return None, [finding] if finding else []
    if finding := _look_at_prolog(text, file):
        return None, [finding]
    try:
        root = etree.fromstring(text.encode("utf-8"), etree.XMLParser(**_PARSER_OPTIONS))  # type: ignore[arg-type]
    except etree.XMLSyntaxError as error:
        return None, [_broken(text, error, file)]
    docinfo: Any = root.getroottree().docinfo
    if docinfo.doctype:  # a second barrier, in case the prolog's inspection ever misses one
        return None, [_doctype(file, 1)]
    if "&#" in text or composed(text) is not text:
        compose_tree(root)
    return root, []


def _decode(data: bytes, file: str) -> tuple[str | None, Finding | None]:
    if len(data) > MAX_BYTES:
        size = f"{len(data) / 1024 / 1024:.1f} MB, more than {MAX_BYTES // 1024 // 1024} MB"
        message = f"The file has {size}. Split the model into called processes."
        return None, _error(file, "file-size", None, message)
    if not data.strip(b" \t\r\n\0"):
        return None, _error(file, "file-empty", None, "The file is empty. Save the model again.")
    name, mark = _encoding(data)
    if name is None:
        listed = ", ".join(sorted(ENCODINGS))
        return None, _error(file, "encoding", 1, f"The encoding isn't one of {listed}. Save the file as UTF-8.")
    try:
        return data[mark:].decode(name), None
    except UnicodeDecodeError as error:
        line = data[mark : mark + error.start].count(b"\n") + 1
        text = f"The file isn't valid {name}: byte {error.start + mark} can't be read. Save it as UTF-8."
        return None, _error(file, "encoding", line, text)


def _encoding(data: bytes) -> tuple[str | None, int]:
    """Return the codec's name (None for an encoding that isn't read) and the length of the byte order mark in bytes."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return (None if name == "utf-32" else name), len(mark)
    if data[:4] == b"<\0?\0" or data[:2] == b"<\0":
        return "utf-16-le", 0
    if data[:2] == b"\0<":
        return "utf-16-be", 0
    declared = _DECLARED.match(data)
    if declared is None:
        return "utf-8", 0
    try:
        name = codecs.lookup(declared[1].decode("ascii")).name
    except LookupError:
        return None, 0
    # Bytes that begin with "<?xml" aren't UTF-16, even if they declare it: many tools declare it and write UTF-8.
    return ("utf-8" if name == "utf-16" else name) if name in ENCODINGS else None, 0


def _look_at_prolog(text: str, file: str) -> Finding | None:
    """Return a finding if a DOCTYPE, or something that is no XML, stands before the root element; else None."""
    at = 0
    while skipped := _SKIPPED.match(text, at):
        at = skipped.end()
    line = text.count("\n", 0, at) + 1
    rest = text[at : at + 200]
    if _HTML.match(rest):
        message = "This is an HTML page, not a model. Download the file itself, not the page that shows it."
        return _error(file, "doctype" if rest.startswith("<!") else "not-a-model", line, message)
    if rest[:9].upper() == "<!DOCTYPE":
        return _doctype(file, line)
    if not rest.startswith("<"):
        content = "JSON" if rest.startswith(("{", "[")) else f"{rest[:20]!r}"
        return _error(file, "xml", line, f"Expected XML; found {content}. Save the model again.")
    return None


def _doctype(file: str, line: int) -> Finding:
    message = "The file has a DOCTYPE. Models need none, and entities aren't read. Remove the declaration."
    return _error(file, "doctype", line, message)


def _broken(text: str, error: etree.XMLSyntaxError, file: str) -> Finding:
    line = error.lineno or text.count("\n") + 1
    reason = (error.msg or "it can't be parsed").split(", line ")[0]
    message = f"The file isn't well-formed XML: {reason}. Mend this line, or save the model again."
    return _error(file, "xml", line, message)


def _error(file: str, rule: str, line: int | None, message: str) -> Finding:
    return Finding(file, None, line, rule, "error", message)
