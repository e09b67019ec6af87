"""A process that works until it is killed: gives a fixed list of commands, and prints the receipt of each.

`python -m tests.acceptance.working_process URL COUNT [FROM]`; run by `test_kill`.
"""

from __future__ import annotations

import json
import sys

from engine.case.records import Command, CompleteTask, DeliverMessage, SetFact, read_command
from engine.hall.door import Engine
from engine.hall.store import Store
from engine.reading.scenarios import VirtualClock
from tests.samples import halls

CASES = 4


def commands(count: int) -> list[Command]:
    """Yield commands that start some cases, then work on them in turn: facts, materials, messages, a task and what
    follows.
    """
    start = {"chain": halls.BUSINESS_STARTUP, "applicant": {"name": "示范申请人甲"}}
    found = [read_command("StartCase", "window1", None, start, f"start-{place}") for place in range(CASES)]
    for number in range(count - CASES):
        case, key = f"2026-{number % CASES + 1:06d}", f"command-{number}"
        file = {"file": f"sha256:{number:064d}", "name": "申请书.pdf", "size": number, "media_type": "application/pdf"}
        company = {**halls.APPLICATION, "company_name": f"云岭示范科技{number % CASES}号有限公司"}
        kinds = (
            read_command("SupplyMaterial", "window1", case, {"material": "application", **file}, key),
            Command("admin", case, SetFact(name="note", value=[number], reason="更正"), key),
            Command("window1", case, DeliverMessage(name="unheard", variables={"number": number}), key),
        )
        intake = Command("window1", case, CompleteTask(task=2, variables=company), key)
        found.append(intake if CASES <= number < 2 * CASES else kinds[number // CASES % 3])
    return found[:count]


def main(url: str, count: int, first: int = 0) -> None:
    store = Store.open(url)
    store.ready(writing=True)
    engine = Engine(store, VirtualClock(halls.MONDAY))
    print("ready", flush=True)
    for place, command in enumerate(commands(count)[first:], first):
        receipt = engine.execute(command)
        print(json.dumps([place, receipt.case, receipt.sequence, receipt.hash]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
