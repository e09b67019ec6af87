"""The published catalogue 事项清单: the items, what they ask for, how long they take, what they give.

Pure: bytes in, frozen values out. Knows no case and no calendar: how a limit is counted is for `workdays` to say.
Reading refuses a wrong shape. Whatever else is wrong in a well-formed catalogue is a `CatalogueProblem`, so that a
designer sees all of it at once.

    items.py    the values, and the shape of a file
    rules.py    the rules that it must keep
    reading.py  a catalogue from one file or several
"""

from engine.law.catalogue.items import (
    CatalogueFile,
    CatalogueProblem,
    Item,
    Limits,
    Material,
    Need,
    PublishedLimit,
)
from engine.law.catalogue.reading import Catalogue, assembled, parsed, read

__all__ = [
    "Catalogue",
    "CatalogueFile",
    "CatalogueProblem",
    "Item",
    "Limits",
    "Material",
    "Need",
    "PublishedLimit",
    "assembled",
    "parsed",
    "read",
]
