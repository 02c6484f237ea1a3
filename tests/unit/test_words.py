"""Every code has words in every language, and the words say the same things."""

from datetime import UTC, date, datetime
from pathlib import Path
from string import Formatter

import pytest
from babel.dates import format_date

from notifications import words
from notifications.words import LANGUAGES, LOCALES, Words, catalogue, choose
from reviews.errors import Malformed
from reviews.model import AskedAs, Choice, Kind, Obstacle, Reason, Recommendation, Risk, Step, Thing
from reviews.policy import Mode, Tenant
from reviews.reasons import CODES, PARAMS, because
from reviews.records import Act, MailKind

HERE = "Europe/Amsterdam"
LATE = datetime(2026, 12, 4, 22, 59, 59, tzinfo=UTC)


def fields(text: str) -> set[tuple[str, str]]:
    return {(name, how or "") for _, name, how, _ in Formatter().parse(text) if name is not None}


def test_every_language_has_the_same_keys_with_the_same_placeholders() -> None:
    first, *others = (catalogue(language) for language in LANGUAGES)
    for other in others:
        assert first.keys() == other.keys()
        for key in first:
            assert (len(first[key]) > 1) == (len(other[key]) > 1), key
            assert {*map(frozenset, map(fields, first[key]))} == {*map(frozenset, map(fields, other[key]))}, (
                key
            )


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty_broken_or_the_same_as_its_key(language: str) -> None:
    for key, forms in catalogue(language).items():
        for form in forms:
            assert form.strip() == form != key
            assert form, key
            assert not {"Ã", "â€", "\ufffd"} & {form[i : i + n] for i in range(len(form)) for n in (1, 2)}, (
                key
            )


