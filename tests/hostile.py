"""Names as an attacker's directory would spell them: the same ones at every run, as many as are asked for."""

import random
from collections.abc import Iterator
from typing import Final

from admin.mail_examples import Someone
from reviews.model import Recommendation, Risk

CONTROL: Final = tuple(chr(one) for one in (*range(32), *range(127, 160)))
BIDI: Final = tuple("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
INVISIBLE: Final = (
    *"\u00ad\u034f\u115f\u1160\u180e\u200b\u200c\u200d\u2028\u2029\u2060\u2063\u2800\u3164\ufeff\uffa0\ufff9",
    *("\U000e0001", "\U000e0041", "\ud800", "\udfff", "\ue000", "\ufdd0", "\U0010ffff"),
)
URL_LIKE: Final = (
    *(
        "http://evil.example/win",
        "HTTPS://EVIL.EXAMPLE",
        "evil.example",
        "www.evil.example",
        "//evil.example",
    ),
    *("evil\u3002example", "evil\uff0eexample", "e\u200bvil.exam\u200bple", "evil.example/a?b=c#d"),
    *("mailto:all@evil.example", "someone@evil.example", "javascript:alert(1)", "data:text/html,<b>evil</b>"),
    *("\\\\evil\\share", "file:///evil", "xn--vil-6la.example", "http://203.0.113.9/", "tel:+31600000000"),
)
MARKUP: Final = (
    *(
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' onmouseover='alert(1)",
        "<b>",
        "</p>",
    ),
    *("</title><style>*{display:none}</style>", "<!-- ", "--><svg/onload=alert(1)>", "]]>", "<![CDATA["),
    *(
        "</textarea><input name=c.x value=keep checked>",
        "</table></td></tr>",
        "<a href='http://evil.example'>",
    ),
    *(
        "&lt;script&gt;",
        "&#60;img&#62;",
        "&#x3c;b&#x3e;",
        "&nbsp",
        "<\x00script>",
        "<scr\u200bipt>",
        "`${7*7}`",
    ),
    *("{{ 7*7 }}", "{% raw %}", "{{ cycler.__init__.__globals__ }}", "{0.__class__}", "%(name)s%n", "{name}"),
    *("<base href=//evil.example>", "<meta http-equiv=refresh content=0>", "<form action=//evil.example>"),
)
HEADERS: Final = (
    *("\r\nBcc: all@evil.example", "\nSubject: You won", "\r\n\r\nAnother body", "\x0b\x0cX-Evil: 1"),
    *("=?utf-8?q?=0D=0ABcc:_all=40evil?=", "\u2028X-Evil: 1", "\x85X-Evil: 1"),
)
FORMULAS: Final = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "=HYPERLINK(1)", "|cmd")
TERMINAL: Final = (
    *("\x1b[31mred", "\x9b31mred", "\x1b]8;;http://evil.example\x07here\x1b]8;;\x07", "\x1b]0;title\x07"),
    *("[red]red[/red]", "[link=http://evil.example]here[/link]", "[/]", "[bold", "\x08\x08\x08", "\x1bc"),
)
ORDINARY: Final = (
    "Sam",
    "Visser",
    "Jörg",
    "Aïsha",
    "דנה",
    "東京",
    "O\u2019Neil",
    "😀",
    "e\u0301",
    " ",
    "a" * 70,
)
KINDS: Final[tuple[tuple[str, ...], ...]] = (
    CONTROL,
    BIDI,
    INVISIBLE,
    URL_LIKE,
    MARKUP,
    HEADERS,
    FORMULAS,
    TERMINAL,
    ORDINARY,
    ORDINARY,
)
LARGEST: Final = 20_000
ADDRESSES: Final = (
    *(
        "<script>@partner.example",
        "a@partner.example\r\nBcc: all@evil.example",
        "a@b@partner.example",
        "@",
        "",
    ),
    *("'onload='x@partner.example", "\u202eg@partner.example", "g@partner.example\u2028", "g@-evil-.example"),
)
ABOUT_ONE_IN: Final = 100


def names(count: int, seed: int = 5) -> Iterator[str]:
    """Yield so many names; about one in a hundred is 20,000 characters long."""
    dice = random.Random(seed)
    for _ in range(count):
        parts = [_part(dice) for _ in range(dice.randint(1, 5))]
        name = dice.choice(("", "", " ", "\n", ".")).join(parts)
        yield (name * LARGEST)[:LARGEST] if dice.randrange(ABOUT_ONE_IN) == 0 else name


def _part(dice: random.Random) -> str:
    if dice.randrange(8) == 0:
        return "".join(chr(dice.randrange(0x110000)) for _ in range(dice.randint(1, 6)))
    kind: tuple[str, ...] = dice.choice(KINDS)
    return dice.choice(kind)


def people(count: int, seed: int = 5) -> list[Someone]:
    """Return so many guests who chose name, company and address; every second address is a plain one."""
    dice = random.Random(seed + 1)
    companies = names(count, seed + 2)
    return [
        Someone(
            name,
            f"g{number}@partner.example" if number % 2 else dice.choice(ADDRESSES),
            next(companies),
            Recommendation.REMOVE,
            _risk(number),
        )
        for number, name in enumerate(names(count, seed))
    ]


def harmless(count: int) -> list[Someone]:
    """Return so many guests of whom nothing is amiss, and who are like the others in all else."""
    return [
        Someone("Sam Visser", f"g{number}@partner.example", "Fabrikam", Recommendation.REMOVE, _risk(number))
        for number in range(count)
    ]


def _risk(number: int) -> Risk | None:
    return Risk.HIGH if number % 3 == 0 else None
