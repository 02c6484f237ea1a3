"""Whatever ten thousand guests call themselves: mails, pages, logs and the terminal say it and do nothing.

Every name goes through a mail of many guests (HTML, text, subject), the page, the log and the JSON and
tables of the command line; every sixtieth also through a mail about one guest. What comes out is read by real
parsers and compared with what comes out for harmless names.
"""

import io
import itertools
import json
import logging
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from typing import NamedTuple
from xml.etree.ElementTree import Element

import html5lib
import pytest
from rich.console import Console

from adapters.graph.mail import new_message
from adapters.telemetry import EventFirst
from admin import mail_examples
from admin.as_json import written
from admin.explained import _safe
from admin.mail_examples import Someone
from notifications.composing import Setting
from notifications.contexts import Context
from notifications.render import letter
from notifications.words import LANGUAGES
from reviews.evidence import canonical
from reviews.model import Card, Choice
from reviews.ports import Letter
from reviews.records import MailKind
from tests import hostile
from tests.builders import NOW, a_guest
from tests.letters import BATCH, a_submission, batch, setting
from tests.reviewers import OURS, Site, choice, signed_in

AT_ONCE = 60
ABOUT_MANY = 7
"""How many of the mails are about as many guests as a batch has."""
KINDS_OF_MAIL = ABOUT_MANY * (len(MailKind) - ABOUT_MANY)
"""After how many turns the same two mails meet again."""
NEEDED = ("Needed",) * AT_ONCE
PLAIN_PAGES: dict[int, str] = {}
TYPED = 6
"""How many reviewers' own words stand on a page."""
SAMPLE = 240
ALL = 10_000
TO = "sara@contoso.example"
LEADS_AWAY = re.compile(
    r"evil[.\u3002\uff0e\uff61]\w|://(?!guests\.contoso\.example|myaccess\.)|www\.", re.IGNORECASE
)
COMPUTED = re.compile(r"\b49\b")
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
BLANK = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
ADDRESSED = frozenset({"href", "src", "action", "formaction", "srcset", "style", "class", "type", "name"})


# --- what is looked for ----------------------------------------------------------------------------


def shape(tree: Element) -> set[tuple[str, str, tuple[str, ...]]]:
    """Return every element by its parent, its name and the names of its attributes."""
    return {
        (str(parent.tag), str(one.tag), tuple(sorted(map(str, one.attrib))))
        for parent in tree.iter()
        for one in parent
    }


def addressed(tree: Element) -> set[tuple[str, str]]:
    """Return every attribute that leads somewhere or looks like something, digits left out."""
    return {
        (str(name), re.sub(r"\d+", "", value))
        for one in tree.iter()
        for name, value in one.attrib.items()
        if name in ADDRESSED
    }


def unseen(text: str) -> set[str]:
    return {one for one in text if unicodedata.category(one) in UNSEEN} | (set(text) & BLANK)


def said(tree: Element) -> str:
    """Return all that is read or announced: text, and the attributes that hold words."""
    words = [value for one in tree.iter() for name, value in one.attrib.items() if name not in ADDRESSED]
    return " ".join((*tree.itertext(), *words))


class Found(NamedTuple):
    """What a parser finds in a document."""

    shape: set[tuple[str, str, tuple[str, ...]]]
    addressed: set[tuple[str, str]]
    said: str


def found(html: str) -> Found:
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    return Found(shape(tree), addressed(tree), said(tree))


in_plain = cache(found)


def check_html(html: str, plain: str, *, known: str = "") -> None:
    """Compare a document with the one for harmless names. ``known`` is what a reviewer wrote, not a guest."""
    here, model = found(html), in_plain(plain)
    assert here.shape <= model.shape
    assert here.addressed <= model.addressed
    assert unseen(here.said) - set(known) <= unseen(model.said)
    assert known or not LEADS_AWAY.search(here.said)
    assert not COMPUTED.search(here.said)


def check_mail(made: Letter, plain: Letter) -> None:
    """Read a mail as a mail program does, from its bytes."""
    assert made.subject == plain.subject
    message = EmailMessage(policy=policy.SMTP)
    message["To"], message["Subject"] = made.to, made.subject
    headers = new_message(made, "0123abcd")["internetMessageHeaders"]
    assert isinstance(headers, list)
    for header in headers:
        message[header["name"]] = header["value"]
    message.set_content(made.text)
    message.add_alternative(made.html, subtype="html")
    read = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert read.keys() == [*message.keys()]
    assert (read["To"], read["Subject"].strip()) == (TO, plain.subject)
    assert not read.defects
    text, html = [part.get_content() for part in read.iter_parts()]
    text = text.replace("\r\n", "\n")
    assert text == made.text
    assert not unseen(text) - unseen(plain.text)
    assert not LEADS_AWAY.search(text)
    check_html(html, plain.html)


# --- the outputs -----------------------------------------------------------------------------------


def mails(crowd: Sequence[Someone], here: Setting, number: int) -> Iterator[Context]:
    """Yield one of the mails about many guests and one of the others: other ones each time."""
    every = mail_examples.every_mail(here, len(crowd), crowd)
    for some in (every[:ABOUT_MANY], every[ABOUT_MANY:]):
        yield some[number % len(some)]


