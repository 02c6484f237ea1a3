"""Who is looked at, who is asked, who is left alone, and where mail leaves from."""

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field

from reviews.model import Kind
from reviews.policy.types import Address, Domain, Duration, ObjectId, Part, Zone


class Tenant(Part):
    """Facts about the tenant that Graph does not tell."""

    home_domains: tuple[Domain, ...] = ()
    """Verified domains of the tenant; an account whose identity is issued by one of them is internal."""
    zone: Zone = "Europe/Amsterdam"
    """Zone of quiet days and deadlines."""
    language: str = "en"
    """Language of mails to people whose own language is not known or not supported."""
    languages: tuple[Literal["en", "nl"], ...] = ("en", "nl")
    """Languages mails are sent in."""


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
    """Who answers when no sponsor can."""

    fallback: tuple[ObjectId, ...] = ()
    """Object ids of enabled members who are asked when there is no healthy sponsor, and on escalation."""
    privileged: tuple[ObjectId, ...] = ()
    """Who is asked about privileged guests, instead of sponsors; empty: whoever is asked about any other."""
    max_open_items: Annotated[int, Field(ge=1, le=90)] = 40
    """A reviewer with this many open questions gets no new ones; the riskiest come first."""


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


class Mail(Part):
    """Where mail leaves from and who is told about runs."""

    sender: Address = "guest-desk@contoso.example"
    """The one mailbox Gatehouse may send from."""
    operators: tuple[Address, ...] = ()
    """Who gets the digest of each run and every alert."""
    sends_per_minute: Annotated[int, Field(ge=1, le=30)] = 20
    """Exchange Online takes 30 a minute from one mailbox."""
