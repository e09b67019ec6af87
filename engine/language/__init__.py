"""The languages in which designers write: expressions, decisions, forms. Knows nothing of permits.

feel       the expression language
decisions  DMN over it
forms      a submission checked against its form
"""
