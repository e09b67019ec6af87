"""The languages in which designers write: expressions, decisions, forms, templates. Knows nothing of permits.

feel       the expression language
decisions  DMN over it
forms      a submission checked against its form
templates  letters and notices, and the fields that they read
"""
