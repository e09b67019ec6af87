"""Documents: PDF made by typst from the templates beside this file, or from one that a chain brings. Knows no case,
only values to be shown.

Values are passed as data and shown as text: text that an applicant wrote never becomes markup. Equal values give equal
bytes on the same machine (fonts differ between machines). The templates beside this file are typeset here; what a chain
brings is typeset in the press, a process of its own.
"""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import segno
import typst

from adapters.documents.press import Trouble, typeset
from adapters.wording import shown
from engine.base.errors import Fault, ModelError

TEMPLATES = Path(__file__).parent

# Font families with Chinese glyphs, the best first; those of Linux distributions, macOS and Windows.
CHINESE_FONTS = (
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "Songti SC",
    "FandolSong",
    "SimSun",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "AR PL UMing CN",
)


def chinese_fonts(folders: Sequence[Path] = ()) -> tuple[str, ...]:
    """Return those of CHINESE_FONTS that the system or one of the folders has."""
    families = typst.Fonts(font_paths=[str(folder) for folder in folders]).families()
    return tuple(family for family in CHINESE_FONTS if family in families)


def known_templates() -> tuple[str, ...]:
    """Return the names of the templates that `render` knows."""
    return tuple(sorted(path.stem for path in TEMPLATES.glob("*.typ") if path.stem != "common"))


class TypstDocuments:
    """`engine.hall.ports.Documents` as PDF. Raises Fault when created on a machine without a Chinese font."""

    type = "application/pdf"
    suffix = ".pdf"

    def __init__(self, font_folders: Sequence[Path] = ()) -> None:
        self._fonts = chinese_fonts(font_folders)
        if not self._fonts:
            raise Fault(
                "Expected a font with Chinese glyphs for documents, found none. Install one (Debian: apt-get install "
                "fonts-noto-cjk), or name a folder with one in LICET_FONTS."
            )
        self._folders = tuple(font_folders)
        self._compiler = typst.Compiler(root=str(TEMPLATES), font_paths=[str(folder) for folder in font_folders])
        self._lock = threading.Lock()  # the one compiler, which holds the fonts, must be used by one thread at a time

    def render(self, template: str, values: Mapping[str, Any], own: bytes | None = None) -> bytes:
        if own is not None:
            return _pressed(template, own, values, self._fonts, self._folders)
        _known(template)
        data = shown(values) | {"fonts": list(self._fonts)}
        with self._lock:
            result = self._compiler.compile(
                input=str(TEMPLATES / f"{template}.typ"),
                format="pdf",
                sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            )
        assert isinstance(result, bytes)
        return result


class TextDocuments:
    """`engine.hall.ports.Documents` as plain text.

    For machines without a Chinese font, and for runs that keep nothing.
    """

    type = "text/plain"
    suffix = ".txt"

    def render(self, template: str, values: Mapping[str, Any], own: bytes | None = None) -> bytes:
        if own is not None:  # typeset all the same, so that a rehearsal finds what is wrong with it
            _pressed(template, own, values, _ANY_FONT)
        else:
            _known(template)
        data = {key: value for key, value in shown(values).items() if key != "qr"}
        lines = ["示范文书，内容均为虚构，不具法律效力", f"template: {template}", *_lines(data)]
        return ("\n".join(lines) + "\n").encode()


_ANY_FONT = ("Libertinus Serif",)
"""The font that typst brings: enough to see whether something can be typeset."""


def tried(own: bytes, values: Mapping[str, Any]) -> tuple[str, int | None] | None:
    """Return why a chain's own template can't be typeset with these values, and in which line; None where it can."""
    made = typeset(own, values, _ANY_FONT)
    return (made.message, made.line) if isinstance(made, Trouble) else None


def _pressed(
    template: str, own: bytes, values: Mapping[str, Any], families: Sequence[str], folders: Sequence[Path] = ()
) -> bytes:
    made = typeset(own, values, families, folders)
    if isinstance(made, bytes):
        return made
    # An incident stands in the journal for ever, and no value of a case gets into a log: what typst says is told where
    # it says the same with other values.
    same = made.repeats and typeset(own, _masked(values), families, folders) == made
    why = f": {made.message}" if same or not made.repeats else ""
    place = f" (line {made.line})" if made.line is not None else ""
    raise ModelError(
        f"Expected the chain's template {template!r} to be typeset with the values of the case; it can't{place}{why}. "
        "Migrate the case to a version with a template that can, and try again.",
        template=template,
    )


def _masked(value: Any) -> Any:
    """Return values of the same shape in which no letter and no digit is left as it was."""
    if isinstance(value, Mapping):
        return {key: _masked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(inner) for inner in value]
    return "".join("字" if char.isalnum() else char for char in str(value)) if value is not None else None


def _known(template: str) -> None:
    if template not in known_templates():
        raise ModelError(
            f"Expected a document template ({', '.join(known_templates())}); found {template!r}.", template=template
        )


def _lines(data: Mapping[str, Any], indent: str = "") -> list[str]:
    lines: list[str] = []
    for key, value in data.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key}:", *_lines(value, indent + "  ")]
        else:
            lines.append(f"{indent}{key}: {'、'.join(value) if isinstance(value, list) else value}")
    return lines


def qr_svg(text: str) -> str:
    """Return a QR code as SVG. Its level M is still readable with 15 % of the code damaged."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=1, xmldecl=False, scale=4)
    return out.getvalue().decode()
