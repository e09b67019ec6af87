"""Draws the house from the imports that are really there: docs/images/architecture.svg. `make docs` runs it.

    python -m docs.house.drawing

Storeys are rows, rooms are boxes; an arrow says that a room imports another one, wherever the import stands (also under
TYPE_CHECKING and inside functions). Left out are arrows that a longer way of arrows says already. In red, whether or
not a longer way says so: an import that goes against the contracts of setup.cfg, or that closes a circle of rooms.

A room is a module or folder directly in a storey of the engine; in `webui/` the folder of an audience, `app`, `cli`,
and all else together as the frame; in `adapters/` the module `wiring`, and the others together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from math import fsum
from pathlib import Path

from docs.house.figures import House, Module, reached

ROOT = Path(__file__).parents[2]
DRAWING = ROOT / "docs" / "images" / "architecture.svg"

OUTSIDE = {"webui": "pages by audience, and the command line", "adapters": "a module for each port"}
AUDIENCES = {"desk", "studio", "audit", "board", "portal", "admin", "api", "public"}
FRAME, PORTS = "frame of the pages", "one module a port"

Room = tuple[str, str]
"""(storey, name): ("case", "state")."""

SETTLING = 600  # rounds after which nothing moves visibly any more
INWARD = 0.1  # a room that is joined pulls with 1

# All in pixels.
MARGIN, LABELS, BAND_GAP = 16, 180, 8
LETTER, PADDING, BOX, ROW_GAP, SIDE_GAP, LANE = 7.4, 11, 26, 24, 16, 9
BAND_TOP = 14  # from the edge of a band to its first boxes, and from its last ones to the other edge


def storeys(house: House) -> dict[str, str]:
    """The storeys from the roof down, each with the words that `engine/__init__.py` has for it."""
    listed = re.findall(r"^    (\w+) +(.+)$", house.modules["engine"].docstring, re.MULTILINE)
    return OUTSIDE | dict(reversed(listed))


def room_of(module: Module) -> Room | None:
    """The room in which a module lives; None for the `__init__` of the engine, of a storey and of `adapters`."""
    house, *parts = module.name.split(".")
    match house, parts:
        case "engine", [storey, name, *_]:
            return storey, name
        case "adapters", [name, *_]:
            return house, name if name == "wiring" else PORTS
        case "webui", []:
            return house, "app"  # gives on what `app` composes
        case "webui", [name, *_]:
            return house, name if name in AUDIENCES or name in {"app", "cli"} else FRAME
    return None


@dataclass
class Plan:
    """Rooms and the arrows between them."""

    rooms: set[Room]
    arrows: set[tuple[Room, Room]]
    wrong: set[tuple[Room, Room]]

    @classmethod
    def of(cls, house: House) -> Plan:
        against = {(one.importer, one.imported) for one in house.against_the_layers()}
        room = {name: room_of(module) for name, module in house.modules.items()}
        rooms = {one for one in room.values() if one is not None}
        graph: dict[Room, set[Room]] = {one: set() for one in rooms}
        wrong = set()
        for importer, others in house.graph.items():
            for imported in others:
                above, below = room[importer], room[imported]
                if above is None or below is None or above == below:
                    continue
                graph[above].add(below)
                if (importer, imported) in against:
                    wrong.add((above, below))
        ways = {one: reached(graph, one) for one in graph}
        wrong |= {(above, below) for above in graph for below in graph[above] if above in ways[below]}
        right = {above: {below for below in others if (above, below) not in wrong} for above, others in graph.items()}
        return cls(rooms, _shortened(right), wrong)


def _shortened(graph: Mapping[Room, set[Room]]) -> set[tuple[Room, Room]]:
    """The arrows of a graph without circles that no longer way says."""
    ways = {room: reached(graph, room) for room in graph}
    return {
        (above, below)
        for above, others in graph.items()
        for below in others
        if not any(below in ways[between] for between in others if between != below)
    }


# ------------------------------------------------------------------ places


@dataclass
class Point:
    """Where a room stands, or (without a room) where arrows to `target` pass a row. `x` is its middle."""

    row: int
    width: float
    target: Room
    is_room: bool
    x: float = 0.0
    above: list[Point] = field(default_factory=list)
    below: list[Point] = field(default_factory=list)


def _rows(plan: Plan, order: Iterable[str]) -> dict[Room, int]:
    """The row of each room, from the roof down: in its storey below whatever imports it."""
    rows: dict[Room, int] = {}
    first = 0
    for storey in order:
        here = sorted(room for room in plan.rooms if room[0] == storey)
        below = {room: [b for a, b in plan.arrows if a == room and b[0] == storey] for room in here}
        heights: dict[Room, int] = {}

        def height(room: Room, below: Mapping[Room, list[Room]] = below, known: dict[Room, int] = heights) -> int:
            if room not in known:
                known[room] = 1 + max((height(other) for other in below[room]), default=-1)
            return known[room]

        tallest = max((height(room) for room in here), default=-1)
        rows |= {room: first + tallest - height(room) for room in here}
        first += tallest + 1
    return rows


def _points(plan: Plan, rows: Mapping[Room, int]) -> list[list[Point]]:
    """The points of each row. Arrows to one room share the points at which they pass the rows above it."""
    stands = {room: Point(rows[room], len(room[1]) * LETTER + 2 * PADDING, room, True) for room in sorted(plan.rooms)}
    points = list(stands.values())
    passes: dict[tuple[Room, int], Point] = {}

    def pass_at(target: Room, row: int) -> Point:
        if row == rows[target]:
            return stands[target]
        if (target, row) not in passes:
            passes[target, row] = here = Point(row, LANE, target, False)
            points.append(here)
            _join(here, pass_at(target, row + 1))
        return passes[target, row]

    for above, below in sorted(plan.arrows):
        _join(stands[above], pass_at(below, rows[above] + 1))
    return [[point for point in points if point.row == row] for row in range(max(rows.values()) + 1)]


def _join(above: Point, below: Point) -> None:
    above.below.append(below)
    below.above.append(above)


def _arrange(rows: list[list[Point]]) -> None:
    """Puts each row in an order with few crossings, then moves its points near what they are joined with."""
    for row in rows:
        _spread(row, [0.0] * len(row))
    best, order = None, [list(row) for row in rows]
    for turn in range(60):
        down = turn % 2 == 0
        for row in rows if down else rows[::-1]:
            row.sort(key=lambda point: _middle(point.above if down else point.below, point.x))
            _spread(row, [_middle(point.above if down else point.below, point.x) for point in row])
        crossings = _crossings(rows)
        if best is None or crossings < best:
            best, order = crossings, [list(row) for row in rows]
    for row, kept in zip(rows, order, strict=True):
        row[:] = kept
        _spread(row, [0.0] * len(row))
    for _ in range(SETTLING):
        for row in (*rows, *rows[::-1]):
            _spread(row, [_pulled(point) for point in row])


def _pulled(point: Point) -> float:
    """The mean place of what a point is joined with, and a little of the middle of the drawing, which is 0.

    Lines that pass rows pull more strongly: they become straight.
    """
    pulls = [(1 if point.is_room or end.is_room else 6, end.x) for end in (*point.above, *point.below)]
    return fsum(weight * x for weight, x in pulls) / fsum([INWARD, *(weight for weight, _ in pulls)])


def _middle(points: list[Point], otherwise: float) -> float:
    return fsum(point.x for point in points) / len(points) if points else otherwise


def _crossings(rows: list[list[Point]]) -> int:
    many = 0
    for upper, lower in pairwise(rows):
        place = {id(point): at for at, point in enumerate(lower)}
        ends = [place[id(end)] for point in upper for end in sorted(point.below, key=lambda one: place[id(one)])]
        many += sum(one > other for at, one in enumerate(ends) for other in ends[at + 1 :])
    return many


def _spread(row: list[Point], wanted: list[float]) -> None:
    """Moves the points of a row as near to where they want to be as their order and widths allow (least squares)."""
    offsets = [0.0]
    for left, right in pairwise(row):
        offsets.append(offsets[-1] + (left.width + right.width) / 2 + SIDE_GAP)
    blocks: list[tuple[float, int]] = []  # (sum of the places that its points want, number of points)
    for place, offset in zip(wanted, offsets, strict=False):
        total, many = place - offset, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / many:
            before, several = blocks.pop()
            total, many = total + before, many + several
        blocks.append((total, many))
    places = [total / many for total, many in blocks for _ in range(many)]
    for point, place, offset in zip(row, places, offsets, strict=False):
        point.x = place + offset


# ------------------------------------------------------------------ the picture

STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; fill: #1f2a37; }
  .storey { font-weight: 600; font-size: 15px; }
  .words { font-size: 11.5px; fill: #56657a; }
  .band { fill: #f1f4f8; }
  .room { fill: #ffffff; stroke: #8fa0b5; }
  .name { text-anchor: middle; }
  .way { fill: none; stroke: #8293a8; stroke-width: 1.2; }
  .wrong { fill: none; stroke: #c62828; stroke-width: 2; }
"""


