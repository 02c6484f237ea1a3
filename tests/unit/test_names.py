"""Names that guests choose are shown, but can do nothing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import names


@pytest.mark.parametrize(
    ("name", "mail", "shown"),
    [
        ("Sam Visser", "sam@fabrikam.example", "Sam Visser"),
        ("  Sam \t\r\n Visser\u00a0", None, "Sam Visser"),
        ("Sam\u202eressiV\u2066\u200b", None, "SamressiV"),
        ("Sam\x00\x1b[31m Visser", None, "Sam[31m Visser"),
        ("דנה כהן", None, "דנה כהן"),
        ("Zoe\u0301", None, "Zoé"),
        ("J.R. Smith", None, "J.R. Smith"),
        ("Jan v.d. Berg", None, "Jan v.d. Berg"),
        ("sam.visser", "Sam.Visser@fabrikam.example", "Sam Visser"),
        ("sam_visser@fabrikam.example", "sam_visser@fabrikam.example", "sam visser"),
        ("a\u0300\u0301\u0302\u0303\u0304\u0305b", None, "a\u0300\u0301\u0302\u0303b"),
    ],
)
def test_an_ordinary_name_stays_readable(name: str, mail: str | None, shown: str) -> None:
    assert names.readable(name, mail) == unicodedata.normalize("NFC", shown)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "\u202e\u200b \t",
        "\u3164\uffa0\u2800",
        "http://evil.example/win",
        "javascript://x",
        "Click evil.example",
        "EVIL.COM",
        "evil\u3002com",
        "www.evil",
        "xn--80ak6aa92e",
        "//evil",
        "\\\\server\\share",
        "somebody@evil.example",
        "e\u200bvil.exam\u200bple",
    ],
)
def test_a_name_that_mail_programs_would_make_a_link_of_is_not_shown(name: str) -> None:
    assert names.readable(name, "sam@fabrikam.example") is None


@pytest.mark.parametrize(
    "name",
    [
        "Jörg Müller",
        "Søren Ødegård",
        "José Ángel Núñez",
        "Łukasz Wójcik",
        "Иван Петров",
        "דנה כהן",
        "東京",
        "O\u2019Neil \u2013 “the” one",
    ],
)
def test_a_name_once_read_in_the_wrong_alphabet_is_mended(name: str) -> None:
    garbled = misread(name)
    assert garbled != name
    assert names.clean(garbled) == name
    assert names.clean(misread(garbled)) == name


def test_a_name_misread_on_a_mac_is_mended_too() -> None:
    assert names.clean("ge√Øntegreerd M√ºller O\u201aÄôNeil") == "geïntegreerd Müller O\u2019Neil"


@pytest.mark.parametrize(
    "name", ["CAFÉ™", "SOCIÉTÉ®", "IRMÃ", "JOÃO", "Ångström", "ÅÄÖ", "Ðorđe", "Äpfel & Öl", "Dvořák"]
)
def test_what_makes_sense_as_it_stands_is_left_alone(name: str) -> None:
    assert names.readable(name, None) == name


@pytest.mark.parametrize("name", ["J\ufffdrg", "\u2013ò\u2013≤\u2013∞\u2013Ω", "◊ì◊†◊î", "Pawe≈Ç"])
def test_a_name_garbled_past_mending_is_not_shown(name: str) -> None:
    assert names.readable(name, None) is None


def misread(text: str) -> str:
    """Read UTF-8 as Windows-1252, as careless software does; the five bytes it lacks as Latin-1."""
    return "".join(
        bytes([byte]).decode("latin-1" if byte in {0x81, 0x8D, 0x8F, 0x90, 0x9D} else "cp1252")
        for byte in text.encode()
    )


def test_a_long_name_ends_in_an_ellipsis_at_64_characters() -> None:
    assert names.clean("a" * 64) == "a" * 64
    assert names.clean("a" * 65) == "a" * 63 + "…"
    assert len(names.clean("é " * 20_000)) == 64


@pytest.mark.parametrize(
    ("mail", "shown"),
    [
        ("sam@fabrikam.example", "sam@fabrikam.example"),
        ("o'neil@fabrikam.example", None),
        ("a@b@fabrikam.example", None),
        ("sam@fabrikam", None),
        ("sam\n@fabrikam.example", None),
        ("<script>@fabrikam.example", None),
        ("sam@-fabrikam.example", None),
        ("www.evil.example\u05d3@fabrikam.example", None),
        ("sam.www@fabrikam.example", "sam.www@fabrikam.example"),
        (None, None),
    ],
)
def test_only_a_plain_address_is_shown(mail: str | None, shown: str | None) -> None:
    assert names.address(mail) == shown


def test_the_domain_of_an_address_is_lower_case_or_none() -> None:
    assert names.domain("Sam@Fabrikam.EXAMPLE") == "fabrikam.example"
    assert names.domain("nobody") is None
    assert names.domain("sam@fabrikam.example\r\nBcc: all@evil.example") is None
    assert names.domain("sam@fabrikam.example@evil.example") is None
    assert names.domain("sam@evil.example\u200b") is None
    assert names.domain(None) is None


@given(st.text(max_size=300) | st.text("ÃÂÄÅÐâ€™œ¶¼©®√ƒ…aé \x81\u200b", min_size=60, max_size=80))
def test_whatever_a_guest_chooses_is_one_short_visible_line(text: str) -> None:
    shown = names.clean(text)
    assert len(shown) <= names.LONGEST
    assert shown == " ".join(shown.split())
    assert not {unicodedata.category(one) for one in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert names.clean(shown) == shown
