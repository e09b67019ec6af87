"""The views: answers for pages, command line and exports. They change nothing, and hold no word of a page.

A reader is a function over a `Sight`, one look by one person; it gives frozen values with codes, and raises NotFound
for what isn't the person's to see.

    sight.py         who looks, when, at which hall; the person's roles, and the cases that they may see
    menu.py          the pages that a person may open, and what waits
    worklist.py, task_card.py, task.py       tasks: the list, a row of it, the page
    cases.py, case.py, projects.py           cases: the list, the page, those of a project
    matters.py, materials.py, history.py     parts of these pages; application.py, progress.py, days.py, shown.py
    moves.py, sending_back.py, versions.py   moves by hand and migrations, before they are made
    chains.py, guide.py                      what may be started, what is published of each item
    incidents.py, outbox.py, calendar.py     administration; personal.py
    seen.py                                  the filter for the cases that a person may see
    replay.py, export.py, speed.py           JSON for the command line: frames, histories, figures
"""
