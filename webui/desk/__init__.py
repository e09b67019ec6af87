"""The clerks' pages: worklist, task, case, intake, moves by hand. Imports the frame, no other room of pages."""
