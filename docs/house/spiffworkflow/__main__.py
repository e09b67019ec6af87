"""Shows what of SpiffWorkflow carries a run, and what of it the runtime corrects. Prints plain tables.

    python -m docs.house.spiffworkflow kinds|ran|nothing

kinds    for each kind of element, and whatever else builds on SpiffWorkflow: the class of ours, the stock classes, the
         methods overridden, and the row of docs/spiffworkflow.md that says why; then how many have no row
ran      the functions of SpiffWorkflow that run while the main scenario of business start-up is played, and while
         those of all running constructs are; told apart are those that run when the model is read
nothing  those functions again: which runtime test notices when the function does nothing, or else "ceremony"
"""

from __future__ import annotations

import argparse

from docs.house.spiffworkflow import kinds, nothing, ran

COMMANDS = {"kinds": kinds.report, "ran": ran.report, "nothing": nothing.report}


def main() -> None:
    parser = argparse.ArgumentParser(prog="spiffworkflow", description=str(__doc__).partition("\n")[0])
    parser.add_argument("command", choices=COMMANDS)
    COMMANDS[parser.parse_args().command]()


if __name__ == "__main__":
    main()
