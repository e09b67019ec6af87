"""What people see of the cases. Nothing in the engine imports this storey.

views      what pages, command line and exports read
scenarios  a chain rehearsed under virtual time
"""
