"""Tools of every room: errors, canonical bytes, identifiers, JSON texts as frozen values. Pure.

errors     the error tree
canonical  bytes that are hashed, and one spelling for texts
terms      identifiers and their check digits
shapes     JSON texts as frozen values
"""
