"""DMN text as elements. The only module of this room that knows lxml; knows nothing of decisions.

Namespaces differ from version to version of DMN (1.1 to 1.5); elements are recognised by their local names.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.base.canonical import compose_tree
from engine.base.errors import ModelError

Element = etree._Element

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def parse(content: bytes) -> Element:
    """Return the root element, with NFC texts. Raises ModelError (`line`) for text that isn't XML, or has a DOCTYPE."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ModelError(f"Expected well-formed XML: {error.msg}.", line=error.lineno or 1) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise ModelError("Expected a file without DOCTYPE; remove it.", line=1)
    if not content.isascii() or b"&#" in content:
        compose_tree(root)
    return root


def kind(element: Element) -> str:
    """Return the local name of the element's tag."""
    return str(etree.QName(element).localname)


def children(element: Element, *kinds: str) -> Iterator[Element]:
    """Yield the children of these kinds, in order; of any kind if none is given."""
    for child in element:
        if isinstance(child.tag, str) and (not kinds or kind(child) in kinds):
            yield child


def child(element: Element | None, *kinds: str) -> Element | None:
    """Return the first child of one of these kinds, or None."""
    return None if element is None else next(children(element, *kinds), None)


def text(element: Element | None) -> str:
    """Return the text of the element's `text` child, or of itself; empty text if there is none."""
    if element is None:
        return ""
    inner = child(element, "text")
    return ((inner if inner is not None else element).text or "").strip()


def line(element: Element) -> int:
    """Return the element's line in its file; 0 if it has none."""
    number: int | None = getattr(element, "sourceline", None)
    return number or 0


def identified(element: Element) -> str:
    """Return the id of the element, or of the nearest one around it that has one; empty text if none has."""
    return next((str(e.get("id")) for e in (element, *element.iterancestors()) if e.get("id")), "")
