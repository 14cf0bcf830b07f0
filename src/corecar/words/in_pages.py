"""What verbs say, without the commands that a page has no place to type in.

A verb's sentence may end in what to do next on the command line: `No plan was made yet. Make one with: corecar plan`.
On a page, or in a mail, the clause with the command is left out; `place_of` says where in the pages that step is taken.
"""

from __future__ import annotations

import re

from corecar.words.sentences import Sentences

COMMAND = re.compile(r"(?<!by )(?<!by `)\bcorecar (?=[a-z])|(?<![\w-])--(?=[a-z])")
"""How a command begins, or an option of one; a file that was `repaired by corecar repair` asks for none."""
VERB = re.compile(r"\bcorecar (?P<words>[a-z]+(?: [a-z]+)?)")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\S])")
"""Between two sentences."""
BRACKETS = re.compile(r" ?\((?:[^()]*?)(?:corecar |--)[a-z][^()]*\)")
CLAUSE = re.compile(r"(; |: |, or |, but )")
DANGLES = re.compile(r"(?:\b(?:with|by|as|see|for|from|are|in|to|one of them|how far it is|see which|make one))$", re.I)
"""How a clause ends that says nothing without the command behind it."""
REWORDED = Sentences(
    {
        "{head}; --need ID --explain says why": "{head}; choose one in the table to see why",
        "the nearest misses; --explain tells them all": "the nearest misses",
        "A reason is read off the plan; {command} measures it":
            "A reason is read off the plan; Explain on the page Plan measures it",
        "Another person approves with: {command}": "Another person approves it",
        "approved, but not with the tester: {command}": "approved, but not with the tester",
        "There are more than {limit:number}: ask for a state or a product, or raise --limit":
            "There are more than {limit}",
        "{rows:number} more row(s): raise --limit": "{rows} more rows are not shown",
        "{rows:number} more test(s): raise --limit": "{rows} more tests are not shown",
        "{measured} as measured; the rest is assumed: corecar measured": "{measured} as measured; the rest is assumed",
    },
    str, joint=" ", stop=".",
)  # fmt: skip
"""Sentences that a page says in other words, as patterns."""
PLACES = {
    "/lots": ("ingest", "lot", "lots", "grade", "hold", "release", "ship", "quarantine", "scrap", "override", "share",
              "correct", "retry", "info", "tests"),
    "/plan": ("plan", "impact", "losses"),
    "/chain": ("chain",),
    "/match": ("match", "meeting"),
    "/agreements": ("agree",),
    "/expand": ("expand",),
    "/stress": ("stress", "concentration", "indicators"),
    "/qualify": ("qualify",),
    "/recipes": ("limits", "recipe", "whatif", "static"),
    "/quality": ("action", "gauge", "trend", "pareto", "assess", "measured", "drifts", "bias"),
    "/trace": ("trace",),
    "/jobs": ("jobs",),
    "/admin": ("people", "parties", "tokens", "mail", "alerts", "reports", "audit"),
    "/": ("todo",),
}  # fmt: skip
"""Where in the pages the first word of a command is at home."""
_AT = {word: address for address, words in PLACES.items() for word in words}


def in_pages(text: str) -> str:
    """A text of a verb without commands; as it is where it names none. Empty where it was nothing but a command.

    >>> in_pages("No plan was made yet. Make one with: corecar plan")
    'No plan was made yet.'
    >>> in_pages('proposed; another looks at it (corecar limits show 3) and approves: corecar limits approve 3')
    'proposed; another looks at it and approves'
    """
    if not COMMAND.search(text):
        return text
    text = BRACKETS.sub("", REWORDED.told(text))
    kept = [_without(part) for part in SENTENCE.split(text)] if COMMAND.search(text) else [text]
    told = " ".join(part for part in kept if part)
    if told or VERB.search(text):
        return told
    return text.replace("--", "").replace("`", "")


def place_of(text: str) -> str:
    """The address of the page on which the first command that a text names is done; empty where there is none."""
    found = VERB.search(text)
    return "" if found is None else _AT.get(found["words"].split()[0], "")


def _without(sentence: str) -> str:
    """A sentence up to its command: whole clauses that say something by themselves."""
    if not COMMAND.search(sentence):
        return sentence
    pieces = CLAUSE.split(sentence)
    said = ""
    for place in range(0, len(pieces), 2):
        if COMMAND.search(pieces[place]):
            break
        said += (pieces[place - 1] if place else "") + pieces[place]
    else:
        return sentence
    while said and DANGLES.search(said):
        *before, _, _last = CLAUSE.split(said) if CLAUSE.search(said) else ("", "", said)
        said = "".join(before)
    said = said.strip()
    return said + "." if said and sentence.endswith(".") and not said.endswith(".") else said
