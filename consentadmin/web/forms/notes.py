"""Whether a note seems to name somebody: notes are kept, and need no address or number. Pure.

It is a hint, never a refusal: what looks like a telephone number may be an order's.
"""

import re

ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.\w+")
DAY, MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
DATE = re.compile(
    r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?"
    rf"|\b{DAY}[./]{MONTH}[./](?:\d{{4}}|\d{{2}})\b"
)
TELEPHONE = re.compile(r"(?<![\w-])(?:\+|00)?\(?\d(?:[ ./()-]{0,2}\d){8,14}(?![\w-])")
# "75011 Paris", "SW1A 1AA", "1012 AB": five digits alone may be any number.
POSTCODE = re.compile(
    r"\b\d{5}\s+[A-ZÀ-Ý][\w'-]+|\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b|\b\d{4}\s?[A-Z]{2}\b"
)


def names_somebody(note: str) -> bool:
    """Return whether a note holds what looks like an e-mail address, a telephone or a postcode."""
    if ADDRESS.search(note):
        return True
    rest = DATE.sub(" – ", note)
    return bool(TELEPHONE.search(rest) or POSTCODE.search(rest))
