"""Chains as immutable values: models and folders read, and every finding about them.

Only this room and `language.decisions` know lxml. It runs nothing: tokens are the runtime's, acts the case's.

    model.py     processes, elements, flows, findings: the values that other rooms see
    dialect.py   which elements, extensions and functions a model may have, as tables
    xml.py       hardened XML
    reader.py    BPMN files as values
    files.py     files on disk, looked up by the ids inside
    draft.py     a chain with all that it refers to, before it is a version
    data/        which facts may exist, of which shape, and what sets them
    rules/       what `licet chain check` looks for, in one table
    version.py   the immutable version, from bytes alone
    ways.py      what may come after what
    space.py     the markings that each body can have
    measures.py  how much a version asks of an applicant, in figures
    differences.py  what differs between two versions, in words
    reading.py   `read` and `check`
    importing/   models of other tools, mended
"""

from engine.model.chain.files import INSTALLED
from engine.model.chain.importing import Imported, import_model
from engine.model.chain.model import INTAKE, Finding, Process
from engine.model.chain.reader import read_bpmn
from engine.model.chain.reading import ChainReading, check, read
from engine.model.chain.space import space
from engine.model.chain.version import TEMPLATES, ChainVersion, load

__all__ = [
    "INSTALLED",
    "INTAKE",
    "TEMPLATES",
    "ChainReading",
    "ChainVersion",
    "Finding",
    "Imported",
    "Process",
    "check",
    "import_model",
    "load",
    "read",
    "read_bpmn",
    "space",
]
