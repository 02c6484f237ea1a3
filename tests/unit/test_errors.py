"""The errors carry what whoever catches them needs."""

from datetime import timedelta

import pytest

from reviews import errors
from reviews.errors import BadSettings, Forbidden, GatehouseError, Permanent, Throttled, Transient


def test_a_throttle_says_how_long_to_wait() -> None:
    assert Throttled("busy", retry_after=timedelta(seconds=30)).retry_after == timedelta(seconds=30)
    assert Throttled("busy").retry_after is None


def test_a_refusal_names_what_would_allow_the_call() -> None:
    assert Forbidden("cannot read sign-ins", needs="AuditLog.Read.All").needs == "AuditLog.Read.All"


def test_settings_name_every_problem_at_once() -> None:
    error = BadSettings(["no tenant", "no sender"])
    assert error.problems == ("no tenant", "no sender")
    assert str(error) == "no tenant; no sender"


@pytest.mark.parametrize(
    "name",
    [name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)],
)
def test_the_tree_in_the_docstring_is_the_tree(name: str) -> None:
    assert errors.__doc__ is not None
    assert name in errors.__doc__
    kind = getattr(errors, name)
    assert issubclass(kind, GatehouseError)
    assert not (issubclass(kind, Transient) and issubclass(kind, Permanent))
