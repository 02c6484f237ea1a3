import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.people import Population
from sandbox.people_ids import Ids
from sandbox.stories import (
    a_million,
    fifty_guests,
)

NOW = datetime(2026, 9, 1, 6, 30, tzinfo=UTC)
SHARED = Path(__file__).parents[3] / "shared"


def a_tenant(guests: int, **unusual: Any) -> Population:
    known: dict[str, Any] = {"seed": 7, "member_count": max(8, guests // 8), "as_of": NOW}
    return Population(guest_count=guests, **(known | unusual))


def test_two_populations_of_one_seed_are_the_same_people() -> None:
    one, other = a_tenant(300), a_tenant(300)

    assert [one.guest(n) for n in range(300)] == [other.guest(n) for n in reversed(range(300))][::-1]
    assert [one.member(n) for n in range(37)] == [other.member(n) for n in range(37)]
    assert [one.group(n) for n in range(one.group_count)] == [other.group(n) for n in range(one.group_count)]
    assert [one.sponsors(one.guest(n)["id"]) for n in range(300)] == [
        other.sponsors(other.guest(n)["id"]) for n in range(300)
    ]


def test_another_seed_makes_other_people_with_other_ids() -> None:
    one, other = a_tenant(50), a_tenant(50, seed=8)

    assert not {one.guest(n)["id"] for n in range(50)} & {other.guest(n)["id"] for n in range(50)}
    assert other.find(one.guest(3)["id"]) is None


def test_a_bigger_tenant_keeps_its_first_guests() -> None:
    assert a_tenant(100).guest(42) == a_tenant(100_000).guest(42)


def test_a_caller_may_change_a_record_without_changing_the_tenant() -> None:
    tenant = a_tenant(10)

    tenant.guest(1)["identities"].clear()

    assert tenant.guest(1)["identities"]


@pytest.mark.parametrize("kind", ["guest", "member", "group"])
def test_ten_thousand_ids_are_distinct_guids_and_lead_back(kind: Any) -> None:
    ids = Ids(seed=7)

    made = [ids.of(kind, n) for n in range(10_000)]

    assert [ids.find(one) for one in made] == [(kind, n) for n in range(10_000)]
    assert len(set(made)) == 10_000


@given(st.integers(), st.sampled_from(["guest", "member", "group"]), st.integers(0, 2**40 - 1))
def test_any_id_leads_back_to_its_index(seed: int, kind: Any, index: int) -> None:
    ids = Ids(seed=seed)

    assert ids.find(ids.of(kind, index)) == (kind, index)
    assert ids.find(ids.of(kind, index).upper()) == (kind, index)


@given(st.integers(0, 31), st.sampled_from("0123456789abcdef"))
def test_an_id_with_one_digit_changed_is_nobodys(place: int, digit: str) -> None:
    tenant = a_tenant(100)
    digits = list(tenant.guest(5)["id"])
    at = [i for i, letter in enumerate(digits) if letter != "-"][place]
    changed = digits[at] != digit
    digits[at] = digit

    assert (tenant.find("".join(digits)) is None) == changed


@pytest.mark.parametrize("text", ["", "me", "ada@partner.example", "00000000-0000-0000-0000-000000000000"])
def test_what_is_no_id_of_the_tenant_is_nobodys(text: str) -> None:
    assert a_tenant(10).find(text) is None


def test_an_id_beyond_the_count_is_nobodys() -> None:
    assert a_tenant(10).find(a_tenant(11).guest(10)["id"]) is None


def users_schema() -> Any:
    path = SHARED / "graph" / "graph-schema.json"
    if not path.exists():
        pytest.skip("the derived Graph schema is not beside this clone")
    schema = json.loads(path.read_text(encoding="utf-8"))
    return lambda name: jsonschema_rs.validator_for(
        {
            "$schema": schema["$schema"],
            "$defs": schema["$defs"],
            "$ref": f"#/$defs/{name}",
        }
    )


def test_records_are_users_and_groups_as_graph_knows_them() -> None:
    validator = users_schema()
    user, group = validator("microsoft.graph.user"), validator("microsoft.graph.group")
    tenant, cast = a_tenant(500, hostile_share=0.1), fifty_guests().population

    for one in (tenant, cast):
        people = [one.guest(n) for n in range(one.guest_count)] + [
            one.member(n) for n in range(one.member_count)
        ]
        assert [error.message for person in people for error in user.iter_errors(person)] == []
        groups = [one.group(n) for n in range(one.group_count)]
        assert [error.message for entry in groups for error in group.iter_errors(entry)] == []
    assert not user.is_valid(tenant.guest(0) | {"createdDateTime": "yesterday"})


def test_a_million_guests_are_not_kept_in_memory() -> None:
    tenant = a_million().population
    tenant.guest(0)
    tracemalloc.start()

    for n in range(0, 1_000_000, 200):
        tenant.sponsors(tenant.guest(n)["id"])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1_000_000


@pytest.mark.parametrize("n", [-1, 10])
def test_asking_beyond_the_count_is_an_error(n: int) -> None:
    tenant = a_tenant(10, member_count=10)

    for ask in (tenant.guest, tenant.member, tenant.member_deleted):
        with pytest.raises(IndexError):
            ask(n)
    with pytest.raises(IndexError):
        tenant.returns_on(n, NOW.date())


@pytest.mark.parametrize(
    "unusual", [{"guest_count": 0}, {"member_count": 0}, {"as_of": NOW.replace(tzinfo=None)}]
)
def test_an_impossible_population_is_refused(unusual: dict[str, Any]) -> None:
    known: dict[str, Any] = {"seed": 1, "guest_count": 1, "member_count": 1, "as_of": NOW}

    assert Population(**known).guest(0)["userType"] == "Guest"
    with pytest.raises(ValueError, match=r"at least one|aware"):
        Population(**(known | unusual))
