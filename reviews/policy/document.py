"""The policy as a whole."""

import hashlib
import json
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal, Self

from pydantic import model_validator

from reviews.policy.governance import Coexistence, CostGuard, GroupReviews, Packages
from reviews.policy.reach import Label, Tiers
from reviews.policy.types import Part
from reviews.policy.what import Actions, Breakers, Caps, Reviews, Thresholds
from reviews.policy.when import Cadence, Quiet, Record, Schedules
from reviews.policy.who import Exemption, Mail, Partners, Reviewers, Scope, Sponsors, Tenant


class Mode(StrEnum):
    """How far a night may go."""

    REPORT = "report"
    PROPOSE = "propose"
    ENFORCE = "enforce"


class Policy(Part):
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
    cadence: Cadence = Cadence()
    scope: Scope = Scope()
    thresholds: Thresholds = Thresholds()
    reviewers: Reviewers = Reviewers()
    sponsors: Sponsors = Sponsors()
    reviews: Reviews = Reviews()
    actions: Actions = Actions()
    caps: Caps = Caps()
    breakers: Breakers = Breakers()
    partners: Partners = Partners()
    tiers: Tiers = Tiers()
    labels: tuple[Label, ...] = ()
    """The sensitivity labels of the tenant; one that guests meet and that is missing here is reported."""
    packages: Packages = Packages()
    group_reviews: GroupReviews = GroupReviews()
    coexistence: Coexistence = Coexistence()
    cost_guard: CostGuard = CostGuard()
    exemptions: tuple[Exemption, ...] = ()
    """Guests left alone, each for a reason and until a date."""
    mail: Mail = Mail()
    record: Record = Record()

    @model_validator(mode="after")
    def _reminders_fit(self) -> Self:
        """Refuse reminders of which a reviewer would never hear: the question is over by then."""
        cadence, over = self.cadence, self.reviews.duration
        reminders = cadence.reminders if "reminders" in cadence.model_fields_set else ()
        last = cadence.final or timedelta()
        if any(reminder >= over - last for reminder in reminders):
            raise ValueError("cadence.reminders must lie before cadence.final and inside reviews.duration")
        return self

    def fingerprint(self) -> str:
        """Return the SHA-256 of the canonical document: the name of this policy in every plan and record."""
        document = self.model_dump(mode="json")
        return hashlib.sha256(
            json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
        ).hexdigest()

    def exemption(self, guest_id: str, on: date) -> Exemption | None:
        """Return the exemption that holds for a guest on a day, or None."""
        return next((e for e in self.exemptions if e.guest == guest_id and on <= e.until), None)
