"""The store: the journal, the state of the cases, and the tables that list them, in SQLite or PostgreSQL.

The only room that knows SQLAlchemy and Alembic. It writes the rows that it is given, and knows neither the meaning of a
command nor the time. Its arguments and results are the rows of `engine.hall.store.rows`.

    with store.transaction() as tx:
        case = tx.case("2026-000001")
        tx.write(Write(case=…, entry=…, facts=[…], tasks_dropped=[12]))
    with store.reading() as reading:
        reading.worklist([Grant("role:window", "hall")])
"""

from engine.hall.store.reading import Reading
from engine.hall.store.rows import (
    NEVER,
    CaseRow,
    ChainRow,
    ClaimRow,
    DeadlineRow,
    EntryRow,
    FactRow,
    Grant,
    IncidentRow,
    ListedCase,
    MaterialRow,
    MessageRow,
    PersonalRow,
    ReportedIncident,
    Sees,
    ShelfRow,
    SubscriptionRow,
    TaskRow,
    Waiting,
    Write,
    instant,
)
from engine.hall.store.session import Transaction
from engine.hall.store.store import Store

__all__ = [
    "NEVER",
    "CaseRow",
    "ChainRow",
    "ClaimRow",
    "DeadlineRow",
    "EntryRow",
    "FactRow",
    "Grant",
    "IncidentRow",
    "ListedCase",
    "MaterialRow",
    "MessageRow",
    "PersonalRow",
    "Reading",
    "ReportedIncident",
    "Sees",
    "ShelfRow",
    "Store",
    "SubscriptionRow",
    "TaskRow",
    "Transaction",
    "Waiting",
    "Write",
    "instant",
]
