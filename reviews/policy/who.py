"""Who is looked at, who is asked, who is left alone, and where mail leaves from."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from reviews.model import Kind, Rung
from reviews.policy.types import (
    Address,
    Domain,
    Duration,
    Language,
    LongText,
    Never,
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

    kinds: tuple[Kind, ...] = (
        Kind.EXTERNAL_GUEST,
        Kind.PENDING_GUEST,
        Kind.PERSONAL_GUEST,
        Kind.TENANT_SYNCED_GUEST,
    )
    """Kinds that may be asked about."""
    min_account_age: Duration = timedelta(days=30)
    """A new guest gets a first chance."""


class Reviewers(Part):
    """Who answers for a guest."""

    chain: tuple[Rung, ...] = tuple(Rung)
    """The rungs of the ladder, first first: who is asked when those before cannot answer."""
    never: tuple[Never, ...] = ()
    """Who is never asked: object ids, or patterns of user principal names such as ``^svc-``."""
    group_members: Annotated[int, Field(ge=1, le=100)] = 25
    """Members of a sponsor group are asked up to this many; of a larger one its owners are."""
    fallback: tuple[ObjectId, ...] = ()
    """Object ids of enabled members who are asked when there is no healthy sponsor, and on escalation."""
    privileged: tuple[ObjectId, ...] = ()
    """Who is asked about privileged guests, instead of sponsors; empty: whoever is asked about any other."""
    max_open_items: Annotated[int, Field(ge=1, le=90)] = 40
    """A reviewer with this many open questions gets no new ones; the riskiest come first."""
    max_hops: Annotated[int, Field(ge=0, le=5)] = 3
    """How often one question may be handed over to another person; after that it waits for its deadline."""
    absent_for: Duration = timedelta(days=7)
    """How long a reviewer's account may be switched off before their open questions are handed over."""

    @model_validator(mode="after")
    def _each_rung_once(self) -> Self:
        if len(set(self.chain)) != len(self.chain):
            raise ValueError("reviewers.chain must name a rung once")
        return self


class Backfill(StrEnum):
    """What follows when somebody who is no sponsor answers for a guest."""

    OFF = "off"
    PROPOSE = "propose"
    APPLY = "apply"


class Sponsors(Part):
    """What is done about guests without a sponsor."""

    backfill: Backfill = Backfill.PROPOSE
    """Who answered for a guest without being its sponsor: off, propose (the plan lists them) or apply."""


class Partners(Part):
    """What is watched of the organisations guests come from."""

    disallowed: tuple[Domain, ...] = ()
    """Domains whose guests are asked about whether they are used or not, subdomains included."""
    surge_from: Annotated[int, Field(ge=1)] = 10
    """This many new guests of one domain in a week may be a surge,"""
    surge_factor: Annotated[float, Field(ge=1)] = 3.0
    """if they are more than this many times what thirteen weeks before brought on average."""


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
