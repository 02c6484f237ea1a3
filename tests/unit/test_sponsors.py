"""Whether a person can answer for a guest: the reviewer, read again, of docs/policy.md."""

import pytest

from reviews.model import GuestId, Person, PersonId
from reviews.policy import Reviewers
from reviews.sponsors import fit, health, is_never_asked
from tests.builders import GUEST, SARA, a_person, guid
from tests.ladders import CHANGES, NEVER_A_SERVICE
from tests.tables import table


@pytest.mark.parametrize("row", table("The reviewer, read again"), ids=str)
def test_each_documented_reviewer_is_fit_or_not(row: dict[str, str]) -> None:
    person: Person | None
    if row["reviewer"] == "gone":
        person = None
    elif row["reviewer"] == "itself":
        person = a_person(PersonId(GUEST))
    else:
        person = a_person(**CHANGES[row["reviewer"]])
    reason = fit(person, {GUEST, GuestId(guid(2))}, NEVER_A_SERVICE)
    assert (reason.code if reason else "-") == row["reason"]


def test_an_empty_mail_address_is_none() -> None:
    reason = health(a_person(mail=""), GUEST, Reviewers())
    assert reason is not None
    assert reason.code == "sponsor-without-mail"


@pytest.mark.parametrize(
    ("never", "ruled_out"),
    [
        ((), False),
        ((SARA,), True),
        ((SARA.upper(),), True),
        ((guid(1),), False),
        (("^sara@",), True),
        (("^SARA@",), True),
        (("^ara@",), False),
        (("@contoso[.]example$",), True),
    ],
)
def test_a_person_is_ruled_out_by_id_or_by_the_name_they_sign_in_with(
    never: tuple[str, ...], *, ruled_out: bool
) -> None:
    assert is_never_asked(SARA, "sara@contoso.example", Reviewers(never=never)) is ruled_out


def test_a_pattern_rules_nobody_out_whose_name_is_not_known() -> None:
    assert not is_never_asked(SARA, "", Reviewers(never=("^",)))