def drawn(house: House) -> str:
    """The drawing, as SVG."""
    plan, words = Plan.of(house), storeys(house)
    row_of = _rows(plan, words)
    rows = _points(plan, row_of)
    _arrange(rows)
    left = min(point.x - point.width / 2 for row in rows for point in row)
    for point in (point for row in rows for point in row):
        point.x += MARGIN + LABELS - left
    width = max(point.x + point.width / 2 for row in rows for point in row) + 2 * MARGIN
    tops, bands, bottom = _heights(words, row_of)
    picture = Picture(rows, tops, bands, words, width)
    return picture.svg(plan, bottom)


def _heights(
    words: Mapping[str, str], rows: Mapping[Room, int]
) -> tuple[list[float], dict[str, tuple[float, float]], float]:
    """(top of each row, (top, bottom) of each storey's band, lower end)."""
    tops: list[float] = []
    bands: dict[str, tuple[float, float]] = {}
    y: float = MARGIN
    for storey in words:
        many = len({row for room, row in rows.items() if room[0] == storey})
        top = y
        y += BAND_TOP
        tops += [y + at * (BOX + ROW_GAP) for at in range(many)]
        lines = len(_wrapped(words[storey]))
        y = max(y + many * (BOX + ROW_GAP) - ROW_GAP + BAND_TOP, top + BAND_TOP + 26 + 15 * lines)
        bands[storey] = (top, y)
        y += BAND_GAP
    return tops, bands, y


