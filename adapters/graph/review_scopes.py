"""What the scopes of a native review prove that it covers (graph-facts.md C2, C3, D5).

Queries come as people and portals write them: options in any order, ``+`` for a blank. What is not understood
to the last clause covers nothing that can be proved.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_plus

from reviews.model import Covered, Covers

Scope = Mapping[str, Any]

_ID = r"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
_PACKAGE = re.compile(rf"accessPackageId eq '{_ID}'")
_POLICY = re.compile(rf"assignmentPolicyId eq '{_ID}'")
_ROOT = r"(?:https://graph\.microsoft\.com)?/?(?:(?:v1\.0|beta)/)?"
_MEMBERS = r"/(?:transitiveMembers|members)(?:/microsoft\.graph\.user)?/?"
_GROUP = re.compile(rf"{_ROOT}groups/{_ID}(?:{_MEMBERS})?")
_OF_EACH_GROUP = re.compile(rf"\.{_MEMBERS}")
_GROUPS = re.compile(rf"\.?{_ROOT}groups/?")
_USERS = re.compile(rf"{_ROOT}users/?")
_GUESTS = frozenset({(), ("usertype eq 'guest'",)})
_UNIFIED = re.compile(r"grouptypes/any\((\w+):\1 eq 'unified'\)")
_NOT_DYNAMIC = re.compile(r"not ?\(? ?grouptypes/any\((\w+):\1 eq 'dynamicmembership'\) ?\)?")
_PLAIN, _MEMBERSHIPS = "accessReviewQueryScope", "principalResourceMembershipsScope"


def covered(scope: Scope | None, enumeration: Scope | None = None) -> Covered:
    """Say what a definition or an instance is about; ``enumeration`` is its instanceEnumerationScope."""
    found = _found(scope or {}, enumeration)
    return found or Covered(covers=Covers.OTHER, words="; ".join(_words(scope or {}, enumeration)))


def _found(scope: Scope, enumeration: Scope | None) -> Covered | None:
    kind = _type_of(scope)
    if kind == _MEMBERSHIPS:
        return _memberships(scope)
    query = _query(scope)
    policy = _POLICY.search(query)
    if policy is not None:
        package = _PACKAGE.search(query)
        package_id = package[1].lower() if package else None
        return Covered(covers=Covers.PACKAGE, policy_id=policy[1].lower(), package_id=package_id)
    path, clauses = _parts(query)
    if kind != _PLAIN or not (_is_every_group(query) or clauses in _GUESTS):
        return None
    if enumeration is not None:
        everywhere = _OF_EACH_GROUP.fullmatch(path) and _is_every_group(_query(enumeration))
        return Covered(covers=Covers.EVERY_GROUP) if everywhere else None
    return _resources([query])


def _memberships(scope: Scope) -> Covered | None:
    """Read people and resources that are named apart; one part that takes in all guests is enough."""
    people = [one for one in scope.get("principalScopes") or () if _type_of(one) == _PLAIN]
    parts = [_parts(_query(one)) for one in people]
    if not any(_USERS.fullmatch(path) and clauses in _GUESTS for path, clauses in parts):
        return None
    return _resources([_query(one) for one in scope.get("resourceScopes") or ()])


def _resources(queries: Sequence[str]) -> Covered | None:
    if any(_is_every_group(query) for query in queries):
        return Covered(covers=Covers.EVERY_GROUP)
    matches = [_GROUP.fullmatch(_parts(query)[0]) for query in queries]
    groups = tuple(match[1].lower() for match in matches if match is not None)
    return Covered(covers=Covers.GROUP, groups=groups) if groups else None


def _is_every_group(query: str) -> bool:
    """Say whether a query asks for all Microsoft 365 groups, whether or not it leaves dynamic ones out."""
    path, clauses = _parts(query)
    rest = [clause for clause in clauses if not _UNIFIED.fullmatch(clause)]
    is_all = len(rest) < len(clauses) and all(_NOT_DYNAMIC.fullmatch(clause) for clause in rest)
    return is_all and _GROUPS.fullmatch(path) is not None


def _parts(query: str) -> tuple[str, tuple[str, ...]]:
    """Split a query into its path and the clauses of its filter; other options than ``$count`` spoil it."""
    path, _, options = query.partition("?")
    clauses: tuple[str, ...] = ()
    for option in filter(None, options.split("&")):
        name, _, value = option.partition("=")
        if name == "$filter":
            clauses = (*clauses, *(_bare(one) for one in _bare(value.lower()).split(" and ")))
        elif name != "$count":
            clauses = (*clauses, option)
    return path, clauses


def _bare(clause: str) -> str:
    """Take the brackets around a whole clause off."""
    text = clause.strip()
    while text.startswith("(") and text.endswith(")") and _is_one(text[1:-1]):
        text = text[1:-1].strip()
    return text


def _is_one(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            return False
    return depth == 0


def _query(scope: Scope) -> str:
    return unquote_plus(str(scope.get("query") or ""))


def _type_of(scope: Scope) -> str:
    return str(scope.get("@odata.type") or _PLAIN).removeprefix("#").removeprefix("microsoft.graph.")


def _words(scope: Scope, enumeration: Scope | None) -> Iterator[str]:
    """Yield a scope in the service's own words."""
    for one in (enumeration or {}, scope, *_inner(scope)):
        query = str(one.get("query") or "")
        if query:
            yield query if _type_of(one) == _PLAIN else f"{_type_of(one)} {query}"


def _inner(scope: Scope) -> Iterator[Scope]:
    for name in ("principalScopes", "resourceScopes"):
        yield from scope.get(name) or ()
