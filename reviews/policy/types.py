"""What a value of the policy may look like: durations, zones, cron lines, addresses, ids."""

import re
from datetime import time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from reviews.cron import read_cron

_DURATION = re.compile(r"P(?=\d|T\d)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:00)?", re.ASCII)

_OBJECT_ID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


def _iso(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not _DURATION.fullmatch(value):
        raise ValueError(f"write a duration such as P90D or PT8H, not {value!r}")
    return value


def _time(value: object) -> object:
    # YAML reads 19:00 without quotes as the number 1140.
    if not isinstance(value, time) and not (isinstance(value, str) and _TIME.fullmatch(value)):
        raise ValueError(f'write a time of day in quotes, such as "07:30", not {value!r}')
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{value!r} is not an IANA time zone such as Europe/Amsterdam") from error
    return value


def _cron(value: str) -> str:
    read_cron(value)
    return value


def _address(value: str) -> str:
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+", value):
        raise ValueError("write one mail address such as guest-desk@contoso.example")
    return value


def _never(value: str) -> str:
    if _OBJECT_ID.fullmatch(value):
        return value.lower()
    try:
        re.compile(value)
    except re.error as error:
        words = f"write an object id, or a pattern of user principal names such as ^svc-, not {value!r}"
        raise ValueError(words) from error
    return value


def _plain(value: str) -> str:
    if any(ord(one) < 32 and one != "\n" for one in value):
        raise ValueError("write plain text; only line breaks may stand between the words")
    return value.strip()


Duration = Annotated[timedelta, BeforeValidator(_iso)]
LocalTime = Annotated[time, BeforeValidator(_time)]
Zone = Annotated[str, AfterValidator(_zone)]
CronLine = Annotated[str, AfterValidator(_cron)]
Address = Annotated[str, AfterValidator(_address)]
Share = Annotated[float, Field(ge=0, le=1)]
ObjectId = Annotated[
    str,
    Field(pattern=f"^{_OBJECT_ID.pattern}$"),
    # Graph writes object ids in lower case; an exemption must hold however it was typed.
    AfterValidator(str.lower),
]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
Domain = Annotated[str, AfterValidator(str.lower)]
Never = Annotated[str, Field(min_length=1), AfterValidator(_never)]
"""An object id, or a pattern that user principal names are searched for, capitals or not."""
ShortText = Annotated[str, Field(max_length=40), AfterValidator(_plain)]
LongText = Annotated[str, Field(max_length=600), AfterValidator(_plain)]


class Part(BaseModel):
    """A part of the document: frozen, unknown keys refused, each value explained by the line below it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
