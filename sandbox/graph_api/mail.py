"""Graph's mail: drafts in the mailboxes Exchange lets the app use, sent once, found by their marks."""

import re

from sandbox.graph_api.exchange import NO_CONTENT, Answer, GraphError, Request, not_simulated
from sandbox.graph_api.filtering import check_filter, predicate, read_filter
from sandbox.graph_api.options import check_names, offset_page
from sandbox.graph_api.properties import derived
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json, graph_time
from sandbox.tenant_mail import DELETED, FOLDERS, Message, folder_name, recipients

PAGE, PAGE_CAP = 10, 1000
IMMUTABLE = 'IdType="ImmutableId"'
AS_TEXT = 'outlook.body-content-type="text"'
_EQ = frozenset({"eq"})
_EXTENDED = "singleValueExtendedProperties"
_RULES = {
    "internetMessageId": _EQ,
    "isDraft": _EQ,
    "subject": frozenset({"eq", "startswith"}),
    "receivedDateTime": frozenset({"ge", "gt", "le", "lt"}),
    f"{_EXTENDED}/id": _EQ,
    f"{_EXTENDED}/value": _EQ,
}
_ORDER = re.compile(r"^receivedDateTime(?: (?P<way>asc|desc))?$")
_EXPAND = re.compile(rf"^{_EXTENDED}\(\$filter=(?P<filter>.+)\)$")
_PROPERTY_ID = re.compile(r"^(String|Integer|Boolean) \{[0-9a-fA-F-]{36}\} (Name \S.*|Id 0x[0-9a-fA-F]+)$")
_SHOWN = frozenset(
    {
        "id",
        "createdDateTime",
        "lastModifiedDateTime",
        "subject",
        "body",
        "bodyPreview",
        "importance",
        "categories",
        "toRecipients",
        "ccRecipients",
        "bccRecipients",
        "replyTo",
        "from",
        "sender",
        "internetMessageId",
        "conversationId",
        "parentFolderId",
        "isDraft",
        "isRead",
        "hasAttachments",
        "sentDateTime",
        "receivedDateTime",
    }
)
_ON_REQUEST = frozenset({"internetMessageHeaders"})
"""Returned only when selected."""


def mailbox_of(tenant: Tenant, request: Request) -> str | None:
    """Return the address of the mailbox a request is about; None when there is no such mailbox."""
    key = request.params["user-id"].lower()
    if "@" in key:
        return key
    record = tenant.directory.user(key, tenant.now())
    return str(record["mail"]).lower() if record and record.get("mail") else None


def reachable_mailbox(tenant: Tenant, request: Request, permissions: frozenset[str]) -> str:
    """Return the mailbox if Exchange or a consent lets the app use it; else 403 ErrorAccessDenied."""
    address = mailbox_of(tenant, request)
    if address is None or not (address in tenant.mailboxes or permissions & tenant.granted):
        raise GraphError(403, "ErrorAccessDenied", "This mailbox is not open to the app.")
    return address


def _missing() -> GraphError:
    return GraphError(404, "ErrorItemNotFound", "There is no such item or folder.")


def _refused(message: str) -> GraphError:
    return GraphError(400, "ErrorInvalidPropertySet", message)


def _message(tenant: Tenant, request: Request) -> Message:
    address = mailbox_of(tenant, request) or ""
    message = tenant.mail.find(address, request.params["message-id"], tenant.now())
    if message is None:
        raise _missing()
    return message


# --- what is shown ---------------------------------------------------------------------------------


