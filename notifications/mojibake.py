"""Text that was once read in the wrong alphabet: mended where that is certain, else told apart.

A name stored as UTF-8 and read as Windows-1252 or Mac Roman looks like this: MÃ¼ller, M√ºller. Read back the
same way it is whole again. What would also make sense as it stands is left alone: CAFÉ™ is a company.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final


def _letters(codec: str, numbers: Iterable[int]) -> dict[str, int]:
    """Return the characters a codec shows for bytes; Windows-1252 leaves five of them to Latin-1."""
    shown = {}
    for number in numbers:
        raw = bytes([number])
        try:
            shown[raw.decode(codec)] = number
        except UnicodeDecodeError:
            shown[chr(number)] = number
    return shown


def _any_of(characters: Iterable[str]) -> str:
    return "[" + "".join(re.escape(one) for one in characters) + "]"


_WINDOWS: Final[Mapping[str, int]] = _letters("cp1252", range(0x80, 0x100))
_MAC: Final[Mapping[str, int]] = _letters("mac_roman", range(0x80, 0x100))
_REST: Final = _any_of(character for character, number in _WINDOWS.items() if number < 0xC0)
_MAC_REST: Final = _any_of(character for character, number in _MAC.items() if number < 0xC0)
_SIGNS: Final = "\u2122\u00ae\u00a9"  # trade mark, registered, copyright: they may follow any capital

_GARBLED: Final = re.compile(
    rf"\u00c3\u0192\u00c2{_REST}|\u00c3{_REST}"  # Western letters, misread twice or once
    rf"|[\u00c2\u00c4\u00c5](?![{_SIGNS}]){_REST}"  # signs, and the letters of Central Europe and Turkey
    rf"|\u00e2[\u20ac\u201a\u201e]{_REST}"  # curly quotes, dashes, the euro, the trade mark
    r"|\u00cb[\u0153\u2020]|\u00c6\u2019"  # what Windows-1252 has besides, when it was misread twice
    rf"|(?:[\u00c6-\u00df]{_REST}){{2,}}"  # whole words in Greek, Cyrillic, Hebrew or Arabic letters
    rf"|(?:[\u00e0-\u00ef]{_REST}{_REST}){{2,}}"  # whole words in letters of Asia
)
_GARBLED_BY_MAC: Final = re.compile(rf"\u221a{_MAC_REST}|\u201a\u00c4{_MAC_REST}")
_NEVER_MEANT: Final = re.compile("[\ufffd\u221a\u2248\u25ca\u2202\u2211\u220f\u222b\u2264\u2265\u2260\u221e]")
_DEEPEST: Final = 3


def mended(text: str) -> str:
    """Return text with every certain misreading undone, also one on top of another."""
    for _ in range(_DEEPEST):
        once = _GARBLED.sub(lambda found: _read_again(found[0], _WINDOWS), text)
        once = _GARBLED_BY_MAC.sub(lambda found: _read_again(found[0], _MAC), once)
        if once == text:
            break
        text = once
    return text


def is_broken(text: str) -> bool:
    """Say whether text that was mended still holds what nobody can have meant."""
    return any(sign.search(text) for sign in (_NEVER_MEANT, _GARBLED, _GARBLED_BY_MAC))


def _read_again(garbled: str, letters: Mapping[str, int]) -> str:
    try:
        return bytes(letters[character] for character in garbled).decode("utf-8")
    except UnicodeDecodeError:
        return garbled
