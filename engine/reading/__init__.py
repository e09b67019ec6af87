"""The views of the cases that people see. Nothing in the engine imports this storey.

views      what pages, command line and exports read
scenarios  a chain rehearsed under virtual time
"""
