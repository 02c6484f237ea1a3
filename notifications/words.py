"""Makes words of codes: every sentence a person reads, in English or Dutch, with dates as people write them.

One catalogue per language lies in ``locales/``; its keys are codes, so that records keep the codes and each
reader gets the words. Another language is another file. ``{on:date}``, ``{on:day}``, ``{days:days}`` and
``{kind:word}`` in a sentence say how a value is shown.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from gettext import c2py
from pathlib import Path
from string import Formatter
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_timezone_name
from babel.languages import get_official_languages
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from notifications import names
from reviews.errors import Malformed
from reviews.model import Reason
from reviews.policy import Tenant

LOCALES: Final = Path(__file__).with_name("locales")
LANGUAGES: Final = tuple(sorted(path.stem for path in LOCALES.glob("*.po")))
"""The languages there is a catalogue of: another one is one file more."""

_LONGEST_VALUE: Final = 120

Value = str | int | dt.date
"""What a sentence may be given to show."""


def choose(preferred: str | None, tenant: Tenant, address: str | None = None) -> str:
    """Return the language a person is written to in: their own when mails exist in it, else the tenant's.

    The policy's word for their address or its domain goes first. ``preferred`` is a BCP 47 tag such as
    ``nl-BE`` (Graph ``preferredLanguage``), or ``und-NL`` when only the place is known
    (Graph ``usageLocation``).
    """
    offered = [language for language in tenant.languages if language in LANGUAGES] or ["en"]
    for wanted in (*_said_of(address, tenant), *_spoken(preferred), tenant.language):
        if wanted in offered:
            return wanted
    return offered[0]


def _said_of(address: str | None, tenant: Tenant) -> Iterator[str]:
    whole = (address or "").strip().lower()
    for name in (whole, whole.rpartition("@")[2]):
        if name in tenant.language_of:
            yield tenant.language_of[name]


def _spoken(tag: str | None) -> Iterator[str]:
    language, *rest = (tag or "").replace("_", "-").split("-")
    if language.lower() != "und":
        yield language.lower()
    elif rest:
        found = get_official_languages(rest[-1].upper(), de_facto=True)
        # A place of several languages does not tell which one a person reads.
        yield from found if len(found) == 1 else ()


@cache
def _read(language: str, folder: Path) -> Catalog:
    with (folder / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


@cache
def _plural(language: str, folder: Path) -> Callable[[int], int]:
    """Return which form of a sentence goes with a number, as the catalogue's ``Plural-Forms`` says."""
    return c2py(_read(language, folder).plural_expr)


@cache
def catalogue(language: str, folder: Path = LOCALES) -> Mapping[str, tuple[str, ...]]:
    """Return the catalogue of a language: key to its sentence, or to its forms for one and for many."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in _read(language, folder):
        if entry.id:
            key = entry.id if isinstance(entry.id, str) else entry.id[0]
            found[key] = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
    return found


def in_every_language(key: str) -> str:
    """Return a sentence in every language one after the other, for where a reader's language is not asked."""
    return " / ".join(catalogue(language)[key][0] for language in LANGUAGES)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language, with dates in one time zone."""

    language: str
    zone: str
    folder: Path = LOCALES
    """Where the catalogues lie."""

    @property
    def sentences(self) -> Mapping[str, tuple[str, ...]]:
        """The catalogue of the language."""
        return catalogue(self.language, self.folder)

    @property
    def here(self) -> ZoneInfo:
        """The zone dates are shown in."""
        return ZoneInfo(self.zone)

    def say(self, key: str, /, **values: Value) -> str:
        """Return the sentence under a key, with values filled in; ``count`` chooses between one and many.

        Raises:
            Malformed: there is no such sentence, or it needs a value that was not given.

        """
        forms = self.sentences.get(key)
        if forms is None:
            raise Malformed(f"no words for {key} in {self.language}")
        text = forms[0]
        if len(forms) > 1:
            number = _number(key, values.get("count"))
            text = forms[_plural(self.language, self.folder)(number)]
        return "".join(self._pieces(key, text, values))

    def reason(self, reason: Reason) -> str:
        """Return a reason as a sentence."""
        shown = {
            name: names.clean(value, _LONGEST_VALUE) if isinstance(value, str) else value
            for name, value in reason.params.items()
        }
        return self.say(f"reason.{reason.code}", **shown)

    def held(self, code: str) -> str:
        """Return what a guardrail's code means in a list of figures; the code if there are no words."""
        key = f"held.{code}"
        return self.say(key) if key in self.sentences else code

    def todo(self, code: str) -> str:
        """Return what a person has to do, by the code of why they must."""
        key = f"todo.{code}"
        return self.say(key if key in self.sentences else "todo.other")

    def word(self, code: str) -> str:
        """Return what a code of a closed list is called; the code if there are no words."""
        forms = self.sentences.get(f"word.{code}")
        return forms[0] if forms else code

    def in_a_row(self, parts: Sequence[str]) -> str:
        """Return parts as people write them in a row: one, two and three."""
        return format_list(parts, locale=self.language)

    def guest(self, name: str, mail: str | None) -> str:
        """Return what a guest is called: the name, or words for a name that cannot be shown."""
        shown = names.readable(name, mail)
        if shown is not None:
            return shown
        home = names.domain(mail)
        return self.say("guest.of-domain", domain=home) if home else self.say("guest.nameless")

    def date(self, at: dt.date) -> str:
        """Return a date: 12 December 2025."""
        return format_date(self._local(at), self.say("format.date"), locale=self.language)

    def day(self, at: dt.date) -> str:
        """Return a date with its weekday: Friday 12 December 2025."""
        return format_date(self._local(at), self.say("format.day"), locale=self.language)

    def time(self, at: dt.datetime) -> str:
        """Return a time of day with the name of its zone: 23:59 (Central European Standard Time)."""
        local = at.astimezone(self.here)
        named = get_timezone_name(local, locale=self.language)
        return f"{format_time(local, 'HH:mm', locale=self.language)} ({named})"

    def _local(self, at: dt.date) -> dt.date:
        return at.astimezone(self.here).date() if isinstance(at, dt.datetime) else at

    def _pieces(self, key: str, text: str, values: Mapping[str, Value]) -> list[str]:
        pieces: list[str] = []
        for literal, name, how, _ in Formatter().parse(text):
            pieces.append(literal)
            if name is not None:
                if name not in values:
                    raise Malformed(f"the words for {key} need {name}")
                pieces.append(self._shown(key, values[name], how or ""))
        return pieces

    def _shown(self, key: str, value: Value, how: str) -> str:
        if how in {"date", "day"}:
            at = _moment(key, value)
            return self.day(at) if how == "day" else self.date(at)
        if how == "word":
            return self.word(str(value))
        if how:
            return self.say(f"unit.{how}", count=_number(key, value))
        if isinstance(value, str):
            return value
        return str(format_decimal(_number(key, value), locale=self.language))


def _number(key: str, value: Value | None) -> int:
    if isinstance(value, int):
        return value
    raise Malformed(f"the words for {key} need a number")


def _moment(key: str, value: Value) -> dt.date:
    if isinstance(value, dt.date):
        return value
    try:
        at = dt.datetime.fromisoformat(str(value))
    except ValueError as error:
        raise Malformed(f"the words for {key} need a date") from error
    return at if at.tzinfo else at.date()
