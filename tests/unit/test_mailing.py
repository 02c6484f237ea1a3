"""An admin sees every mail in every language before anybody gets one."""

from email import message_from_bytes, policy
from pathlib import Path

import html5lib
import pytest

from admin.mail_examples import HOSTILE
from admin.mailing import CASES, letters, write_mails
from notifications.words import LANGUAGES
from reviews.records import MailKind
from tests.letters import setting


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_is_written_about_one_seven_and_sixty_guests_and_hostile_names(
    language: str, tmp_path: Path
) -> None:
    shown = list(write_mails(tmp_path, setting(language)))
    assert {(one.kind, one.case) for one in shown} == {(kind, case) for kind in MailKind for case in CASES}
    assert max(one.kilobytes for one in shown) < 100
    for one in shown:
        made = message_from_bytes((tmp_path / f"{one.file}.eml").read_bytes(), policy=policy.default)
        assert made["Subject"].strip() == one.subject
        assert [part.get_content_type() for part in made.iter_parts()] == ["text/plain", "text/html"]
        assert (tmp_path / f"{one.file}.txt").read_text(encoding="utf-8")


def test_hostile_names_do_nothing_in_any_mail() -> None:
    plain = dict(letters(setting(), len(HOSTILE)))
    for kind, made in letters(setting(), len(HOSTILE), HOSTILE):
        tags = {str(one.tag) for one in html5lib.parse(made.html, namespaceHTMLElements=False).iter()}
        assert not tags & {"img", "script", "iframe", "form", "input", "base", "object"}, kind
        assert made.subject == plain[kind].subject
        assert not {"\u202e", "\u2066", "\u200b", "49}"} & {*made.html, *made.text}
        assert "www.evil" not in made.html
        assert "MÃ" not in made.html
