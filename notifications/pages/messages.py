"""A page that says one thing."""

from notifications.render import page
from notifications.words import Words


def message_page(key: str, words: Words, *, style_nonce: str, switch_to: str = "") -> str:
    """Render a page that says one thing; ``switch_to`` offers to sign in anew and come back to that path."""
    values = {"key": key, "switch_to": switch_to, "style_nonce": style_nonce}
    return page("page/message.html", values, words)
