"""The policy document: what an admin may tune, and what each value means.

Read through pydantic, frozen, unknown keys refused. ``python -m admin policy schema`` prints its JSON Schema.
Durations are ISO 8601 in days, hours, minutes or seconds (``P90D``, ``PT8H``); months and years have no
fixed length and are refused.
"""

import hashlib
import json
import re
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from reviews.cron import read_cron
from reviews.model import Kind

_DURATION = re.compile(r"P(?=\d|T\d)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?", re.ASCII)


def _iso(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not _DURATION.fullmatch(value):
        raise ValueError(f"write a duration such as P90D or PT8H, not {value!r}")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{value!r} is not an IANA time zone such as Europe/Amsterdam") from error
    return value


def _cron(value: str) -> str:
    read_cron(value)
    return value


def _address(value: str) -> str:
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+", value):
        raise ValueError("write one mail address such as guest-desk@contoso.example")
    return value


Duration = Annotated[timedelta, BeforeValidator(_iso)]
Zone = Annotated[str, AfterValidator(_zone)]
CronLine = Annotated[str, AfterValidator(_cron)]
Address = Annotated[str, AfterValidator(_address)]
Share = Annotated[float, Field(ge=0, le=1)]
ObjectId = Annotated[
    str,
    Field(pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"),
    # Graph writes object ids in lower case; an exemption must hold however it was typed.
    AfterValidator(str.lower),
]
Domain = Annotated[str, AfterValidator(str.lower)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Mode(StrEnum):
    """How far a night may go."""

    REPORT = "report"
    PROPOSE = "propose"
    ENFORCE = "enforce"


class NoAnswer(StrEnum):
    """What follows when a delivered question stays unanswered past its deadline."""

    ESCALATE = "escalate"
    BLOCK = "block"


class Schedule(_Part):
    """When a job runs: five cron fields, read in an IANA zone."""

    cron: CronLine
    """Minute, hour, day of month, month, day of week, for example ``30 1 * * *``."""
    zone: Zone = "UTC"
    """The zone the fields are read in."""


class Schedules(_Part):
    """One schedule per job."""

    night: Schedule = Schedule(cron="30 1 * * *")
    """Find, judge, plan, hand over."""
    track: Schedule = Schedule(cron="15 */4 * * *")
    """Read answers given in My Access, close what is over, send what is owed."""
    seal: Schedule = Schedule(cron="45 5 * * *")
    """Seal the record of the day before with a Merkle root."""


class Quiet(_Part):
    """Days without new questions and without harmful steps. Clocks run on; the steps come the day after."""

    weekends: bool = True
    """Saturdays and Sundays, in the tenant's zone."""
    days: tuple[date, ...] = ()
    """Single days, for example public holidays."""


class Tenant(_Part):
    """Facts about the tenant that Graph does not tell."""

    home_domains: tuple[Domain, ...] = ()
    """Verified domains of the tenant; an account whose identity is issued by one of them is internal."""
    zone: Zone = "Europe/Amsterdam"
    """Zone of quiet days and deadlines."""
    language: str = "en"
    """Language of mails to people whose own language is not known or not supported."""
    languages: tuple[Literal["en", "nl"], ...] = ("en", "nl")
    """Languages mails are sent in."""


class Scope(_Part):
    """Which accounts are looked at."""

    kinds: tuple[Kind, ...] = (Kind.EXTERNAL_GUEST, Kind.PENDING_GUEST)
    """Kinds that may be asked about."""
    min_account_age: Duration = timedelta(days=30)
    """A new guest gets a first chance."""


class Thresholds(_Part):
    """When silence becomes a reason to ask."""

    inactive_after: Duration = timedelta(days=90)
    """No successful sign-in for longer than this: stale."""
    never_signed_in_after: Duration = timedelta(days=60)
    """Redeemed, never seen: stale after this long since redemption or creation."""
    pending_after: Duration = timedelta(days=30)
    """Invited and never redeemed: asked about after this long."""
    attempts_only_after: Duration = timedelta(days=30)
    """Attempts without success: asked about after this long since the last attempt."""


class Reviewers(_Part):
    """Who answers when no sponsor can."""

    fallback: tuple[ObjectId, ...] = ()
    """Object ids of enabled members who are asked when there is no healthy sponsor, and on escalation."""
    max_open_items: Annotated[int, Field(ge=1, le=90)] = 40
    """A reviewer with this many open questions gets no new ones; the riskiest come first."""


class Reviews(_Part):
    """How a question is put."""

    duration: Duration = timedelta(days=14)
    """From opening to deadline."""
    rest_after_keep: Duration = timedelta(days=180)
    """A guest somebody vouched for is left alone this long."""
    rest_after_no_answer: Duration = timedelta(days=30)
    """A guest nobody answered for, neither sponsor nor fallback, is asked about again after this long."""
    justification_on_keep: Literal["never", "when-suggested-remove", "always"] = "when-suggested-remove"
    """When keeping needs a reason in words."""

    @model_validator(mode="after")
    def _whole_days(self) -> Self:
        if self.duration % timedelta(days=1) or not timedelta(days=1) <= self.duration <= timedelta(days=180):
            raise ValueError(
                "reviews.duration must be whole days, P1D to P180D: Graph counts instances in days"
            )
        return self


class Actions(_Part):
    """What follows an answer."""

    on_no_answer: NoAnswer = NoAnswer.ESCALATE
    """Past the deadline: ask the fallback reviewers, or treat silence as a no."""
    grace: Duration = timedelta(days=7)
    """From the sent notice to the block."""
    quarantine: Duration = timedelta(days=30)
    """From the verified block to the soft delete."""
    soft_delete: bool = True
    """False leaves denied guests blocked for good."""


class Caps(_Part):
    """How much a night may do. Over a harmful cap nothing harmful happens at all and the plan waits."""

    asks_per_run: Annotated[int, Field(ge=0)] = 500
    """New questions in one night; the rest waits for the next."""
    harmful_per_run: Annotated[int, Field(ge=0)] = 25
    """Notices, blocks and deletes together, each guest once."""
    harmful_share: Share = 0.05
    """The same as a share of all guests, never below one guest; the smaller of the two counts."""


class Breakers(_Part):
    """When the directory looks wrong: report only, tonight."""

    unread_sign_ins: Share = 0.30
    """Share of accepted guests without any sign-in record, above which the feed counts as broken."""
    shrunk_by: Share = 0.20
    """Share of guests missing against the last night."""
    set_aside: Share = 0.02
    """Share of accounts whose record could not be understood."""


class Exemption(_Part):
    """A guest left alone, for a reason, until a date."""

    guest: ObjectId
    """Object id of the guest."""
    reason: Annotated[str, Field(min_length=3)]
    """Why, for the auditor."""
    until: date
    """The last day it holds; there is no exemption without an end."""


class Mail(_Part):
    """Where mail leaves from and who is told about runs."""

    sender: Address = "guest-desk@contoso.example"
    """The one mailbox Gatehouse may send from."""
    operators: tuple[Address, ...] = ()
    """Who gets the digest of each run and every alert."""
    sends_per_minute: Annotated[int, Field(ge=1, le=30)] = 20
    """Exchange Online takes 30 a minute from one mailbox."""


class Policy(_Part):
    """The whole document. Every value has a safe default; the mode is report."""

    version: Literal[1] = 1
    """Version of this format."""
    name: str = "default"
    """Name shown on reports."""
    mode: Mode = Mode.REPORT
    """report: plan only. propose: also ask; harmful steps wait for approval. enforce: also act."""
    tenant: Tenant = Tenant()
    schedules: Schedules = Schedules()
    quiet: Quiet = Quiet()
    scope: Scope = Scope()
    thresholds: Thresholds = Thresholds()
    reviewers: Reviewers = Reviewers()
    reviews: Reviews = Reviews()
    actions: Actions = Actions()
    caps: Caps = Caps()
    breakers: Breakers = Breakers()
    exemptions: tuple[Exemption, ...] = ()
    """Guests left alone, each for a reason and until a date."""
    mail: Mail = Mail()

    def fingerprint(self) -> str:
        """Return the SHA-256 of the canonical document: the name of this policy in every plan and record."""
        document = self.model_dump(mode="json")
        return hashlib.sha256(
            json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
        ).hexdigest()

    def exemption(self, guest_id: str, on: date) -> Exemption | None:
        """Return the exemption that holds for a guest on a day, or None."""
        return next((e for e in self.exemptions if e.guest == guest_id and on <= e.until), None)
