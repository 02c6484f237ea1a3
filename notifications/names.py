"""Makes text that guests choose themselves harmless to look at: names, companies, addresses.

A guest's home tenant decides what stands in these fields. Source: OWASP ASVS 5.0 item 1.3.11 (mail
injection) and Unicode TR 36 (bidirectional and invisible characters).
"""

import re
import unicodedata

from notifications.mojibake import is_broken, mended

LONGEST = 64
"""Characters of a name that are shown; the rest becomes an ellipsis."""
LONGEST_ADDRESS = 254
"""The longest mail address there can be (RFC 5321)."""
_LONGEST_PARAGRAPH = 600

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_INKLESS = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
"""Letters and marks of which nothing is seen: Hangul fillers, the empty Braille cell, the grapheme joiner."""
_SPACES = frozenset({"Zs", "Zl", "Zp"})
_MOST_MARKS = 3
_URL_LIKE = re.compile(
    r"://|\bwww\.|[\w-]{2,}[.\u3002\uff0e\uff61][^\W\d_]{2,}|[\\/]{2}|\bxn--", re.IGNORECASE
)
_NOT_IN_AN_ADDRESS = re.compile(r"[\s<>\"'():;,\\/]|\bwww\.", re.IGNORECASE)
_DOMAIN = re.compile(r"(?=.{1,100}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")


def clean(text: str, longest: int = LONGEST) -> str:
    """Return text mended, on one line, without invisible characters, at most ``longest`` characters long.

    Control, bidirectional, zero-width, blank, private and unassigned characters go; white space of any kind
    becomes one space; piles of combining marks are cut to three.
    """
    shown: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", mended(text[: longest * 16])):
        category = unicodedata.category(character)
        if category in _SPACES or character in "\t\n\v\f\r\x85":
            shown.append(" ")
        elif category in _INVISIBLE or character in _INKLESS:
            continue
        elif category.startswith("M"):
            marks += 1
            if marks > _MOST_MARKS:
                continue
            shown.append(character)
            continue
        else:
            shown.append(character)
        marks = 0
    line = " ".join("".join(shown).split())
    if mended(line) != line:
        # What was invisible had kept two halves of a misread letter apart.
        return clean(line, longest)
    return line if len(line) <= longest else _cut(line, longest)


def _cut(line: str, longest: int) -> str:
    kept = line[: longest - 1].rstrip()
    # An ellipsis is also half of some misread letters: it must not complete one.
    while mended(f"{kept}\u2026") != f"{kept}\u2026":
        kept = kept[:-1].rstrip()
    return f"{kept}\u2026"


def readable(name: str, mail: str | None) -> str | None:
    """Return a guest's name fit to be shown, or None when it is empty, garbled, or looks like a web address.

    Mail programs turn anything like ``evil.example`` into a link. A name that only repeats the guest's own
    address, as invitations without a name get, is shown with spaces for dots.
    """
    shown = clean(name)
    local = clean(mail.partition("@")[0]) if mail else ""
    if local and shown.casefold() in {local.casefold(), clean(mail or "").casefold()}:
        shown = " ".join(re.split(r"[._+]+", local)).strip()
    if not shown or "@" in shown or _URL_LIKE.search(shown) or is_broken(shown):
        return None
    return shown


def tame(name: str) -> str | None:
    """Return the name of a thing of the tenant, blanks put where it looks like an address; None when garbled.

    Colleagues name teams and apps, so a name like ``HR.Team`` is meant well and stays recognisable.
    """
    shown = clean(name)
    if "@" in shown or _URL_LIKE.search(shown):
        shown = " ".join(re.sub(r"[@:/\\.\u3002\uff0e\uff61]+", " ", shown).split())
    return None if not shown or is_broken(shown) else shown


def paragraphs(text: str) -> tuple[str, ...]:
    """Return the paragraphs of a text, each on one line and without invisible characters."""
    found = (clean(part, _LONGEST_PARAGRAPH) for part in re.split(r"\n\s*\n", text))
    return tuple(part for part in found if part)


def domain(mail: str | None) -> str | None:
    """Return the domain of an address when it is a plain one, else None."""
    if mail is None or mail.count("@") != 1 or clean(mail, LONGEST_ADDRESS) != mail:
        return None
    found = mail.rpartition("@")[2].lower()
    return found if _DOMAIN.fullmatch(found) else None


def address(mail: str | None) -> str | None:
    """Return an address fit to be shown, or None when there is none or it is no plain address."""
    if mail is None:
        return None
    shown = clean(mail, LONGEST_ADDRESS)
    plain = shown == mail and shown.count("@") == 1 and domain(shown) is not None
    return shown if plain and not _NOT_IN_AN_ADDRESS.search(shown) else None
