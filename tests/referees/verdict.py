"""What a referee says: a line for each check, and at its end whether all hold.

A referee is called with the address of the practice system that it drives: `python awx_story.py
http://127.0.0.1:PORT`. It ends with 0 where all hold.
"""

import sys

base = sys.argv[1].rstrip("/")
bad = 0


def check(what, holds, seen=None):
    """Says whether something holds; `seen` is what was seen instead."""
    global bad
    if not holds:
        bad += 1
    print(f"{'holds' if holds else 'FAILS'}: {what}" + ("" if holds else f": {seen!r}"), flush=True)


def refusal(call, kind=Exception):
    """The error of this kind with which a call is refused; `None` where it went well."""
    try:
        call()
    except kind as error:
        return error
    return None


def end():
    """The last line."""
    print("all hold" if bad == 0 else f"{bad} do not hold")
    sys.exit(1 if bad else 0)
