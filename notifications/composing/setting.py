"""What every mail and page of one reader shares."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypedDict

from notifications import names
from notifications.words import Words
from reviews.model import BatchId, CaseId, Person
from reviews.policy import Policy, Wording

MY_ACCESS: Final = "https://myaccess.microsoft.com/#/access-reviews"
"""Where a reviewer finds the native review."""


class Foot(TypedDict):
    """The fields of ``contexts.Mail``: what stands at the foot of every mail."""

    organisation: str
    contact: str
    closing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What every mail of one reader shares: their words, the policy, the moment, the address of our pages."""

    words: Words
    policy: Policy
    now: datetime
    public_url: str

    @property
    def wording(self) -> Wording:
        """What the admins add in the reader's language; nothing when they add nothing in it."""
        return self.policy.mail.wording.get(self.words.language, Wording())

    @property
    def organisation(self) -> str:
        """What the admins call it, else the tenant's own domain, else that of the sender."""
        homes = self.policy.tenant.home_domains
        return self.wording.organisation or (homes[0] if homes else self.contact.rpartition("@")[2])

    @property
    def contact(self) -> str:
        """The address people may write to."""
        return self.policy.mail.sender

    @property
    def foot(self) -> Foot:
        """What stands at the foot of every mail."""
        closing = names.paragraphs(self.wording.closing)
        return Foot(organisation=self.organisation, contact=self.contact, closing=closing)

    def answer_url(self, batch_id: BatchId) -> str:
        """Return the address of a batch's answer page."""
        return f"{self.public_url.rstrip('/')}/r/{batch_id}"

    def undo_url(self, batch_id: BatchId, case_id: CaseId) -> str:
        """Return the address of the page that brings the guest of a case back."""
        return f"{self.public_url.rstrip('/')}/u/{batch_id}/{case_id}"


def reviewer_name(reviewer: Person | None, words: Words) -> str:
    """Return what a reviewer is called in a salutation."""
    return (reviewer and names.clean(reviewer.name)) or words.say("reviewer.nameless")
