"""Where the policy comes from: the packaged file, a file, or a blob; checked whole, with line numbers."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from reviews.errors import BadSettings, Transient
from reviews.policy import Policy

PACKAGED = Path(__file__).resolve().parent.parent / "policy.yaml"
log = logging.getLogger("gatehouse.policy")

Reader = Callable[[str, str], Awaitable[bytes | None]]
"""Reads a blob by container and name."""


def parse_policy(text: str, source: str) -> Policy:
    """Read a policy document.

    Raises:
        BadSettings: every problem of the document at once, as ``<source>:<line>: <path>: <what is wrong>``.

    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.load(text, Loader=_Strict)  # noqa: S506 - a SafeLoader that also refuses doubled keys
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        raise BadSettings(
            [f"{source}:{line}: {getattr(error, 'problem', None) or 'not readable as YAML'}"]
        ) from error
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise BadSettings([f"{source}:1: a policy is a mapping of names to values"])
    try:
        policy = Policy.model_validate(document)
    except ValidationError as error:
        problems = [
            f"{source}:{_line(root, problem['loc'])}: {_path(problem['loc'])}: {_words(problem)}"
            for problem in error.errors()
        ]
        raise BadSettings(problems) from error
    wordless = [f"{source}:{_line(root, where)}: {_path(where)}: {said}" for where, said in _wordless(policy)]
    if wordless:
        raise BadSettings(wordless)
    return policy


def _wordless(policy: Policy) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Yield where the policy names a language that there is no catalogue of."""
    from notifications.words import LANGUAGES

    named: list[tuple[tuple[int | str, ...], str]] = [
        (("tenant", "language"), policy.tenant.language),
        *((("tenant", "languages", number), one) for number, one in enumerate(policy.tenant.languages)),
        *((("tenant", "language_of", name), one) for name, one in policy.tenant.language_of.items()),
        *((("mail", "wording", one), one) for one in policy.mail.wording),
    ]
    for where, language in named:
        if language not in LANGUAGES:
            yield where, f"there are no words in {language!r}, only in {', '.join(LANGUAGES)}"


class _Strict(yaml.SafeLoader):
    """Refuses a key written twice: YAML would silently keep the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key!r} is written twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _line(root: yaml.Node | None, where: tuple[int | str, ...]) -> int:
    node, line = root, 1
    for step in where:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _path(where: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in where) or "(document)"


def _words(problem: Mapping[str, Any]) -> str:
    if problem["type"] == "extra_forbidden":
        return "there is no such setting; see docs/policy.md"
    return str(problem["msg"]).removeprefix("Value error, ")


@dataclass(slots=True)
class PolicySource:
    """The policy in force. An edit takes effect at the next reading; a bad one leaves the last good one."""

    source: str | None
    read_blob: Reader | None = None
    _good: Policy | None = None
    _seen: str | None = None

    async def current(self) -> Policy:
        """Return the policy in force.

        Raises:
            BadSettings: the very first reading found no usable policy. Later ones log an error and go on.

        """
        try:
            text = await self._text()
            if text != self._seen or self._good is None:
                self._good = parse_policy(text, self.source or PACKAGED.name)
                self._seen = text
                log.info("policy read", extra={"event": "policy.read", "policy": self._good.fingerprint()})
        except (BadSettings, Transient) as error:
            if self._good is None:
                raise
            problems = getattr(error, "problems", (type(error).__name__,))
            log.error(  # noqa: TRY400 - the problems are the message; a trace would add nothing
                "the policy cannot be used, the last good version stays in force: %s",
                "; ".join(problems),
                extra={"event": "policy.refused", "problems": len(problems)},
            )
        return self._good

    async def _text(self) -> str:
        if self.source is not None and self.source.startswith("blob:"):
            container, _, name = self.source.removeprefix("blob:").partition("/")
            if self.read_blob is None or not name:
                raise BadSettings(
                    [f"POLICY_SOURCE: write blob:<container>/<name> and name storage, not {self.source}"]
                )
            content = await self.read_blob(container, name)
            if content is not None:
                return content.decode("utf-8", errors="strict")
            # A fresh installation has no policy yet, and whoever deletes the policy stops enforcement.
            log.warning("no policy blob: the packaged policy holds", extra={"event": "policy.packaged"})
        path = Path(self.source) if self.source and not self.source.startswith("blob:") else PACKAGED
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            raise BadSettings([f"POLICY_SOURCE: cannot read {path}: {error.strerror}"]) from error
