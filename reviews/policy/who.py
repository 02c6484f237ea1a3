"""Who is looked at, who is asked, who is left alone, and where mail leaves from."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field

from reviews.model import Kind
from reviews.policy.types import (
    Address,
    Domain,
    Duration,
    Language,
    LongText,
    ObjectId,
    Part,
    ShortText,
    Zone,
)


class Tenant(Part):
    """Facts about the tenant that Graph does not tell."""

    home_domains: tuple[Domain, ...] = ()
    """Verified domains of the tenant; an account whose identity is issued by one of them is internal."""
    zone: Zone = "Europe/Amsterdam"
    """Zone of quiet days and deadlines."""
    language: str = "en"
    """Language of mails to people whose own language is not known or not supported."""
    languages: tuple[Language, ...] = ("en", "nl")
    """Languages mails are sent in, of those there are words in."""
    language_of: Mapping[Domain, Language] = {}
    """Language by mail address or by the domain after its @; it goes before what the directory says."""


class Scope(Part):
    """Which accounts are looked at."""

    kinds: tuple[Kind, ...] = (Kind.EXTERNAL_GUEST, Kind.PENDING_GUEST)
    """Kinds that may be asked about."""
    min_account_age: Duration = timedelta(days=30)
    """A new guest gets a first chance."""


class Reviewers(Part):
    """Who answers when no sponsor can."""

    fallback: tuple[ObjectId, ...] = ()
    """Object ids of enabled members who are asked when there is no healthy sponsor, and on escalation."""
    max_open_items: Annotated[int, Field(ge=1, le=90)] = 40
    """A reviewer with this many open questions gets no new ones; the riskiest come first."""
    max_hops: Annotated[int, Field(ge=0, le=5)] = 3
    """How often one question may be handed over to another person; after that it waits for its deadline."""
    absent_for: Duration = timedelta(days=7)
    """How long a reviewer's account may be switched off before their open questions are handed over."""


class Exemption(Part):
    """A guest left alone, for a reason, until a date."""

    guest: ObjectId
    """Object id of the guest."""
    reason: Annotated[str, Field(min_length=3)]
    """Why, for the auditor."""
    until: date
    """The last day it holds; there is no exemption without an end."""


class Wording(Part):
    """What the admins add to our mails in one language: plain text, shown as it is typed."""

    organisation: ShortText = ""
    """What the organisation is called in mails; its first home domain when empty."""
    question: LongText = ""
    """Added to every mail that asks about guests. A blank line starts a new paragraph."""
    guest_notice: LongText = ""
    """Added to the warning to a guest."""
    closing: LongText = ""
    """Added at the foot of every mail, for example where to call."""


class Mail(Part):
    """Where mail leaves from and who is told about runs."""

    sender: Address = "guest-desk@contoso.example"
    """The one mailbox Gatehouse may send from."""
    operators: tuple[Address, ...] = ()
    """Who gets the digest of each run and every alert."""
    sends_per_minute: Annotated[int, Field(ge=1, le=30)] = 20
    """Exchange Online takes 30 a minute from one mailbox."""
    wording: Mapping[Language, Wording] = {}
    """What the admins add to the mails, by language."""
