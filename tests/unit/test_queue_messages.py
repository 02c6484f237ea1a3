"""Envelopes: what one trigger hands to the next, and what is refused by name of the field."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.envelopes import LARGEST, QUEUES, queue_of, seal, unseal
from reviews.errors import Malformed
from reviews.messages import (
    CarryOut,
    CoverGroup,
    MendPackage,
    Message,
    OpenBatch,
    RunJob,
    SendMail,
    WeighAnswers,
)
from reviews.model import BatchId, CaseId, GuestId, RunId
from reviews.records import Act

# A busy machine is no failure.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
SLOT = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
MESSAGES: dict[str, Message] = {
    "run-job": RunJob(job="night", slot=SLOT, start=7),
    "carry-out": CarryOut(
        kind=Act.BLOCK, guest_id=GuestId("g"), case_id=CaseId("c"), run_id=RunId("night:2026-11-20T01:30Z")
    ),
    "open-batch": OpenBatch(batch_id=BatchId("b")),
    "mend-package": MendPackage(policy_id="p"),
    "cover-group": CoverGroup(group_id="g"),
    "send-mail": SendMail(home="guest:g", mail_id="guest-notice.c"),
    "weigh-answers": WeighAnswers(batch_id=BatchId("b")),
}
ROUTES = {
    "run-job": "jobs",
    "carry-out": "actions",
    "open-batch": "actions",
    "mend-package": "actions",
    "cover-group": "actions",
    "send-mail": "mail",
}


@pytest.mark.parametrize("word", MESSAGES)
def test_a_message_comes_back_as_it_went(word: str) -> None:
    message = MESSAGES[word]
    envelope = json.loads(seal(message))

    assert (envelope["v"], envelope["do"]) == (1, word)
    assert unseal(seal(message)) == message
    assert unseal(seal(message).encode()) == message
    assert queue_of(message) == ROUTES.get(word, "answers")
    assert queue_of(message) in QUEUES


def test_the_envelope_of_an_action_is_as_documented() -> None:
    assert json.loads(seal(MESSAGES["carry-out"])) == {
        "v": 1,
        "do": "carry-out",
        "kind": "block",
        "guest_id": "g",
        "case_id": "c",
        "run_id": "night:2026-11-20T01:30Z",
    }


@pytest.mark.parametrize("word", MESSAGES)
def test_a_missing_field_is_named(word: str) -> None:
    whole = json.loads(seal(MESSAGES[word]))
    for name in whole.keys() - {"start"}:
        rest = {key: value for key, value in whole.items() if key != name}
        with pytest.raises(Malformed, match=rf"\b{name}\b"):
            unseal(json.dumps(rest))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"v": 2}, "v"),
        ({"v": "1"}, "v"),
        ({"v": True}, "v"),
        ({"do": "dance"}, "do"),
        ({"do": ["run-job"]}, "do"),
        ({"slot": "2026-11-20T01:30:00"}, "slot"),
        ({"slot": "tonight"}, "slot"),
        ({"job": 7}, "job"),
        ({"job": None}, "job"),
        ({"start": "many"}, "start"),
        ({"hard_delete": True}, "hard_delete"),
    ],
    ids=str,
)
def test_a_wrong_or_unknown_field_is_named(changes: dict[str, Any], named: str) -> None:
    envelope = json.loads(seal(MESSAGES["run-job"])) | changes

    with pytest.raises(Malformed, match=rf"\b{named}\b"):
        unseal(json.dumps(envelope))


def test_an_unknown_kind_of_action_is_refused() -> None:
    envelope = json.loads(seal(MESSAGES["carry-out"])) | {"kind": "purge"}

    with pytest.raises(Malformed, match="kind"):
        unseal(json.dumps(envelope))


@pytest.mark.parametrize(
    "content", ["", "hello", "[]", "7", "null", b"\xff\xfe", '{"v":1', "[" * 1000, "[" * 9999]
)
def test_what_is_no_envelope_is_refused(content: bytes | str) -> None:
    with pytest.raises(Malformed):
        unseal(content)


@UNHURRIED
@given(st.binary(max_size=200) | st.text(max_size=200))
def test_anything_at_all_is_a_message_or_refused(content: bytes | str) -> None:
    with pytest.raises(Malformed):
        unseal(content)


def test_a_message_too_large_for_ids_is_refused() -> None:
    with pytest.raises(Malformed, match=str(LARGEST)):
        seal(SendMail(home="guest:g", mail_id="x" * LARGEST))
