"""What a request body may hold: every field by name and type; anything else is refused by name."""

from collections.abc import Mapping
from typing import Union

from sandbox.graph_api.exchange import GraphError
from sandbox.graph_api.properties import USER_COLLECTIONS, USER_WRITABLE

Kind = Union[type, "Fields", "Many"]


class Many:
    """A collection; unlike every other field it is never null, and holds no null."""

    def __init__(self, of: Union[type, "Fields"]) -> None:
        self.of = of


class Fields:
    """The fields of an object, and those of them that must be there."""

    def __init__(self, fields: Mapping[str, "Kind"], required: frozenset[str] = frozenset()) -> None:
        self.fields = fields
        self.required = required


_REFERENCES = Many(str)
_RECIPIENT = Fields(
    {"emailAddress": Fields({"address": str, "name": str}, frozenset({"address"}))},
    frozenset({"emailAddress"}),
)
_NAMED = Fields({"name": str, "value": str}, frozenset({"name", "value"}))
_EXTENDED = Fields({"id": str, "value": str}, frozenset({"id", "value"}))

_user_fields: dict[str, Kind] = {
    name: Many(str) if name in USER_COLLECTIONS else str for name in USER_WRITABLE
}
USER_CHANGE = Fields({**_user_fields, "accountEnabled": bool, "@odata.type": str})

_GROUP_FIELDS: dict[str, Kind] = {
    "@odata.type": str,
    "displayName": str,
    "description": str,
    "mailEnabled": bool,
    "mailNickname": str,
    "securityEnabled": bool,
    "groupTypes": Many(str),
    "visibility": str,
    "isAssignableToRole": bool,
    "members@odata.bind": _REFERENCES,
    "owners@odata.bind": _REFERENCES,
}
NEW_GROUP = Fields(
    _GROUP_FIELDS, frozenset({"displayName", "mailEnabled", "mailNickname", "securityEnabled"})
)
GROUP_CHANGE = Fields(
    {
        k: _GROUP_FIELDS[k]
        for k in ("@odata.type", "displayName", "description", "mailNickname", "members@odata.bind")
    }
)
REFERENCE = Fields({"@odata.id": str}, frozenset({"@odata.id"}))
IDS = Fields({"ids": Many(str), "types": Many(str)}, frozenset({"ids"}))

MESSAGE = Fields(
    {
        "@odata.type": str,
        "subject": str,
        "body": Fields({"contentType": str, "content": str}, frozenset({"content"})),
        "toRecipients": Many(_RECIPIENT),
        "ccRecipients": Many(_RECIPIENT),
        "bccRecipients": Many(_RECIPIENT),
        "replyTo": Many(_RECIPIENT),
        "importance": str,
        "categories": Many(str),
        "internetMessageHeaders": Many(_NAMED),
        "singleValueExtendedProperties": Many(_EXTENDED),
    }
)
MESSAGE_CHANGE = Fields({k: v for k, v in MESSAGE.fields.items() if k != "internetMessageHeaders"})
REPLY = Fields({"comment": str, "message": MESSAGE_CHANGE})


def check_body(content: object, fields: Fields, at: str = "") -> None:
    """Refuse unknown, missing and wrongly typed fields, each by its path."""
    if not isinstance(content, dict):
        raise _refused(at or "the body", "an object is expected")
    for name in sorted(fields.required):
        if content.get(name) is None:
            raise _refused(f"{at}{name}", "a value is required")
    for name, value in content.items():
        if name not in fields.fields:
            raise _refused(f"{at}{name}", "no such property, or none that can be written here")
        _check_value(value, fields.fields[name], f"{at}{name}")


def _check_value(value: object, kind: Kind, at: str) -> None:
    if isinstance(kind, Many):
        if not isinstance(value, list):
            raise _refused(at, "a collection is expected")
        for n, entry in enumerate(value):
            if entry is None:
                raise _refused(f"{at}[{n}]", "null is not allowed in a collection")
            _check_value(entry, kind.of, f"{at}[{n}]")
    elif value is None:
        return
    elif isinstance(kind, Fields):
        check_body(value, kind, f"{at}.")
    elif not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _refused(at, f"a value of another type is expected, not {type(value).__name__}")


def _refused(at: str, why: str) -> GraphError:
    return GraphError(400, "Request_BadRequest", f"Property '{at}': {why}.")
