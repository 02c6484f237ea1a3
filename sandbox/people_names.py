"""Names for the made-up people of the sandbox: many cultures, many scripts, nobody real.

The lists are in people_names.toml beside this file.
"""

import tomllib
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from math import gcd
from pathlib import Path
from typing import Any, Final, NamedTuple


class Name(NamedTuple):
    """What a person is called, and how an address spells it (lower-case ASCII)."""

    shown: str
    spelt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Culture:
    """Given names and surnames that go together."""

    language: str | None
    country: str
    given: tuple[tuple[str, str], ...]
    surnames: tuple[tuple[str, str], ...]
    surname_first: bool = False


_SOURCE: Final = Path(__file__).with_suffix(".toml")
_LETTERS: Final = "łø\u0131ßđæ' "  # the third is the Turkish dotless i
_SPELT: Final = ("l", "o", "i", "ss", "d", "ae", "", "")
_PLAIN: Final = str.maketrans(dict(zip(_LETTERS, _SPELT, strict=True)))


def spell(text: str) -> str:
    """Spell a Latin-script name in lower-case ASCII letters, as an address would."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_PLAIN))
    return "".join(letter for letter in plain if letter.isascii() and (letter.isalnum() or letter == "-"))


def _names(text: str) -> tuple[tuple[str, str], ...]:
    names = []
    for entry in text.split(","):
        shown, _, spelt = " ".join(entry.split()).partition("/")
        names.append((shown, spelt or spell(shown)))
    return tuple(names)


def _cultures(tables: list[dict[str, Any]]) -> tuple[Culture, ...]:
    return tuple(
        Culture(
            language=table.get("language"),
            country=table["country"],
            given=_names(table["given"]),
            surnames=_names(table["surnames"]),
            surname_first=table.get("surname_first", False),
        )
        for table in tables
    )


_LISTS: Final = tomllib.loads(_SOURCE.read_text(encoding="utf-8"))
CULTURES: Final = _cultures(_LISTS["culture"])
FIRM_WORDS: Final = (tuple(_LISTS["firms"]["first"].split()), tuple(_LISTS["firms"]["second"].split()))
"""First and second halves of the names of small firms."""
TEAM_WORDS: Final = tuple(tuple(_LISTS["teams"][part].split()) for part in ("codes", "topics", "places"))
"""What people call their teams after: code words, topics, places."""
_PAIRS: Final = tuple(len(culture.given) * len(culture.surnames) for culture in CULTURES)
_STARTS: Final = (0, *accumulate(_PAIRS))
PAIRS: Final = _STARTS[-1]
"""How many full names there are; from that many people on, names repeat and addresses get a number."""


def _coprime(wish: int) -> int:
    while gcd(wish, PAIRS) != 1:
        wish += 1
    return wish


_STRIDE: Final = _coprime(int(PAIRS * 0.618))


def _all_pairs() -> tuple[Name, ...]:
    pairs = []
    for culture in CULTURES:
        for given, spelt_given in culture.given:
            for surname, spelt_surname in culture.surnames:
                order = (surname, given) if culture.surname_first else (given, surname)
                shown = ("" if culture.surname_first else " ").join(order).strip()
                pairs.append(Name(shown, f"{spelt_given}.{spelt_surname}".strip(".")))
    return tuple(pairs)


_NAMES: Final = _all_pairs()


def name_of(n: int, start: int) -> tuple[Name, Culture]:
    """Return the n-th name and its culture, in an order shuffled by ``start``.

    No two n share an address: the first ``PAIRS`` names all differ, later rounds carry their number.
    """
    turn, place = divmod(n, PAIRS)
    flat = (place * _STRIDE + start) % PAIRS
    name = _NAMES[flat]
    if turn:
        name = Name(name.shown, f"{name.spelt}{turn + 1}")
    return name, CULTURES[bisect_right(_STARTS, flat) - 1]


HOSTILE: Final = (
    "<script>alert('guest')</script>",
    '<img src=x onerror="alert(1)">',
    "</td></tr></table><h1>Click here",
    "Ada \u202egnp.eciovni\u202c Lovelace",
    "\u2066Bidi\u2069 \u200fReversed",
    "https://evil.example/approve?all=1",
    "www.evil.example",
    "Robert'); DROP TABLE guests;--",
    "{{ 7 * 7 }} ${7*7} <%= 7 %>",
    '=HYPERLINK("https://evil.example","Pay")',
    "Line\r\nBcc: everyone@evil.example",
    "Null\u0000Byte \u0007Bell",
    "Zero\u200bWidth\u200dJoiner",
    "e\u0301" + "\u0302\u0303\u0304" * 20,
    "👩🏽\u200d💻 Émoji 🏳️\u200d🌈",
    "\u00a0\u2003",
    "W" * 300,
    "word " * 60,
)
"""Display names that try to break a mail, a page, a log, a table cell or a spreadsheet."""