@dataclass
class Picture:
    rows: list[list[Point]]
    tops: list[float]
    bands: Mapping[str, tuple[float, float]]
    words: Mapping[str, str]
    width: float

    def svg(self, plan: Plan, bottom: float) -> str:
        legend = bottom + 14
        size = f"{self.width:.0f} {legend + 14:.0f}"
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img" aria-labelledby="title">',
                '<title id="title">The storeys and rooms of the house, and which room imports which</title>',
                "<!-- Drawn by docs/house/drawing.py from the imports. Don't edit: run `make docs`. -->",
                f"<style>{STYLE}</style>",
                *(_head(name, colour) for name, colour in (("tip", "#8293a8"), ("red", "#c62828"))),
                '<rect width="100%" height="100%" fill="#ffffff"/>',
                *self._bands(),
                *self._ways(),
                *self._rooms(),
                *self._wrong(plan),
                f'<text class="words" x="{MARGIN}" y="{legend:.0f}">An arrow means: imports. Left out are '
                "arrows that a longer way says already. Red: against the order.</text>",
                "</svg>\n",
            ]
        )

    def _bands(self) -> list[str]:
        lines = []
        for storey, (top, bottom) in self.bands.items():
            lines.append(
                f'<rect class="band" x="{MARGIN / 2:.0f}" y="{top:.0f}" width="{self.width - MARGIN:.0f}" '
                f'height="{bottom - top:.0f}" rx="6"/>'
            )
            lines.append(f'<text class="storey" x="{MARGIN + 4}" y="{top + BAND_TOP + 13:.0f}">{storey}</text>')
            for at, line in enumerate(_wrapped(self.words[storey])):
                y = top + BAND_TOP + 30 + 15 * at
                lines.append(f'<text class="words" x="{MARGIN + 4}" y="{y:.0f}">{escape(line)}</text>')
        return lines

    def _rooms(self) -> list[str]:
        lines = []
        for point in (point for row in self.rows for point in row if point.is_room):
            top = self.tops[point.row]
            lines.append(
                f'<rect class="room" x="{point.x - point.width / 2:.1f}" y="{top:.1f}" width="{point.width:.1f}" '
                f'height="{BOX}" rx="4"/>'
                f'<text class="name" x="{point.x:.1f}" y="{top + 17:.1f}">{escape(point.target[1])}</text>'
            )
        return lines

    def _ways(self) -> list[str]:
        """Each arrow piece by piece, from row to row; the head where it comes to its room."""
        lines = []
        for point in (point for row in self.rows for point in row):
            for end in point.below:
                start, stop = self._lower_end(point), self.tops[end.row] - (4 if end.is_room else 0)
                bend = (stop - start) / 2
                through = "" if end.is_room else f" V{self.tops[end.row] + BOX:.1f}"
                head = ' marker-end="url(#tip)"' if end.is_room else ""
                lines.append(
                    f'<path class="way"{head} d="M{point.x:.1f} {start:.1f} C{point.x:.1f} {start + bend:.1f} '
                    f'{end.x:.1f} {stop - bend:.1f} {end.x:.1f} {stop:.1f}{through}"/>'
                )
        return lines

    def _lower_end(self, point: Point) -> float:
        return self.tops[point.row] + BOX

    def _wrong(self, plan: Plan) -> list[str]:
        at = {point.target: point for row in self.rows for point in row if point.is_room}
        lines = []
        for importer, imported in sorted(plan.wrong):
            start, stop = at[importer], at[imported]
            y, end = self.tops[start.row] + BOX / 2, self.tops[stop.row] + BOX / 2
            aside = max(start.x + start.width / 2, stop.x + stop.width / 2) + 60
            lines.append(
                f'<path class="wrong" marker-end="url(#red)" d="M{start.x + start.width / 2:.1f} {y:.1f} '
                f'C{aside:.1f} {y:.1f} {aside:.1f} {end:.1f} {stop.x + stop.width / 2 + 5:.1f} {end:.1f}"/>'
            )
        return lines


def _head(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="8" markerHeight="8" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="{colour}"/></marker>'
    )


def _wrapped(words: str, most: int = 26) -> list[str]:
    lines = [""]
    for word in words.split():
        if len(lines[-1]) + len(word) >= most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


if __name__ == "__main__":
    DRAWING.write_text(drawn(House(ROOT)), "utf-8")
