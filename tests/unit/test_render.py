"""Mails are small, whole, legible everywhere, and nothing in them comes from a guest unescaped."""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

from admin import mail_examples
from notifications import composing
from notifications.contexts import Context
from notifications.mojibake import mended
from notifications.render import LARGEST, letter, page, shown
from notifications.words import LANGUAGES, Words
from reviews.errors import Malformed
from reviews.model import AskedAs, Card, Kind, Obstacle, Risk, Sight, Thing
from reviews.model import Path as Reached
from reviews.reasons import because
from tests.builders import NOW
from tests.letters import a_card, cards, every_mail, golden_mails, request, setting

SNAPSHOTS = Path(__file__).parents[1] / "snapshots" / "mail"
MAILS = [
    pytest.param(mail, language, id=f"{mail.KIND}.{language}")
    for language in LANGUAGES
    for mail in every_mail(language)
]
GOLDEN = [
    pytest.param(mail, language, f"{mail.KIND}/{case}.{language}", id=f"{mail.KIND}/{case}.{language}")
    for language in LANGUAGES
    for case, mail in golden_mails(language)
]
ZONE = "Europe/Amsterdam"


@pytest.mark.parametrize(("mail", "language", "case"), GOLDEN)
def test_mails_are_as_they_were_last_looked_at(mail: Context, language: str, case: str) -> None:
    """Look at the new ones, then run with UPDATE_SNAPSHOTS=1."""
    made = letter(mail, Words(language, ZONE), "to@contoso.example")
    parts = {"subject.txt": f"{made.subject}\n", "body.txt": made.text, "body.html": made.html}
    for part, content in parts.items():
        path = SNAPSHOTS / case / part
        if os.environ.get("UPDATE_SNAPSHOTS"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == content, path


@pytest.mark.parametrize(("mail", "language"), MAILS)
def test_a_mail_is_valid_html_without_anything_remote(mail: Context, language: str) -> None:
    html = letter(mail, Words(language, ZONE), "to@contoso.example").html
    html5lib.HTMLParser(strict=True).parse(html)
    assert f'<html lang="{language}">' in html
    assert not re.search(r"<(img|script|link|iframe|object|form|input)\b|url\(|@import|\bsrc=", html)
    assert {re.split("/[ru]/", link)[0] for link in re.findall(r'href="([^"]*)"', html)} <= {
        "https://guests.contoso.example",
        composing.MY_ACCESS,
    }
    assert "@media (prefers-color-scheme: dark)" in html
    assert 'role="presentation"' in html
    # Outlook for Windows knows no max-width and no padding on a link: it is given a table and a cell instead.
    assert html.count("<!--[if mso]>") == html.count("<![endif]-->") == 2
    assert html.count("mso-padding-alt") == html.count('class="button-link"')


@pytest.mark.parametrize(("mail", "language"), MAILS)
def test_the_text_says_what_the_html_says(mail: Context, language: str) -> None:
    made = letter(mail, Words(language, ZONE), "to@contoso.example")
    text = " ".join(made.text.split())
    for link in re.findall(r'href="([^"]*)"', made.html):
        assert link in text
    for said in sentences(made.html):
        assert said in text, said
    assert mended(made.text) == made.text
    assert "  \n" not in made.text
    assert "\n\n\n" not in made.text


def sentences(html: str) -> Iterator[str]:
    """Yield what a mail says, without the heads of its tables, its style and the label of its second link."""
    body = html5lib.parse(html, namespaceHTMLElements=False).find("body")
    assert body is not None
    heads = {id(one) for one in body.iter() if one.tag == "caption" or one.get("scope") == "col"}
    for one in body.iter():
        for said in (one.text if id(one) not in heads and isinstance(one.tag, str) else "", one.tail):
            line = " ".join((said or "").split())
            if line and line != "myaccess.microsoft.com":
                yield line


@pytest.mark.parametrize("language", LANGUAGES)
def test_subjects_are_short_and_hold_nothing_a_guest_chose(language: str) -> None:
    trap = a_card(name="Zanzibar", mail="zanzibar@zanzibar.example", company="Zanzibar")
    here = setting(language)
    for mail in (*every_mail(language, 60), request(trap, here=here)):
        made = letter(mail, here.words, "to@contoso.example")
        assert len(made.subject) <= 78
        assert "zanzibar" not in made.subject.lower()
        assert "\n" not in made.subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_subjects_are_short_on_the_longest_day_of_the_year_too(language: str) -> None:
    deadlines = [NOW + timedelta(days=day) for day in range(365)]
    longest = max(deadlines, key=lambda at: len(setting(language).words.day(at)))
    here = replace(setting(language), now=longest - timedelta(days=14))
    for count in (1, 90):
        for mail in mail_examples.every_mail(here, count):
            subject = letter(mail, here.words, "to@contoso.example").subject
            assert len(subject) <= 78, subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_about_sixty_guests_stays_below_what_mail_programs_cut(language: str) -> None:
    for mail in every_mail(language, 60):
        assert len(letter(mail, Words(language, ZONE), "to@contoso.example").html.encode()) < LARGEST


@pytest.mark.parametrize("language", LANGUAGES)
def test_ninety_guests_with_all_there_is_to_say_of_them_fit_too(language: str) -> None:
    path = Reached(
        thing=Thing.TEAM, id="t", name="Ä" * 300, label="Ö" * 300, obstacle=Obstacle.ROLE_ASSIGNABLE
    )
    sight = Sight(
        kind=Kind.INTERNAL_GUEST,
        risk=Risk.CRITICAL,
        home="Ü" * 300,
        reach=(path,) * 10,
        reach_count=900,
        beyond=(path,) * 10,
        changed=(because("attempts-since", on="2026-11-11"),) * 5,
        unread=("roles", "packages", "apps", "groups", "owned"),
    )
    whole = [replace(card, name="<" * 300, sight=sight, asked_as=AskedAs.HANDED_OVER) for card in cards(90)]
    made = letter(request(*whole, here=setting(language)), Words(language, ZONE), "to@contoso.example")
    assert len(made.html.encode()) < LARGEST


def test_a_mail_that_would_be_cut_is_refused() -> None:
    mail = replace(request(a_card()), added=("x" * LARGEST,))
    with pytest.raises(Malformed):
        letter(mail, setting().words, "to@contoso.example")


def test_a_name_nobody_set_is_an_error() -> None:
    values = shown(every_mail("en")[0])
    del values["my_access_url"]
    with pytest.raises(UndefinedError):
        page("mail/review-request/body.html", values, setting().words)


def elements(html: str) -> list[tuple[str, tuple[str, ...]]]:
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    return [(str(one.tag), tuple(sorted(one.attrib))) for one in tree.iter()]


def a_request(card: Card) -> str:
    return letter(request(card), setting().words, "to@contoso.example").html


PLAIN = elements(a_request(a_card()))


@settings(max_examples=200, deadline=None)
@given(name=st.text(max_size=80), company=st.text(max_size=80))
def test_whatever_a_guest_is_called_the_mail_has_the_same_elements(name: str, company: str) -> None:
    assert elements(a_request(a_card(name=f"A{name}", company=f"B{company}"))) == PLAIN


@pytest.mark.parametrize(
    "name",
    ['<img src=x onerror="alert(1)">', "{{ 7*7 }}", "{% raw %}", '"><script>', "&lt;b&gt;", "{x}", "%s%n"],
)
def test_hostile_names_are_text(name: str) -> None:
    html = a_request(a_card(name=name))
    assert elements(html) == PLAIN
    assert "49" not in html.split("Who it is about")[1]


def test_sixty_cards_are_all_in_the_mail() -> None:
    mail = request(*cards(60))
    html = letter(mail, setting().words, "to@contoso.example").html
    assert (html.count('scope="row"'), html.count("<li>")) == (10, 50)
