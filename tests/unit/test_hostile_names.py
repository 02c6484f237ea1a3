"""Ten thousand names that mean harm pass through every output; real parsers find nothing of theirs."""

import io
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from email import message_from_bytes, policy
from random import Random
from typing import Final

import html5lib
import pytest
from rich.console import Console

from adapters.telemetry import EventFirst
from admin.explained import _safe
from admin.mail_examples import ORDINARY, Someone, a_card
from admin.mailing import as_message, letters
from notifications import names
from notifications.pages import WayBack, answer_page, undo_page
from reviews.evidence import canonical, parse
from reviews.model import Card, Risk
from reviews.ports import Letter
from reviews.records import MailKind
from tests.builders import NOW, guid
from tests.letters import batch, setting
from tests.reviewers import OURS, Site, signed_in

SAMPLE: Final = 150
ALL: Final = 10_000
CROWD: Final = 50
"""Guests in one mail or on one page."""

CONTROLS: Final = tuple(map(chr, (*range(32), 0x7F, *range(0x80, 0xA0), 0x2028, 0x2029)))
BIDI: Final = tuple(map(chr, (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))))
UNSEEN: Final = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u180e", "\U000e0041", "\ue000")
ADDRESSES: Final = (
    "http://evil.example/win", "HTTPS://EVIL.EXAMPLE", "javascript:alert(1)//", "www.evil.example",
    "evil\u3002example", "xn--80ak6aa92e.example", "//evil.example", "\\\\evil\\share", "a@evil.example",
    "data:text/html,x", "mailto:a@evil.example", "evil.example",
)  # fmt: skip
MARKUP: Final = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onfocus=alert(1) x='", "<!--", "-->",
    "]]>", "<svg/onload=alert(1)>", "</title><b>", "</style><i>", "</textarea><form action=//evil>",
    "<a href='javascript:x'>", "&lt;b&gt;", "&#60;u&#62;", "<base href=//evil>", "<?php", "{{ 7*7 }}",
    "{% include '/etc/passwd' %}", "{x}", "%s%n", "${7*7}", "[link](http://evil)", "[bold red]x[/]",
)  # fmt: skip
CELLS: Final = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=cmd|" /C calc"!A0', '",=1')
HEADERS: Final = ("\r\nBcc: all@evil.example", "\nX-Evil: 1\n\n<b>", "\r\n.\r\n", "\x85X-Evil: 1")
PLAIN: Final = ("Sam", "Visser", "דנה", "東京", "Zoe\u0301", "O'Neil", " ", "JÃ¶rg", "A")
KINDS: Final = (CONTROLS, BIDI, UNSEEN, ADDRESSES, MARKUP, CELLS, HEADERS, PLAIN)


def hostile(count: int) -> Iterator[str]:
    """Yield names: two to six pieces of any kinds, some of them as long as a directory would ever send."""
    draw = Random(20)
    for number in range(count):
        pieces = [draw.choice(draw.choice(KINDS)) for _ in range(draw.randrange(2, 7))]
        name = "".join(pieces)
        yield name * (20_000 // len(name)) if number % 40 == 0 else name


def crowds(count: int) -> Iterator[tuple[Someone, ...]]:
    """Yield crowds of guests; each has the name for a company, and some have it in their address too."""
    every = list(hostile(count))
    for start in range(0, count, CROWD):
        yield tuple(
            Someone(
                name,
                f"{name[:40]}@b.example" if number % 3 else "sam@b.example",
                name[::-1],
                ORDINARY[number % len(ORDINARY)].suggestion,
                (None, Risk.LOW, Risk.HIGH)[number % 3],
            )
            for number, name in enumerate(every[start : start + CROWD])
        )


Shape = tuple[str, tuple[str, ...]]
ROOM: Final = re.compile(r"https://(guests\.contoso\.example/[ru]/|myaccess\.microsoft\.com)|[#/][\w./?=-]*$")


def shapes(html: str) -> set[Shape]:
    """Return each kind of element with its attributes' names, after a look at its text and links."""
    found, tree = set(), html5lib.parse(html, namespaceHTMLElements=False)
    visible("".join(tree.itertext()))
    for one in tree.iter():
        for name in ("href", "action", "src"):
            assert ROOM.match(one.attrib.get(name, "/")), one.attrib[name]
        found.add((str(one.tag), tuple(sorted(map(str, one.attrib)))))
    return found


def visible(text: str) -> None:
    """Refuse text with a character that hides, turns or breaks a line."""
    bad = {one for one in text if unicodedata.category(one) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}}
    assert bad <= {"\n"}, bad


def cards_of(crowd: Sequence[Someone]) -> tuple[Card, ...]:
    return tuple(a_card(number, NOW, crowd) for number in range(1, len(crowd) + 1))


