"""Lists every setting of the policy with its default and meaning, as docs/policy.md prints them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from reviews.policy import Exemption, Label, Policy, Wording

Row = tuple[str, str, str]


def policy_fields() -> Iterator[Row]:
    """Yield name, default (as JSON, in code marks) and meaning of every setting."""
    yield from _fields(Policy, Policy().model_dump(mode="json"), "")
    yield from _fields(Label, None, "labels[].")
    yield from _fields(Exemption, None, "exemptions[].")
    yield from _fields(Wording, Wording().model_dump(mode="json"), "mail.wording.<language>.")


def _fields(part: type[BaseModel], defaults: Mapping[str, Any] | None, prefix: str) -> Iterator[Row]:
    for name, field in part.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel) and defaults is not None:
            yield from _fields(inner, defaults[name], f"{prefix}{name}.")
            continue
        default = "(needed)" if defaults is None else f"`{json.dumps(defaults[name])}`"
        yield f"{prefix}{name}", default, field.description or ""
