"""The policy document: what an admin may tune, and what each value means.

Read through pydantic, frozen, unknown keys refused. ``python -m admin policy schema`` prints its JSON Schema.
Durations are ISO 8601 in days, hours, minutes or seconds (``P90D``, ``PT8H``); months and years have no
fixed length and are refused.
"""

from reviews.policy.document import Mode, Policy
from reviews.policy.governance import ChangeMode, Coexistence, Cohort, CostGuard, GroupReviews, Packages
from reviews.policy.reach import Label, Pattern, TierRule, Tiers
from reviews.policy.types import (
    Address,
    CronLine,
    Domain,
    Duration,
    Language,
    LocalTime,
    ObjectId,
    Share,
    Zone,
)
from reviews.policy.what import Actions, Breakers, Caps, NoAnswer, Quorum, Reviews, Thresholds
from reviews.policy.when import Cadence, Quiet, Schedule, Schedules
from reviews.policy.who import (
    Backfill,
    Exemption,
    Mail,
    Partners,
    Reviewers,
    Scope,
    Sponsors,
    Tenant,
    Wording,
)

__all__ = [
    "Actions",
    "Address",
    "Backfill",
    "Breakers",
    "Cadence",
    "Caps",
    "ChangeMode",
    "Coexistence",
    "Cohort",
    "CostGuard",
    "CronLine",
    "Domain",
    "Duration",
    "Exemption",
    "GroupReviews",
    "Label",
    "Language",
    "LocalTime",
    "Mail",
    "Mode",
    "NoAnswer",
    "ObjectId",
    "Packages",
    "Partners",
    "Pattern",
    "Policy",
    "Quiet",
    "Quorum",
    "Reviewers",
    "Reviews",
    "Schedule",
    "Schedules",
    "Scope",
    "Share",
    "Sponsors",
    "Tenant",
    "Thresholds",
    "TierRule",
    "Tiers",
    "Wording",
    "Zone",
]
