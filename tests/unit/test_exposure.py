"""What a guest reaches, row by row of docs/finding.md; and what holds for any ties."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.graph.operations import ALL
from reviews.exposure import BLIND_SPOTS, PRIVILEGES, exposure_of, no_step_by_itself, privileges
from reviews.model import Obstacle, Path, Thing, Tier, Unreadable
from reviews.model.ties import AppRole, Group, HeldPackage, LabelMark, Ties
from tests.builders import NOW
from tests.reach import A_POLICY, L1, L2, L9, UNREAD, a_group, exposed, tied
from tests.tables import DOCS, table

FINDING = DOCS / "finding.md"


def the_path(ties: Ties) -> Path:
    (path,) = exposure_of(ties, A_POLICY).paths
    return path


@pytest.mark.parametrize("row", table("What stands in the way", FINDING), ids=str)
def test_each_documented_group_meets_its_obstacle(row: dict[str, str]) -> None:
    direct = {"directly": frozenset({"G"}), "through another": frozenset(), "unread": UNREAD}[row["put in"]]
    ties = Ties(read_at=NOW, groups=(a_group(row["group"]),), direct=direct)  # type: ignore[arg-type]
    assert the_path(ties).obstacle == (None if row["obstacle"] == "-" else row["obstacle"])


def test_every_obstacle_is_documented() -> None:
    met = {row["obstacle"] for row in table("What stands in the way", FINDING)} - {"-"}
    assert met | {Obstacle.BY_GROUP, Obstacle.ROLE} == set(Obstacle)
    assert the_path(tied("an app by a group")).obstacle is Obstacle.BY_GROUP
    assert the_path(tied("a role")).obstacle is Obstacle.ROLE


def sensitive(row: dict[str, str]) -> Ties:
    thing, text = row["thing"], row["is"]
    name = text.removeprefix("called ") if text.startswith("called ") else "Thing"
    if thing == "group":
        labels = [{"L1": L1, "L2": L2, "L9": L9}[one] for one in re.findall(r"L\d", text)]
        group = Group(
            id="G",
            name=name,
            is_role_assignable=text == "role-assignable",
            labels=tuple(LabelMark(id=label) for label in labels),
        )
        return Ties(read_at=NOW, groups=(group,), direct=frozenset({"G"}))
    if thing == "app":
        return Ties(read_at=NOW, apps=(AppRole(app_id="A", name=name),))
    if thing == "package":
        return Ties(read_at=NOW, packages=(HeldPackage(id="P", name=name),))
    return tied({"active": "a role", "eligible": "an eligible role"}.get(text, f"an owned {text}"))


@pytest.mark.parametrize("row", table("How sensitive a thing is", FINDING), ids=str)
def test_each_documented_thing_is_of_its_tier(row: dict[str, str]) -> None:
    assert the_path(sensitive(row)).tier == row["tier"]


@pytest.mark.parametrize("row", table("What makes a guest privileged", FINDING), ids=str)
def test_each_documented_guest_is_privileged_or_not(row: dict[str, str]) -> None:
    seen = exposed(row["guest has"])
    held = not isinstance(seen, Unreadable) and bool(privileges(seen))
    assert held is (row["privileged"] == "yes")
    objection = no_step_by_itself(seen)
    assert (objection.code if objection else "-") == row["at the second look"]


def test_what_is_read_is_a_declared_operation_and_unread_under_its_documented_name() -> None:
    rows = table("What is read, and what is not", FINDING)
    assert {row["read from"] for row in rows} <= {one.name for one in ALL}
    nothing = Ties(
        read_at=NOW,
        groups=UNREAD,
        direct=UNREAD,
        apps=UNREAD,
        owned=UNREAD,
        packages=UNREAD,
        roles=UNREAD,
        eligible_roles=UNREAD,
    )
    assert exposure_of(nothing, A_POLICY).unread == tuple(row["unread as"] for row in rows)
    privileged = {row["unread as"] for row in rows if row["a guest may be privileged by it"] == "yes"}
    assert privileged == PRIVILEGES


def test_the_blind_spots_of_the_page_are_those_of_the_code() -> None:
    assert tuple(row["blind spot"] for row in table("Blind spots", FINDING)) == BLIND_SPOTS


def test_the_label_shown_is_the_highest_declared_and_strange_ones_are_named() -> None:
    group = Group(id="G", name="G", labels=(LabelMark(id=L9, name="Odd"), LabelMark(id=L2), LabelMark(id=L1)))
    seen = exposure_of(Ties(read_at=NOW, groups=(group,), direct=frozenset({"G"})), A_POLICY)
    assert seen.paths[0].label == "Strictly confidential"
    assert seen.strange_labels == (L9,)
    odd = Group(id="G", name="G", labels=(LabelMark(id=L9, name="Odd"),))
    seen = exposure_of(Ties(read_at=NOW, groups=(odd,), direct=frozenset({"G"})), A_POLICY)
    assert seen.paths[0].label == "Odd"


def test_the_way_to_a_nested_group_is_told_from_the_guests_own_group_on() -> None:
    ties = Ties(
        read_at=NOW,
        groups=(Group(id="A", name="Own"), Group(id="B", name="Inner"), Group(id="C", name="Outer")),
        direct=frozenset({"A"}),
        chains=(("C", "Own", "Inner"), ("B", "Own")),
    )
    ways = {path.id: path.through for path in exposure_of(ties, A_POLICY).paths}
    assert ways == {"A": (), "B": ("Own",), "C": ("Own", "Inner")}


GROUPS = st.builds(
    Group,
    id=st.sampled_from("ABCD"),
    name=st.text(max_size=5),
    is_dynamic=st.booleans(),
    is_synced=st.booleans(),
    is_mail_enabled=st.booleans(),
    is_role_assignable=st.booleans(),
    labels=st.lists(st.builds(LabelMark, id=st.sampled_from([L1, L2, L9]))).map(tuple),
)
TIES = st.builds(
    Ties,
    read_at=st.just(NOW),
    groups=st.one_of(st.just(UNREAD), st.lists(GROUPS, max_size=4).map(tuple)),
    direct=st.one_of(st.just(UNREAD), st.frozensets(st.sampled_from("ABCD"))),
    roles=st.sampled_from([(), UNREAD]),
    owned=st.sampled_from([(), UNREAD]),
)


@given(TIES)
def test_whatever_is_read_nothing_is_lost_and_the_most_sensitive_comes_first(ties: Ties) -> None:
    seen = exposure_of(ties, A_POLICY)
    groups = () if isinstance(ties.groups, Unreadable) else ties.groups
    assert len(seen.paths) == len(groups)
    order = [(Tier.HIGH, Tier.MEDIUM, Tier.LOW).index(path.tier) for path in seen.paths]
    assert order == sorted(order)
    assert all(path.thing in {Thing.GROUP, Thing.TEAM} for path in seen.paths)


@given(TIES)
def test_only_a_guest_known_to_hold_nothing_may_be_harmed_without_a_person(ties: Ties) -> None:
    seen = exposure_of(ties, A_POLICY)
    if no_step_by_itself(seen) is None:
        assert not privileges(seen)
        assert not PRIVILEGES.intersection(seen.unread)
