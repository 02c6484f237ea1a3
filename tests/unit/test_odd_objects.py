"""Fifty thousand objects as no directory should send them: none stops a night, none is acted upon wrongly."""

import json
from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from adapters.graph.mapping import read_guest
from reviews.model import Guest, GuestId, Receipt, SetAside, Step
from reviews.planning import Known, Survey
from reviews.policy import Breakers, Caps, Mode, Policy
from reviews.records import HARMFUL, Act
from tests.builders import NOW, a_case, ago, an_answer, guid

_NAMES = ("Ada", "", "\u202eadA", "A\u200bda", "A\x00d\x07a", "\ufeff", "A" * 300, "A" * 20_000, None, 7)
_DATES: tuple[Any, ...] = (
    None, "0001-01-01T00:00:00Z", "2018-05-01T00:00:00Z", "2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z",
    "yesterday", "", 12,
)  # fmt: skip
_ODD: dict[str, tuple[Any, ...]] = {
    "displayName": _NAMES,
    "userType": ("Guest", "Member", "unknownFutureValue", "Alien", None, 3),
    "accountEnabled": (True, False, None, "yes"),
    "createdDateTime": _DATES,
    "creationType": ("Invitation", "unknownFutureValue", "Teleport", None),
    "externalUserState": ("Accepted", "PendingAcceptance", "unknownFutureValue", "", None),
    "externalUserStateChangeDateTime": _DATES,
    "identities": ([], None, [{}], [{"issuer": "\u202e", "signInType": None}], "x"),
    "onPremisesSyncEnabled": (True, False, None, "no"),
    "signInActivity": (None, {}, [], {"lastSuccessfulSignInDateTime": "never"}),
    "mail": ("a@partner.example", "", None, "a@b@c", "\u202e@x"),
}


def an_object(draw: Random, number: int) -> dict[str, Any]:
    """Make one account of which about half the fields are odd; some are left out."""
    own = guid(number)
    around = [own, guid(number + 1), guid(draw.randrange(50)), "", None]
    sponsor = {
        "@odata.type": "#microsoft.graph.user",
        "id": draw.choice(around),
        "userType": "Member",
        "accountEnabled": draw.choice([True, False, None]),
        "mail": draw.choice(["s@x.example", None]),
    }
    record: dict[str, Any] = {
        "id": own,
        "displayName": "Ada",
        "userPrincipalName": f"ada{number}_partner.example#EXT#@contoso.example",
        "userType": "Guest",
        "accountEnabled": True,
        "createdDateTime": "2024-02-01T10:00:00Z",
        "externalUserState": "Accepted",
        "identities": [],
        "sponsors": draw.choice([[sponsor], [sponsor, sponsor], [], None]),
    }
    for field in draw.sample(sorted(_ODD), draw.randrange(4)):
        record[field] = draw.choice(_ODD[field])
    if draw.random() < 0.1:
        del record[draw.choice(sorted(record))]
    return record


@pytest.mark.parametrize("count", [2_000, pytest.param(50_000, marks=pytest.mark.slow)])
def test_odd_objects_are_set_aside_and_listed_and_nothing_wrong_is_done(count: int) -> None:
    draw = Random(3)
    survey = Survey(policy=Policy(), now=NOW, round_name="odd", known=Known())
    read: dict[str, Guest] = {}
    aside: list[SetAside] = []
    for number in range(count):
        one = read_guest(json.dumps(an_object(draw, number)).encode())
        if isinstance(one, SetAside):
            aside.append(one)
        else:
            read[one.id] = one
            survey.look(one)
    plan = survey.draw_up(_receipt(count, tuple(aside)), previous_guests=None)

    assert len(read) + len(aside) == count
    assert len(Counter(one.field for one in aside)) > 5
    assert all(one.field for one in aside)
    named = [*plan.actions, *(held.action for held in plan.held)]
    assert {action.kind for action in named} <= {Act.ASK}
    assert all(read[action.guest_id].enabled for action in named)
    assert all(str(action.guest_id) not in {str(one) for one in action.reviewers} for action in named)
    assert not plan.actions, "a directory of which so much is odd is not acted upon"


LENIENT = Policy(
    breakers=Breakers(set_aside=1.0, unread_sign_ins=1.0),
    caps=Caps(harmful_per_run=10_000, harmful_share=1.0, asks_per_run=10_000),
    mode=Mode.ENFORCE,
)
"""No red light and no cap stands between an odd object and a step: only the rules do."""


@pytest.mark.parametrize("count", [2_000, pytest.param(50_000, marks=pytest.mark.slow)])
def test_no_odd_object_is_harmed_even_where_nothing_else_holds_a_night_back(count: int) -> None:
    draw = Random(5)
    raw = {guid(number): an_object(draw, number) for number in range(count)}
    denied = {
        GuestId(guid(number)): a_case(Step.DENIED, number, asked_at=ago(20), answer=an_answer(at=ago(2)))
        for number in range(0, count, 2)
    }
    survey = Survey(policy=LENIENT, now=NOW, round_name="odd", known=Known(cases=denied))
    for record in raw.values():
        if isinstance(one := read_guest(json.dumps(record).encode()), Guest):
            survey.look(one)
    plan = survey.draw_up(_receipt(count, ()), previous_guests=None)

    harmed = [raw[action.guest_id] for action in plan.actions if action.kind in HARMFUL]
    assert len(harmed) > count / 250
    for record in harmed:
        assert record["userType"] == "Guest"
        assert isinstance(record["accountEnabled"], bool)
        assert record["externalUserState"] in {"Accepted", "PendingAcceptance", "", None}
        assert record["onPremisesSyncEnabled"] is not True if "onPremisesSyncEnabled" in record else True
        assert record["createdDateTime"] in {None, *_PLAUSIBLE}


_PLAUSIBLE = {"2024-02-01T10:00:00Z", "2018-05-01T00:00:00Z", "2026-01-01T00:00:00Z"}
"""Days of accounts old enough to be harmed; None where Graph has no day."""


def _receipt(rows: int, aside: tuple[SetAside, ...]) -> Receipt:
    return Receipt(
        started_at=NOW - timedelta(minutes=1),
        finished_at=NOW,
        pages=1,
        rows=rows,
        counted=rows,
        duplicates=0,
        set_aside=aside,
        without_sign_ins=0,
        sign_ins="read",
        sponsors="read",
        nameless_sponsors=0,
    )