def _shown(request: Request, message: Message) -> Json:
    properties = message.properties
    person = {"emailAddress": {"address": message.mailbox, "name": message.mailbox}}
    content = str((properties.get("body") or {}).get("content") or "")
    shown: Json = {
        "subject": None,
        "body": None,
        "importance": "normal",
        "categories": [],
        "toRecipients": [],
        "ccRecipients": [],
        "bccRecipients": [],
        "replyTo": [],
        "sentDateTime": None,
        "receivedDateTime": None,
        **{k: v for k, v in properties.items() if k in _SHOWN},
        "from": properties.get("from", person),
        "sender": properties.get("sender", person),
        "bodyPreview": re.sub(r"<[^>]*>", " ", content)[:255],
        "parentFolderId": folder_name(message.mailbox, message.folder),
    }
    if request.prefers(AS_TEXT) and shown["body"]:
        shown["body"] = {"contentType": "text", "content": re.sub(r"<[^>]*>", " ", content)}
    text = request.query.get("$select")
    if text is not None:
        names = check_names(
            text,
            frozenset(derived()["properties"]["microsoft.graph.message"]),
            _SHOWN | _ON_REQUEST,
            "message",
        )
        shown = {k: (properties.get(k, []) if k in _ON_REQUEST else shown.get(k)) for k in names}
    immutable = request.prefers(IMMUTABLE)
    shown["id"] = message.immutable_id if immutable else message.folder_id
    marks = _expanded(request, message)
    return shown if marks is None else {**shown, _EXTENDED: marks}


def _expanded(request: Request, message: Message) -> list[Json] | None:
    """Return the extended properties asked for with ``$expand``; None when there are none."""
    text = request.query.get("$expand")
    if text is None:
        return None
    match = _EXPAND.match(text.strip())
    if match is None:
        what = f"$expand={text} of messages"
        raise not_simulated(what)
    node = read_filter(match["filter"])
    check_filter(node, {"id": _EQ, "value": _EQ}, request)
    return list(filter(predicate(node), message.properties.get(_EXTENDED) or ())) or None


def _applied(request: Request) -> dict[str, str]:
    return {"Preference-Applied": IMMUTABLE} if request.prefers(IMMUTABLE) else {}


def _entity(request: Request, message: Message, status: int) -> Answer:
    context = f"{request.origin}/v1.0/$metadata#users/messages/$entity"
    body = {"@odata.context": context, **_shown(request, message)}
    return Answer(status=status, body=body, headers=_applied(request))


# --- operations ------------------------------------------------------------------------------------


def _check_content(content: Json) -> None:
    for header in content.get("internetMessageHeaders") or ():
        if not header["name"].lower().startswith("x-"):
            message = f"The header '{header['name']}' does not begin with x-."
            raise GraphError(400, "InvalidInternetMessageHeader", message)
    for mark in content.get(_EXTENDED) or ():
        if not _PROPERTY_ID.match(mark["id"]):
            message = f"The extended property id '{mark['id']}' is invalid."
            raise _refused(message)
    kind = (content.get("body") or {}).get("contentType")
    if kind is not None and kind.lower() not in {"text", "html"}:
        message = f"The body type '{kind}' is invalid."
        raise _refused(message)
    if str(content.get("importance") or "normal").lower() not in {"low", "normal", "high"}:
        message = "The importance is invalid."
        raise _refused(message)


def _normal(content: Json) -> Json:
    """Return the content as Graph stores it: the body type in lower case."""
    body = content.get("body")
    kept = {k: v for k, v in content.items() if k != "@odata.type"}
    if body:
        kept["body"] = {**body, "contentType": str(body.get("contentType") or "text").lower()}
    return kept


def create_draft(tenant: Tenant, request: Request) -> Answer:
    """``POST /users/{id}/messages``: a draft, with its id and internetMessageId."""
    _check_content(request.content)
    address = mailbox_of(tenant, request) or ""
    message = tenant.mail.draft(address, tenant.new_id(), _normal(request.content), tenant.now())
    return _entity(request, message, 201)


