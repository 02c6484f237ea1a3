"""What a mailbox answers by itself: the shapes in which Exchange Online hands such answers to a program."""

from collections.abc import Iterable
from enum import StrEnum

from sandbox.tenant_directory import Json

POSTMASTER = "postmaster@contoso.example"


class Reflex(StrEnum):
    """What comes back to who writes to an address."""

    UNKNOWN = "unknown"
    """There is no such mailbox."""
    FULL = "full"
    """The mailbox takes nothing for now; the service keeps trying."""
    AWAY = "away"
    """Its owner is away and says so."""


def answer_to(
    reflex: Reflex, message_id: str, address: str, subject: str, headers: Iterable[tuple[str, str]]
) -> Json:
    """Return the message that comes back, as Graph shows it in the sender's Inbox."""
    origin = [("In-Reply-To", message_id), ("References", message_id), ("Auto-Submitted", "auto-replied")]
    if reflex is Reflex.AWAY:
        away = [*origin, ("X-Auto-Response-Suppress", "All")]
        return _message(address, f"Automatic reply: {subject}", away, "I am out of the office until Monday.")
    report = ("Content-Type", "multipart/report; report-type=delivery-status; boundary=b1")
    told = "\n".join(f"{name}: {value}" for name, value in headers)
    if reflex is Reflex.FULL:
        words = f"Delivery to {address} is delayed.\n452 4.2.2 The mailbox is full\n\n{told}"
        return _message(POSTMASTER, f"Delivery delayed: {subject}", [*origin, report], words)
    words = (
        f"Your message to {address} couldn't be delivered.\n"
        f"550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup\n\n"
        f"Original Message Headers\n{told}\nMessage-ID: {message_id}"
    )
    ndr = [*origin, ("X-MS-Exchange-Message-Is-Ndr", ""), report]
    return _message(POSTMASTER, f"Undeliverable: {subject}", ndr, words)


def _message(sender: str, subject: str, headers: Iterable[tuple[str, str]], words: str) -> Json:
    return {
        "subject": subject,
        "from": {"emailAddress": {"address": sender, "name": sender}},
        "sender": {"emailAddress": {"address": sender, "name": sender}},
        "body": {"contentType": "text", "content": words},
        "internetMessageHeaders": [{"name": name, "value": value} for name, value in headers],
    }
