"""The routes of mailboxes."""

from sandbox.graph_api import bodies, mail
from sandbox.graph_api.bodies import Fields
from sandbox.graph_api.exchange import Operation
from sandbox.graph_api.route import Budget, Route, options


def _mail(
    name: str,
    perform: Operation,
    taken: frozenset[str] = frozenset(),
    body: Fields | None = None,
    *,
    sends: bool = False,
) -> Route:
    return Route(name=name, perform=perform, options=taken, body=body, budget=Budget.MAIL, sends=sends)


_MAIL_LIST = options("expand", "filter", "select", "skip", "top")
_MESSAGES = "/users/{user-id}/messages"
ROUTES = (
    _mail(f"GET {_MESSAGES}", mail.list_messages, _MAIL_LIST),
    _mail(f"POST {_MESSAGES}", mail.create_draft, body=bodies.MESSAGE),
    _mail(f"GET {_MESSAGES}/{{message-id}}", mail.get_message, options("expand", "select")),
    _mail(f"PATCH {_MESSAGES}/{{message-id}}", mail.update_draft, body=bodies.MESSAGE_CHANGE),
    _mail(f"DELETE {_MESSAGES}/{{message-id}}", mail.delete_message),
    _mail(f"POST {_MESSAGES}/{{message-id}}/send", mail.send_draft, sends=True),
    _mail(f"POST {_MESSAGES}/{{message-id}}/createReply", mail.create_reply, body=bodies.REPLY),
    _mail(
        "GET /users/{user-id}/mailFolders/{mailFolder-id}/messages",
        mail.list_folder,
        _MAIL_LIST | options("orderby"),
    ),
)
