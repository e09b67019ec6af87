"""Tools of every room: errors, canonical bytes, identifiers, JSON texts as frozen values. Pure.

errors     the error tree
canonical  bytes that are hashed
terms      identifiers and their check digits
spelling   one spelling, NFC, for texts and names
shapes     JSON texts as frozen values
"""
