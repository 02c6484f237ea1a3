"""Where guests come from: what stands out, row by row of docs/finding.md; and that no guest is kept."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.kinds import home_domain
from reviews.model import Guest
from reviews.partners import MOST_DOMAINS, PartnerCount, disallowed
from reviews.staleness import judge
from tests.builders import NOW, a_guest, a_pending_guest, ago
from tests.reach import A_POLICY, guest_of
from tests.strategies import guests
from tests.tables import DOCS, codes, table

FINDING = DOCS / "finding.md"


def counted(count: PartnerCount, domain: str, created: float) -> None:
    guest = replace(guest_of(domain, "healthy"), created_at=ago(created))
    verdict = judge(guest, A_POLICY.thresholds, A_POLICY.scope.min_account_age, NOW)
    count.look(guest, verdict)


@pytest.mark.parametrize("row", table("What stands out", FINDING), ids=str)
def test_each_documented_domain_is_found_or_not(row: dict[str, str]) -> None:
    count = PartnerCount(NOW)
    new, before = int(row["new"]), int(row["before"])
    for number in range(int(row["guests"])):
        created = 6 if number < new else 50 if number < new + before else 500
        counted(count, row["domain"], created)
    found = tuple(reason.code for reason in count.findings(A_POLICY))
    assert found == codes(row["finding"])


def test_a_guest_comes_from_where_it_was_invited_whatever_its_mail_says_now() -> None:
    assert home_domain(a_guest(mail="ada@elsewhere.example")) == "partner.example"
    assert (
        home_domain(a_guest(user_principal_name="ada@contoso.example", mail="Ada@Own.Example"))
        == "own.example"
    )
    assert home_domain(a_guest(user_principal_name="ada@contoso.example", mail=None)) is None
    assert home_domain(a_guest(user_principal_name="a_b#EXT#@contoso.example")) is None


def test_a_domain_below_a_disallowed_one_is_disallowed_too() -> None:
    assert disallowed(guest_of("banned.example", "none"), A_POLICY)
    assert disallowed(guest_of("a.b.banned.example", "none"), A_POLICY)
    assert disallowed(guest_of("notbanned.example", "none"), A_POLICY) is None
    assert disallowed(a_guest(user_principal_name="x", mail=None), A_POLICY) is None


def test_more_domains_than_there_is_room_for_are_counted_together() -> None:
    count = PartnerCount(NOW)
    for number in range(MOST_DOMAINS + 3):
        counted(count, f"d{number}.example", 100)
    counted(count, "d0.example", 100)
    assert count.others == 3
    assert len(count.partners()) == MOST_DOMAINS
    assert count.partners()[0].domain == "d0.example"


def test_pending_silent_and_nameless_guests_are_told_apart() -> None:
    count = PartnerCount(NOW)
    for guest in (a_guest(1), a_pending_guest(2), a_guest(3, user_principal_name="x", mail=None)):
        count.look(guest, judge(guest, A_POLICY.thresholds, A_POLICY.scope.min_account_age, NOW))
    (partner,) = count.partners()
    assert (partner.guests, partner.stale, partner.pending, count.nameless) == (2, 2, 1, 1)


@given(st.lists(guests(), max_size=12), st.randoms(use_true_random=False))
def test_every_guest_is_counted_once_in_whatever_order_they_come(many: list[Guest], chance: Random) -> None:
    def counted_in(order: list[Guest]) -> tuple[int, list[tuple[str, int, int]]]:
        count = PartnerCount(NOW)
        for guest in order:
            count.look(guest, judge(guest, A_POLICY.thresholds, A_POLICY.scope.min_account_age, NOW))
        return count.nameless, sorted((one.domain, one.guests, one.stale) for one in count.partners())

    nameless, partners = counted_in(many)
    assert nameless + sum(guests for _, guests, _ in partners) == len(many)
    chance.shuffle(shuffled := [*many])
    assert counted_in(shuffled) == (nameless, partners)