def test_catalogues_hold_a_key_once() -> None:
    for language in LANGUAGES:
        lines = (LOCALES / f"{language}.po").read_text(encoding="utf-8").splitlines()
        keys = [line for line in lines if line.startswith("msgid ")]
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_every_reason_code_has_words_with_exactly_its_parameters(language: str, code: str) -> None:
    (text,) = catalogue(language)[f"reason.{code}"]
    assert {name for name, _ in fields(text)} == PARAMS[code]
    dates = {"on", "until"}
    params = {name: "2026-11-20" if name in dates else 3 for name in PARAMS[code]}
    assert "{" not in Words(language, HERE).reason(because(code, **params))


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_no_words_for_codes_that_do_not_exist(language: str) -> None:
    spoken = {key.removeprefix("reason.") for key in catalogue(language) if key.startswith("reason.")}
    held = {key.removeprefix("held.") for key in catalogue(language) if key.startswith("held.")}
    assert spoken == CODES.keys()
    assert held <= CODES.keys()
    assert {key.removeprefix("todo.") for key in catalogue(language) if key.startswith("todo.")} <= {
        *CODES,
        "other",
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_a_closed_list_has_words(language: str) -> None:
    keys = catalogue(language).keys()
    assert {f"recommendation.{one}" for one in Recommendation} <= keys
    assert {f"choice.{one}" for one in Choice} <= keys
    assert {f"mode.{one}" for one in Mode} <= keys
    assert {f"act.{one}" for one in Act} <= keys
    assert {f"word.{one}" for one in (*Kind, *Step)} <= keys
    assert {f"{one}.subject" for one in MailKind} <= keys
    assert {f"risk.{one}" for one in Risk} <= keys
    assert {f"thing.{one}" for one in Thing} <= keys
    assert {f"{said}.{one}" for one in Obstacle for said in ("obstacle", "by-hand")} <= keys
    assert {f"asked-as.{one}" for one in AskedAs} <= keys


FAMILIES = (
    "reason.",
    "word.",
    "held.",
    "unit.",
    "act.",
    "mode.",
    "choice.",
    "recommendation.",
    "note.",
    "alert.",
    "risk.",
    "thing.",
    "obstacle.",
    "by-hand.",
    "asked-as.",
    "todo.",
    "no-answer.",
    "handover.",
    "undo.",
    "tier.",
)
"""Keys that code puts together."""


def test_every_key_is_said_somewhere() -> None:
    root = Path(words.__file__).parent
    templates = [
        *root.rglob("*.txt"),
        *root.rglob("*.html"),
        *root.rglob("*.py"),
        *(root.parent / "adapters").rglob("*.py"),
    ]
    said = "\n".join(path.read_text(encoding="utf-8") for path in templates)
    messages = {
        f"{key}.{part}"
        for key in ("refused", "refused-post", "missing", "busy")
        for part in ("title", "text")
    }
    unsaid = [
        key
        for key in catalogue("en")
        if not key.startswith(FAMILIES) and key not in messages and f'"{key}"' not in said
    ]
    assert not unsaid


@pytest.mark.parametrize(
    ("preferred", "tenant", "language"),
    [
        ("nl-BE", "en", "nl"),
        ("nl_NL", "en", "nl"),
        ("EN-gb", "nl", "en"),
        ("fr-FR", "nl", "nl"),
        (None, "nl", "nl"),
        ("", "fr", "en"),
        ("und-NL", "en", "nl"),
        ("und-US", "nl", "en"),
        ("und-BE", "en", "en"),
        ("und-PL", "nl", "nl"),
        ("und", "nl", "nl"),
    ],
)
def test_people_read_their_own_language_or_the_tenants(
    preferred: str | None, tenant: str, language: str
) -> None:
    assert choose(preferred, Tenant(language=tenant)) == language


@pytest.mark.parametrize(
    ("address", "language"),
    [("Sam@Fabrikam.example", "nl"), ("eva@fabrikam.example", "en"), ("x@other.example", "en"), (None, "en")],
)
def test_the_policys_word_for_an_address_or_its_domain_goes_first(address: str | None, language: str) -> None:
    tenant = Tenant(language_of={"fabrikam.example": "nl", "eva@fabrikam.example": "en"})
    assert choose("en-GB", tenant, address) == language


def test_a_language_the_policy_does_not_offer_is_not_used() -> None:
    assert choose("nl-NL", Tenant(language="nl", languages=("en",))) == "en"


@pytest.mark.parametrize("language", LANGUAGES)
def test_dates_are_those_of_the_place_and_equal_to_babels(language: str) -> None:
    spoken = Words(language, HERE)
    assert spoken.date(LATE) == format_date(date(2026, 12, 4), "d MMMM y", locale=language)
    assert spoken.day(LATE) == format_date(date(2026, 12, 4), "EEEE d MMMM y", locale=language)
    assert Words(language, "Asia/Tokyo").date(LATE) == format_date(
        date(2026, 12, 5), "d MMMM y", locale=language
    )
    assert spoken.time(LATE).startswith("23:59 (")


def test_what_the_native_review_says_fits_into_graphs_256_characters() -> None:
    said = words.in_every_language("native.description")
    assert len(said) <= 256
    assert len(said.split(" / ")) == len(LANGUAGES)


def test_numbers_and_plurals_are_those_of_the_language() -> None:
    english, dutch = Words("en", HERE), Words("nl", HERE)
    assert english.say("unit.days", count=1) == "1 day"
    assert english.say("unit.days", count=1234) == "1,234 days"
    assert dutch.say("unit.days", count=0) == "0 dagen"
    assert dutch.say("unit.days", count=1234) == "1.234 dagen"


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("no.such-key", {}),
        ("mail.hello", {}),
        ("unit.days", {"count": "many"}),
        ("unit.days", {}),
        ("follows.keep", {"until": "soon"}),
        ("follows.keep", {"until": 5}),
    ],
)
def test_words_that_cannot_be_made_are_refused(key: str, values: dict[str, str | int]) -> None:
    with pytest.raises(Malformed):
        Words("en", HERE).say(key, **values)


def test_a_code_without_words_is_shown_as_it_is_only_where_operators_read() -> None:
    assert Words("en", HERE).held("some-new-rule") == "some-new-rule"
    assert Words("en", HERE).reason(because("kind-out-of-scope", kind="robot")).endswith("robot.")
    with pytest.raises(Malformed):
        Words("en", HERE).reason(Reason(code="some-new-reason"))


def test_text_inside_a_reason_is_cleaned_and_never_read_as_a_placeholder() -> None:
    shown = Words("en", HERE).reason(Reason(code="directory-refuses", params={"needs": "{x}\u202e\n" * 200}))
    assert "{x}" in shown
    assert "\n" not in shown
    assert "\u202e" not in shown
    assert len(shown) < 200
