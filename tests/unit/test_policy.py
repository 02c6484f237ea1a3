"""The policy document: safe defaults, strict reading, and a page that lists every setting."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from reviews.model import Kind
from reviews.policy import Exemption, Mode, Policy
from tests.builders import guid
from tests.policy_fields import policy_fields
from tests.tables import table


def test_the_page_lists_every_setting_with_default_and_meaning() -> None:
    listed = [(row["setting"], row["default"], row["meaning"]) for row in table("Every setting")]
    plain = [tuple(cell.replace("`", "") for cell in row) for row in policy_fields()]
    assert listed == plain


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, _, meaning in policy_fields() if not meaning] == []


def test_after_installation_nothing_is_done() -> None:
    assert Policy().mode is Mode.REPORT
    assert set(Policy().scope.kinds) == {
        Kind.EXTERNAL_GUEST,
        Kind.PENDING_GUEST,
        Kind.PERSONAL_GUEST,
        Kind.TENANT_SYNCED_GUEST,
    }


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"mode": "destroy"}, "mode"),
        ({"mood": "good"}, "mood"),
        ({"thresholds": {"inactive_after": "P3M"}}, "inactive_after"),
        ({"thresholds": {"inactive_after": "90"}}, "inactive_after"),
        ({"thresholds": {"inactive_after": 90}}, "inactive_after"),
        ({"thresholds": {"inactive_after": "P1Y"}}, "inactive_after"),
        ({"thresholds": {"inactive_after": "PT"}}, "inactive_after"),
        ({"tenant": {"zone": "Europe/Amsterdamn"}}, "zone"),
        ({"tenant": {"zone": "../etc/passwd"}}, "zone"),
        ({"tenant": {"languages": ["nl-BE"]}}, "languages"),
        ({"schedules": {"night": {"cron": "0 30 1 * * *"}}}, "cron"),
        ({"schedules": {"night": {"cron": "0 0 30 2 *"}}}, "cron"),
        ({"reviewers": {"fallback": ["jan@contoso.example"]}}, "fallback"),
        ({"reviewers": {"max_open_items": 0}}, "max_open_items"),
        ({"reviewers": {"never": ["^svc-("]}}, "never"),
        ({"reviewers": {"chain": ["inviter", "inviter"]}}, "reviewers"),
        ({"packages": {"lasts": "P28D"}}, "packages"),
        ({"tiers": {"high": {"names": ["["]}}}, "names"),
        ({"reviews": {"duration": "PT36H"}}, "reviews"),
        ({"reviews": {"duration": "P181D"}}, "reviews"),
        ({"caps": {"harmful_share": 1.01}}, "harmful_share"),
        ({"caps": {"harmful_per_run": -1}}, "harmful_per_run"),
        ({"exemptions": [{"guest": guid(1), "reason": "legal hold"}]}, "until"),
        ({"exemptions": [{"guest": guid(1), "reason": "", "until": "2027-01-01"}]}, "reason"),
        ({"mail": {"sender": "Guest desk <desk@contoso.example>"}}, "sender"),
        ({"mail": {"sends_per_minute": 31}}, "sends_per_minute"),
    ],
)
def test_a_document_that_cannot_be_meant_is_refused_naming_the_place(
    document: dict[str, Any], where: str
) -> None:
    with pytest.raises(ValidationError) as problems:
        Policy.model_validate(document)
    assert where in problems.value.errors()[0]["loc"]


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(ValidationError) as problems:
        Policy.model_validate({"mode": "destroy", "mood": "good", "tenant": {"zone": "Mars"}})
    assert problems.value.error_count() == 3


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("P90D", timedelta(days=90)),
        ("PT8H", timedelta(hours=8)),
        ("P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        (timedelta(days=7), timedelta(days=7)),
    ],
)
def test_durations_are_read_as_written(written: object, read: timedelta) -> None:
    assert (
        Policy.model_validate({"thresholds": {"inactive_after": written}}).thresholds.inactive_after == read
    )


def test_an_address_is_read_as_written() -> None:
    policy = Policy.model_validate({"mail": {"operators": ["ops@contoso.example"]}})
    assert policy.mail.operators == ("ops@contoso.example",)


def test_a_policy_is_named_by_what_it_says() -> None:
    assert Policy().fingerprint() == Policy.model_validate({"mode": "report"}).fingerprint()
    assert Policy().fingerprint() != Policy(mode=Mode.ENFORCE).fingerprint()
    assert len(Policy().fingerprint()) == 64


def test_a_policy_cannot_be_edited_in_place() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Policy().mode = Mode.ENFORCE  # type: ignore[misc]


def test_an_exemption_holds_through_its_last_day() -> None:
    kept = Exemption(guest=guid(1), reason="legal hold", until=date(2026, 11, 20))
    policy = Policy(exemptions=(kept,))
    assert policy.exemption(guid(1), date(2026, 11, 20)) == kept
    assert policy.exemption(guid(1), date(2026, 11, 21)) is None
    assert policy.exemption(guid(2), date(2026, 11, 20)) is None


def test_ids_and_domains_hold_however_they_were_typed() -> None:
    policy = Policy.model_validate(
        {
            "tenant": {"home_domains": ["Contoso.Example"]},
            "reviewers": {"fallback": ["ABCDEFAB-0000-4000-8000-00000000000A"]},
        }
    )
    assert policy.tenant.home_domains == ("contoso.example",)
    assert policy.reviewers.fallback == ("abcdefab-0000-4000-8000-00000000000a",)
