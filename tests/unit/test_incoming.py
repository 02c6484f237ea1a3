"""Every message of incoming.txt means what its first line says, and is tied to the mail it is about."""

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from email.utils import parseaddr
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.incoming import Incoming, Meaning, meaning, origin
from tests.builders import NOW

FILE = Path(__file__).with_name("incoming.txt")
REPORTS = {Meaning.BOUNCED, Meaning.DELAYED}
OURS, MARKER = "<ask@contoso.example>", "a" * 32


def words(message: Message) -> Iterator[str]:
    """Yield all words of a message, with the fields of its reports and of the messages inside."""
    for part in message.walk():
        if part is not message:
            yield from (f"{name}: {value}" for name, value in part.items())
        if part.get_content_maintype() == "text" and not part.is_multipart():
            yield str(part.get_payload())


def incoming(text: str) -> Incoming:
    message = email.message_from_string(text, policy=email.policy.compat32)
    return Incoming(
        id="m",
        at=NOW,
        sender=parseaddr(message.get("From", ""))[1],
        subject=message.get("Subject", ""),
        headers=tuple(message.items()),
        text="\n".join(words(message)),
    )


def messages() -> Iterator[tuple[str, Incoming, str]]:
    for piece in FILE.read_text(encoding="utf-8").split("\n=== ")[1:]:
        title, _, text = piece.partition("\n")
        expected, _, source = title.partition(" === ")
        yield expected, incoming(text), source


ALL = list(messages())


def test_there_are_messages_of_every_meaning() -> None:
    assert len(ALL) >= 40
    assert {expected for expected, _, _ in ALL} == set(Meaning)


@pytest.mark.parametrize(("expected", "arrived", "source"), ALL, ids=[source for _, _, source in ALL])
def test_each_message_means_what_it_should(expected: str, arrived: Incoming, source: str) -> None:
    assert meaning(arrived) == expected, source
    if expected != "unrelated":
        found = origin(arrived)
        assert OURS in found.message_ids or MARKER in found.markers or source.startswith("GroupWise")


def test_a_marker_that_a_person_copied_ties_nothing() -> None:
    for _, arrived, _ in ALL:
        copied = replace(arrived, text=f"x-gatehouse-mail: {MARKER}")
        assert bool(origin(copied).markers) == (meaning(copied) in REPORTS)


@given(st.text(), st.text(), st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_nothing_that_arrives_breaks_the_reading(
    subject: str, text: str, headers: list[tuple[str, str]]
) -> None:
    odd = Incoming(id="m", at=NOW, sender=subject, subject=subject, headers=headers, text=text)
    assert meaning(odd) in Meaning
    assert all(len(one) == 32 for one in origin(odd).markers)


@given(st.text())
def test_words_alone_make_no_bounce_of_a_persons_mail(text: str) -> None:
    from_sara = Incoming(
        id="m",
        at=NOW,
        sender="sara@contoso.example",
        subject="RE: Undeliverable: delayed",
        headers=(("In-Reply-To", OURS),),
        text=f"Action: failed\nStatus: 5.1.1\n{text}",
    )
    assert meaning(from_sara) is Meaning.REPLY