def pages_about(crowd: Sequence[Someone]) -> Iterator[str]:
    """Yield the page that asks about a crowd, and the way back of its first guest."""
    cards, whole = cards_of(crowd), batch(len(crowd))
    yield answer_page(whole, cards, {}, setting(), style_nonce="once")
    yield undo_page(whole, cards[0], WayBack.OPEN, setting(), style_nonce="once")


# --- mails and pages -------------------------------------------------------------------------------


def ordinary(count: int) -> tuple[Someone, ...]:
    """Return a crowd like a hostile one, with names of letters; one has none that could be shown."""
    (first, *_) = crowds(count)
    shown = ("Sam Visser", "Sam Visser", "")
    return tuple(
        Someone(
            shown[number % 3],
            one.mail if number % 3 == 2 else "sam@b.example",
            "Fabrikam",
            one.suggestion,
            one.risk,
        )
        for number, one in enumerate(first)
    )


def known_shapes() -> tuple[set[Shape], dict[MailKind, set[Shape]], dict[MailKind, str]]:
    """Return the elements that pages and mails are made of, and the subjects, with harmless names."""
    crowd = ordinary(CROWD)
    pages = set().union(*(shapes(one) for one in pages_about(crowd)))
    mails = list(letters(setting(), CROWD, crowd))
    return pages, {kind: shapes(one.html) for kind, one in mails}, {kind: one.subject for kind, one in mails}


def check_mail(made: Letter, kind: MailKind, known: set[Shape], subject: str) -> None:
    """Refuse a mail that is more, in any of its parts, than its template."""
    assert shapes(made.html) <= known, kind
    message = message_from_bytes(as_message(made, "gatehouse@contoso.example"), policy=policy.default)
    assert not message.defects
    assert set(message.keys()) == {"From", "To", "Subject", "MIME-Version", "Content-Type"}
    assert (message["To"], message["Subject"].strip()) == ("sara@contoso.example", subject)
    text, html = message.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    visible(text.get_content().replace("\r", ""))
    assert html.get_content().replace("\r\n", "\n").rstrip() == made.html.rstrip(), "it is what was looked at"
    for where in re.findall(r"(?i)\b(?:https?://|www\.|mailto:)[^\s<>\"]*", made.text):
        assert ROOM.match(where), where


COUNTS: Final = (SAMPLE, pytest.param(ALL, marks=pytest.mark.slow))


@pytest.mark.parametrize("count", COUNTS)
def test_no_name_adds_anything_to_a_page_or_a_mail(count: int) -> None:
    pages, mails, subjects = known_shapes()
    for crowd in crowds(count):
        for html in pages_about(crowd):
            assert shapes(html) <= pages
        for kind, made in letters(setting(), len(crowd), crowd):
            check_mail(made, kind, mails[kind], subjects[kind])


# --- records and tables ----------------------------------------------------------------------------


@pytest.mark.parametrize("count", COUNTS)
def test_a_record_gives_every_name_back_as_it_came_and_on_one_line(count: int) -> None:
    for crowd in crowds(count):
        for card in cards_of(crowd):
            written = canonical(card)
            assert parse(Card, written) == card
            assert json.loads(written)["name"] == card.name
            assert not re.search(rb"[\x00-\x1f]", written)


@pytest.mark.parametrize("count", COUNTS)
def test_an_operators_terminal_shows_every_name_as_text_on_one_line(count: int) -> None:
    """``admin`` shows names through rich, whose markup is no more a guest's to write than HTML is."""
    told = io.StringIO()
    out = Console(file=told, width=1_000, highlight=False)
    for name in hostile(count):
        told.seek(0)
        told.truncate()
        out.print(f"[bold]{_safe(name)}[/]  seen")
        shown = told.getvalue()
        assert shown.count("\n") == 1
        visible(shown)
        assert shown == f"{names.clean(name)}  seen\n"


# --- logs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", COUNTS)
async def test_no_name_and_no_word_of_a_visitor_reaches_a_log(
    count: int, caplog: pytest.LogCaptureFixture
) -> None:
    """The whole line that is forwarded is ids and counts: no name can break it or add to it."""
    caplog.set_level("INFO", logger="gatehouse")
    for crowd in crowds(count):
        site = await Site().with_batch(len(crowd), shown=cards_of(crowd))
        await site.request("GET", headers=signed_in())
        form = {
            f"{key}.{guid(1)}": one for key, one in (("c", "keep"), ("j", crowd[0].name[:100]), ("v", "0"))
        }
        await site.answer(form)
        await site.request(
            "POST", headers={**signed_in(crowd[0].name.encode("ascii", "ignore").decode()), **OURS}
        )
    assert len(caplog.records) >= count // CROWD
    for record in caplog.records:
        assert EventFirst().filter(record)
        assert re.fullmatch(r"[a-z.]+ [a-z ]+( [a-z]+=[0-9a-f-]+)*", record.getMessage()), record.getMessage()
