"""Another language is one more file: every mail is walked in one that nobody speaks."""

import re

import html5lib
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from admin import mail_examples
from notifications.composing import Setting
from notifications.contexts import CONTEXTS
from notifications.render import letter
from notifications.words import LOCALES, Words
from reviews.policy import Wording
from tests.builders import NOW
from tests.letters import HERE, POLICY

ACCENTED = str.maketrans("aeiouycnsAEIOU", "áéíóúýçñšÁÉÍÓÚ")
PLACEHOLDER = re.compile(r"(\{[^}]*\})")
SPOKEN = re.compile(r"⟦[^⟦⟧]*⟧")
UNTRANSLATED = re.compile(r"[^\W\d_]{2,}")
COUNT = 12


def pseudo(text: str) -> str:
    """Return a sentence a third longer, accented and in brackets, its placeholders untouched."""
    parts = PLACEHOLDER.split(text)
    said = "".join(one if one.startswith("{") else one.translate(ACCENTED) for one in parts)
    return f"⟦{said}{'·' * (len(text) // 3)}⟧"


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Words:
    folder = tmp_path_factory.mktemp("locales")
    with (LOCALES / "en.po").open("rb") as file:
        english = read_po(file, locale="en")
    made = Catalog(locale="eo")
    for entry in english:
        if entry.id:
            forms = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
            key = entry.id if isinstance(entry.id, str) else entry.id[0]
            said = tuple(form if key.startswith("format.") else pseudo(form) for form in forms)
            made.add(entry.id, said[0] if isinstance(entry.id, str) else said)
    with (folder / "eo.po").open("wb") as file:
        write_po(file, made)
    return Words("eo", POLICY.tenant.zone, folder)


def names_of_the_examples() -> set[str]:
    """Return every word a mail may hold that is nobody's sentence: names, addresses, commands."""
    cards = [mail_examples.a_card(number, NOW) for number in range(1, COUNT + 1)]
    said = " ".join(f"{card.name} {card.mail} {card.company}" for card in cards)
    return set(
        UNTRANSLATED.findall(f"{said} Sara Sponsor Beste python admin plan approve myaccess microsoft com")
    )


@pytest.mark.parametrize("number", range(len(CONTEXTS)), ids=[str(one.KIND) for one in CONTEXTS])
def test_no_word_of_a_mail_stands_outside_the_catalogue(words: Words, number: int) -> None:
    setting = Setting(words=words, policy=POLICY, now=NOW, public_url=HERE)
    made = letter(mail_examples.every_mail(setting, COUNT)[number], words, "to@contoso.example")
    tree = html5lib.parse(re.sub(r"<!--.*?-->", "", made.html), namespaceHTMLElements=False)
    body = tree.find("body")
    assert body is not None
    for shown in (" ".join(body.itertext()), re.sub(r"https?://\S+", "", made.text), made.subject):
        outside = shown
        while SPOKEN.search(outside):
            outside = SPOKEN.sub(" ", outside)
        assert set(UNTRANSLATED.findall(outside)) <= names_of_the_examples(), outside


def test_a_language_nobody_adds_wording_in_has_none(words: Words) -> None:
    setting = Setting(words=words, policy=POLICY, now=NOW, public_url=HERE)
    assert setting.wording == Wording()


def test_the_language_is_named_for_screen_readers(words: Words) -> None:
    setting = Setting(words=words, policy=POLICY, now=NOW, public_url=HERE)
    made = letter(mail_examples.every_mail(setting, 1)[0], words, "to@contoso.example")
    assert '<html lang="eo">' in made.html
