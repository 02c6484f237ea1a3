"""Writes docs/mail.md from the contexts."""

from dataclasses import fields
from typing import Any, Final

from notifications.contexts import CONTEXTS, LINES, PASSED, Mail

_PREFACE: Final = """\
# Mails

Every mail Gatehouse sends: to whom, when it is dropped instead, and exactly what it may say. This page is
written from `notifications/contexts/`:
`python -c "from notifications.contexts.reference import *; print(reference(), end='')"`. A test compares.

The texts lie in `notifications/templates/mail/<name>/` and `notifications/locales/<language>.po`. A subject
never holds anything a guest can choose. A mail is sent once: docs/architecture.md says how.

`python -m admin mail preview` writes every mail to a folder to look at, about guests that do not exist, and
`python -m admin mail send-test <address>` sends one to a mailbox of yours.

## Words of your own

An admin adds to the texts and does not change them: plain text, in the policy, by language. It is shown as it
is typed, so nothing in it is a template or markup. `docs/policy.md` lists the four places.

```yaml
mail:
  wording:
    en:
      organisation: Contoso
      question: |
        This year we also ask about guests of the Tender project.

        Unsure? Keep the guest until the end of the year, and say so.
      closing: Guest desk, extension 1234.
```

## What a mail needs to be owed

A mail is a row under its reason (`home`), with an id that is unique there: owing it again changes nothing.
Its words are composed from the records when it is about to leave; `facts` hold only what those do not tell.
"""
_DROPPING: Final = """\
## When a mail is dropped

Just before a mail leaves, what it is about is read afresh. When its reason has passed, it is dropped.

| code | because | mails |
|---|---|---|
"""


def reference() -> str:
    """Return docs/mail.md: every mail with its home, its fields and their meaning."""
    owing = [_owing(kind) for kind in CONTEXTS]
    told: dict[tuple[str, str], list[str]] = {}
    for kind in CONTEXTS:
        for fact in kind.FACTS.items():
            told.setdefault(fact, []).append(f"`{kind.KIND}`")
    facts = [f"| `{name}` | {meaning} | {', '.join(mails)} |" for (name, meaning), mails in told.items()]
    dropping = [f"| `{code}` | {why} | {_dropped(code)} |" for code, why in PASSED.items()]
    return "\n".join(
        [
            _PREFACE,
            *_table("mail | to | home | id", owing),
            *_table("fact | meaning | mails", facts),
            _DROPPING + "\n".join(dropping) + "\n",
            "## At the foot of every mail\n",
            *_rows(Mail),
            *(_section(kind, f"`{kind.KIND}`", foot=False) for kind in CONTEXTS),
            *(_section(kind, f"In lists: {kind.__name__}") for kind in LINES),
        ]
    )


def _owing(kind: type[Mail]) -> str:
    return f"| `{kind.KIND}` | {kind.TO} | `{kind.HOME}` | `{kind.ID}` |"


def _dropped(code: str) -> str:
    return ", ".join(f"`{kind.KIND}`" for kind in CONTEXTS if code in kind.PASSES)


def _section(kind: type[Any], title: str, *, foot: bool = True) -> str:
    summary = (kind.__doc__ or "").strip()
    return "\n".join([f"## {title}", "", summary, "", *_rows(kind, foot=foot)])


def _rows(kind: type[Any], *, foot: bool = True) -> list[str]:
    left_out = set() if foot else {one.name for one in fields(Mail)}
    shown = [one for one in fields(kind) if one.name not in left_out]
    return _table("field | meaning", [f"| `{one.name}` | {one.metadata['says']} |" for one in shown])


def _table(head: str, rows: list[str]) -> list[str]:
    return [f"| {head} |", "|" + "---|" * (head.count("|") + 1), *rows, ""]