def create_reply(tenant: Tenant, request: Request) -> Answer:
    """``POST /users/{id}/messages/{id}/createReply``: a draft in the same conversation."""
    origin = _message(tenant, request).properties
    content = request.content.get("message") or {}
    if request.content.get("comment") and content.get("body"):
        raise _refused("Give a comment or a body, not both.")
    _check_content(content)
    address = mailbox_of(tenant, request) or ""
    sender = origin.get("from") or {"emailAddress": {"address": address}}
    reply = {"subject": f"RE: {origin.get('subject') or ''}", "toRecipients": [sender], **_normal(content)}
    message = tenant.mail.draft(address, tenant.new_id(), reply, tenant.now())
    message.properties["conversationId"] = origin["conversationId"]
    return _entity(request, message, 201)


def _list(tenant: Tenant, request: Request, folder: str | None) -> Answer:
    messages = tenant.mail.listed(mailbox_of(tenant, request) or "", folder, tenant.now())
    text = request.query.get("$filter")
    if text is not None:
        node = read_filter(text)
        check_filter(node, _RULES, request)
        matches = predicate(node)
        messages = [m for m in messages if matches(m.properties)]
    rows = [_shown(request, m) for m in _ordered(request, messages)]
    context = f"{request.origin}/v1.0/$metadata#users/messages"
    page = {"@odata.context": context, **offset_page(request, rows, default=PAGE, highest=PAGE_CAP)}
    return Answer(status=200, body=page, headers=_applied(request))


def _ordered(request: Request, messages: list[Message]) -> list[Message]:
    """Sort by ``receivedDateTime``, the only order simulated; the filter must then name it first."""
    text = request.query.get("$orderby")
    if text is None:
        return messages
    match = _ORDER.match(text.strip())
    if match is None:
        what = f"$orderby={text} of messages"
        raise not_simulated(what)
    filtered = request.query.get("$filter", "receivedDateTime").lstrip("( ")
    if not filtered.startswith("receivedDateTime"):
        raise GraphError(400, "InefficientFilter", "The restriction or sort order is too complex.")
    backwards = match["way"] == "desc"
    return sorted(messages, key=lambda m: str(m.properties.get("receivedDateTime")), reverse=backwards)


def list_messages(tenant: Tenant, request: Request) -> Answer:
    """``GET /users/{id}/messages``: every folder."""
    return _list(tenant, request, None)


def list_folder(tenant: Tenant, request: Request) -> Answer:
    """``GET /users/{id}/mailFolders/{folder}/messages``: a well-known name or an id."""
    folder, address = request.params["mailFolder-id"], mailbox_of(tenant, request) or ""
    wanted = folder.lower() if folder.lower() in FOLDERS else folder
    if wanted not in {*FOLDERS, *(folder_name(address, f) for f in FOLDERS)}:
        raise _missing()
    return _list(tenant, request, wanted)


def get_message(tenant: Tenant, request: Request) -> Answer:
    """``GET /users/{id}/messages/{id}``."""
    return _entity(request, _message(tenant, request), 200)


def _draft(tenant: Tenant, request: Request) -> Message:
    message = _message(tenant, request)
    if not message.properties["isDraft"]:
        raise GraphError(400, "ErrorInvalidOperation", "This operation is allowed on drafts only.")
    return message


def update_draft(tenant: Tenant, request: Request) -> Answer:
    """``PATCH /users/{id}/messages/{id}``: a draft only."""
    message = _draft(tenant, request)
    _check_content(request.content)
    message.properties.update(_normal(request.content))
    message.properties["lastModifiedDateTime"] = graph_time(tenant.now())
    return _entity(request, message, 200)


def delete_message(tenant: Tenant, request: Request) -> Answer:
    """``DELETE /users/{id}/messages/{id}``: into Deleted Items, under another folder id."""
    _message(tenant, request).folder = DELETED
    return NO_CONTENT


def send_draft(tenant: Tenant, request: Request) -> Answer:
    """``POST /users/{id}/messages/{id}/send``: 202 and an empty body; the draft leaves Drafts, once."""
    message = _draft(tenant, request)
    if not recipients(message.properties):
        raise GraphError(400, "ErrorInvalidRecipients", "At least one recipient is needed.")
    now = tenant.now()
    tenant.mail.send(message, now, now + tenant.lag)
    return Answer(status=202)