async def page(cards: Sequence[Card], why: Sequence[str]) -> str:
    """Return the page: every second guest answered for, with a reason in words."""
    site = await Site().with_batch(len(cards), shown=cards)
    for number in range(1, len(cards), 2):
        said = replace(a_submission(Choice.KEEP, number, why=why[number][:400]), batch_id=BATCH)
        await site.ledger.append_answer(said)
    await site.request("POST", headers={**signed_in(), **OURS}, data=typed(why[0]))
    await site.request("GET", headers={})
    return re.sub(r'nonce="[^"]+"', 'nonce=""', await site.page())


def typed(why: str) -> dict[str, str]:
    sent = {"nonce": batch(1).nonce, **choice(2, "keep", _encodable(why)[:400])}
    return {**sent, f"p.{_encodable(why)[:40]}": "x"}


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def check_terminal(name: str) -> None:
    """Print a name as the command line does: one visible line, no colour, no link."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=200, soft_wrap=True, highlight=False)
    console.print(_safe(name))
    assert not unseen(out.getvalue()) - {"\n"}
    assert out.getvalue().count("\n") == 1


def check_json(someone: Someone) -> None:
    """Write a guest as ``--json`` does: plain ASCII that reads back as what was written."""
    guest = a_guest(display_name=_encodable(someone.name), company=_encodable(someone.company or ""))
    document = json.loads(canonical(guest))
    text = written(document)
    assert re.fullmatch(r"[\x20-\x7e\n]*", text)
    assert json.loads(text) == document
    assert document["display_name"] == guest.display_name


def check_logs(records: Sequence[logging.LogRecord], crowd: Sequence[Someone]) -> None:
    """Write what was logged as the worker does: one line each, ids only."""
    assert {vars(one)["event"] for one in records} <= {"answers.taken", "form.refused", "page.nobody"}
    names = {one.name for one in crowd if len(one.name) > 3}
    for record in records:
        assert EventFirst().filter(record)
        line = logging.Formatter("%(levelname)s %(name)s %(message)s").format(record)
        assert line.isascii()
        assert line.isprintable()
        assert not [name for name in names if name in line]


@cache
def plain_letters(language: str, count: int, number: int) -> tuple[Letter, ...]:
    here, plain = setting(language), hostile.harmless(count)
    return tuple(letter(one, here.words, TO) for one in mails(plain, here, number))


def check_mails(crowd: Sequence[Someone], number: int) -> None:
    language = LANGUAGES[number % len(LANGUAGES)]
    here = setting(language)
    models = plain_letters(language, len(crowd), number % KINDS_OF_MAIL)
    for made, model in zip(mails(crowd, here, number), models, strict=True):
        check_mail(letter(made, here.words, TO), model)


async def check_pages(crowd: Sequence[Someone]) -> None:
    """Look at a page with what guests chose, and at a small one with what a reviewer typed."""
    models = cards_of(hostile.harmless(TYPED))
    why = [_encodable(one.name) for one in crowd[:TYPED]]
    check_html(await page(cards_of(crowd), NEEDED), await plain_page(len(crowd)))
    check_html(await page(models, why), await plain_page(TYPED), known="".join(why))


async def plain_page(count: int) -> str:
    if count not in PLAIN_PAGES:
        PLAIN_PAGES[count] = await page(cards_of(hostile.harmless(count)), NEEDED)
    return PLAIN_PAGES[count]


def cards_of(crowd: Sequence[Someone]) -> list[Card]:
    return [mail_examples.a_card(number, NOW, crowd) for number in range(1, len(crowd) + 1)]


async def check_all(count: int, caplog: pytest.LogCaptureFixture) -> None:
    crowd = hostile.people(count)
    assert len(crowd) == count
    for number, start in enumerate(range(0, count, AT_ONCE)):
        part = crowd[start : start + AT_ONCE]
        check_mails(part, number)
        caplog.clear()
        await check_pages(part)
        check_logs(caplog.records, part)
        for someone in part:
            check_terminal(someone.name)
            check_json(someone)


# --- the claims ------------------------------------------------------------------------------------


async def test_hostile_names_do_nothing_anywhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="gatehouse")
    await check_all(SAMPLE, caplog)


@pytest.mark.slow
@pytest.mark.long
async def test_ten_thousand_hostile_names_do_nothing_anywhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="gatehouse")
    await check_all(ALL, caplog)


def test_the_names_are_of_every_sort() -> None:
    found = "".join(itertools.chain.from_iterable(hostile.names(SAMPLE)))
    for kind in hostile.KINDS:
        assert sum(part in found for part in kind) > len(kind) * 0.5, kind[:3]
    assert max(map(len, hostile.names(SAMPLE))) == hostile.LARGEST


@pytest.mark.parametrize(
    "html", ["<p><b>x</b></p>", "<p title=x>x</p>", "<p>\u202ex</p>", "<p>evil.example</p>", "<p>49</p>"]
)
def test_an_injection_would_be_noticed(html: str) -> None:
    with pytest.raises(AssertionError):
        check_html(html, "<p>x</p>")
