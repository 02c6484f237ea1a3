"""``admin mail``: every mail as it would look, written to a folder, and one sent to a mailbox of yours."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from rich.console import Console

from adapters.runtime import House
from admin.mail_examples import HOSTILE, ORDINARY, Someone, every_mail
from notifications.composing import Setting
from notifications.render import letter, page
from notifications.words import Words, choose
from reviews.ports import Letter
from reviews.records import MailKind

out = Console(highlight=False)

NOWHERE: Final = "https://guests.contoso.example"
"""Where links lead to before there is a page."""
CASES: Final = {
    "1-guest": (1, ORDINARY),
    "7-guests": (7, ORDINARY),
    "60-guests": (60, ORDINARY),
    "hostile-names": (len(HOSTILE), HOSTILE),
}
"""What each mail is shown about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One mail that was written to the folder."""

    kind: MailKind
    case: str
    language: str
    subject: str
    file: str
    kilobytes: int


async def preview(house: House, folder: Path) -> None:
    """Write every mail, in every language the policy offers, with the wording it adds; and an index page."""
    policy = await house.policies.current()
    languages = policy.tenant.languages or ("en",)
    shown: list[Shown] = []
    for language in languages:
        setting = Setting(
            words=Words(language, policy.tenant.zone),
            policy=policy,
            now=house.clock.now(),
            public_url=house.settings.public_url or NOWHERE,
        )
        shown += write_mails(folder, setting)
    index = page("preview.html", {"rows": shown}, Words(languages[0], policy.tenant.zone))
    (folder / "index.html").write_text(index, encoding="utf-8")
    out.print(f"{len(shown)} mails: open {folder / 'index.html'}")


def write_mails(folder: Path, setting: Setting) -> Iterator[Shown]:
    """Write every mail in one language as a page, as text and as a message; yield what was written."""
    for case, (count, crowd) in CASES.items():
        for kind, made in letters(setting, count, crowd):
            name = f"{kind}/{case}.{setting.words.language}"
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            for ending, content in (("html", made.html), ("txt", made.text)):
                path.with_name(f"{path.name}.{ending}").write_text(content, encoding="utf-8")
            path.with_name(f"{path.name}.eml").write_bytes(_message(made, setting.contact))
            yield Shown(
                kind=kind,
                case=case,
                language=setting.words.language,
                subject=made.subject,
                file=name,
                kilobytes=len(made.html.encode()) // 1024 + 1,
            )


def letters(
    setting: Setting, count: int, crowd: tuple[Someone, ...] = ORDINARY
) -> Iterator[tuple[MailKind, Letter]]:
    """Yield every mail, rendered, about so many guests that do not exist."""
    for context in every_mail(setting, count, crowd):
        yield context.KIND, letter(context, setting.words, "sara@contoso.example")


async def send_test(house: House, address: str, kind: MailKind, language: str | None) -> None:
    """Send one mail about guests that do not exist to an address of the operator's choice."""
    policy = await house.policies.current()
    now = house.clock.now()
    spoken = choose(language, policy.tenant, None if language else address)
    setting = Setting(
        words=Words(spoken, policy.tenant.zone),
        policy=policy,
        now=now,
        public_url=house.settings.public_url or NOWHERE,
    )
    context = next(one for one in every_mail(setting, 3) if one.KIND is kind)
    made = letter(context, setting.words, address)
    marker = hashlib.sha256(f"test|{address}|{kind}|{now.isoformat()}".encode()).hexdigest()[:32]
    draft = await house.mailer.draft(made, marker)
    await house.mailer.send(draft.id)
    out.print(f"sent in {spoken}: {made.subject}", markup=False)


def _message(made: Letter, sender: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, made.to, made.subject
    message.set_content(made.text)
    message.add_alternative(made.html, subtype="html")
    return bytes(message)
