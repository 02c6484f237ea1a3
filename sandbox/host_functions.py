"""The functions of an app as the local host sees them: what starts each, and what it hands on.

Read from ``FunctionApp.get_functions()``, so there is no second list to forget. Whatever the real host or its
Python worker would refuse to load is refused here too, for all functions at once.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import azure.functions as func
from croniter import CroniterError, croniter

from reviews.errors import BadSettings
from sandbox.host_settings import expand

CONNECTION = "STATE"
RETURN = "$return"
# The host keeps these for itself under every route prefix: azure-functions-host issue 1781 and pull 3460.
RESERVED_ROUTES = ("admin", "runtime")
_CONSTRAINTS = {"int": r"-?\d+", "guid": r"[0-9a-fA-F-]{36}", "alpha": r"[A-Za-z]+"}
_PARAMETER = re.compile(r"\{(\*?)(\w+)(?::(\w+))?(\??)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """Starts by the clock; ``schedule`` is NCRONTAB with seconds, in UTC."""

    schedule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Starts for every message on a queue."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """Starts for a request; ``methods`` None means any. ``rank`` puts exact routes before open ones."""

    pattern: re.Pattern[str]
    methods: frozenset[str] | None
    needs_key: bool
    rank: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A queue that receives what the function puts into parameter ``name``, or returns."""

    name: str
    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function: its trigger, the parameter that receives it, and its outputs."""

    name: str
    call: Callable[..., Any]
    parameter: str
    trigger: Timer | Queue | Http
    outputs: tuple[Output, ...]
    wants_context: bool


def read_functions(
    app: func.FunctionApp, *, route_prefix: str, settings: Mapping[str, str]
) -> tuple[Function, ...]:
    """Read every function of the app, in the order of their declaration.

    Raises:
        BadSettings: with everything the real host would refuse; none is loaded then, as there.

    """
    problems: list[str] = []
    functions: list[Function] = []
    # The library notes the names it handed out and refuses to hand them out twice; reading changes nothing.
    app.functions_bindings = {}
    every = app.get_functions()
    app.functions_bindings = {}
    for declared in every:
        name = str(declared.get_function_name())
        try:
            functions.append(_read(name, declared, route_prefix=route_prefix, settings=settings))
        except BadSettings as refused:
            problems.extend(f"function {name}: {problem}" for problem in refused.problems)
    if problems:
        raise BadSettings(problems)
    return tuple(functions)


def _read(name: str, declared: Any, *, route_prefix: str, settings: Mapping[str, str]) -> Function:
    call = declared.get_user_function()
    bindings = [
        {key: value.value if isinstance(value, Enum) else value for key, value in binding.items()}
        for binding in declared.get_bindings_dict()["bindings"]
    ]
    triggers = [binding for binding in bindings if str(binding["type"]).lower().endswith("trigger")]
    if len(triggers) != 1:
        raise BadSettings([f"needs exactly one trigger and has {len(triggers)}"])
    outputs = tuple(_outputs([binding for binding in bindings if binding is not triggers[0]], settings))
    parameters = inspect.signature(call).parameters
    known = {str(triggers[0]["name"]), "context", *(output.name for output in outputs)}
    stray = [f"parameter {name} is declared by no binding" for name in parameters if name not in known]
    unbound = [
        f"binding {name} has no parameter" for name in known - {"context", RETURN} if name not in parameters
    ]
    if stray or unbound:
        raise BadSettings(stray + unbound)
    return Function(
        name=name,
        call=call,
        parameter=str(triggers[0]["name"]),
        trigger=_trigger(name, triggers[0], route_prefix=route_prefix, settings=settings),
        outputs=outputs,
        wants_context="context" in parameters,
    )


def _outputs(bindings: Iterable[Mapping[str, Any]], settings: Mapping[str, str]) -> Iterable[Output]:
    for binding in bindings:
        if binding["type"] == "http":
            continue
        if binding["type"] != "queue":
            raise BadSettings([f"binding {binding['type']} is not one the local host knows"])
        _refuse_other_storage(binding)
        yield Output(name=str(binding["name"]), queue=expand(str(binding["queueName"]), settings))


def _trigger(
    name: str, binding: Mapping[str, Any], *, route_prefix: str, settings: Mapping[str, str]
) -> Timer | Queue | Http:
    kind = binding["type"]
    if kind == "timerTrigger":
        return Timer(schedule=_schedule(expand(str(binding["schedule"]), settings)))
    if kind == "queueTrigger":
        _refuse_other_storage(binding)
        return Queue(name=expand(str(binding["queueName"]), settings))
    if kind == "httpTrigger":
        return _http(str(binding.get("route") or name), binding, route_prefix)
    raise BadSettings([f"trigger {kind} is not one the local host knows"])


def _refuse_other_storage(binding: Mapping[str, Any]) -> None:
    if binding.get("connection") != CONNECTION:
        raise BadSettings(
            [f"uses connection {binding.get('connection')} where the app has {CONNECTION} only"]
        )


def _schedule(text: str) -> str:
    fields = text.split()
    six = text if len(fields) != 5 else f"0 {text}"
    try:
        croniter(six, second_at_beginning=True)
    except (CroniterError, ValueError) as error:
        raise BadSettings([f"schedule {text!r} is not NCRONTAB: {error}"]) from error
    if len(six.split()) != 6:
        raise BadSettings([f"schedule {text!r} is not NCRONTAB: it needs six fields"])
    return six


def _http(route: str, binding: Mapping[str, Any], route_prefix: str) -> Http:
    bare = route.strip("/")
    if bare.lower().startswith(RESERVED_ROUTES):
        raise BadSettings([f"route {bare!r} begins with a word the host keeps for itself (admin, runtime)"])
    methods = binding.get("methods")
    segments = [segment for segment in f"{route_prefix}/{bare}".split("/") if segment]
    return Http(
        pattern=re.compile("".join(_segment(segment) for segment in segments) + "/?", re.IGNORECASE),
        methods=frozenset(str(getattr(one, "value", one)).upper() for one in methods) if methods else None,
        needs_key=str(binding.get("authLevel", "function")).lower() != "anonymous",
        rank=tuple(_rank(segment) for segment in segments),
    )


def _segment(segment: str) -> str:
    found = _PARAMETER.fullmatch(segment)
    if found is None:
        if "{" in segment:
            raise BadSettings([f"route segment {segment!r} is not one the local host knows"])
        return "/" + re.escape(segment)
    star, name, constraint, optional = found.groups()
    if constraint is not None and constraint not in _CONSTRAINTS:
        raise BadSettings([f"route constraint {constraint!r} is not one the local host knows"])
    if star:
        return f"(?:/(?P<{name}>.*))?"
    inner = f"/(?P<{name}>{_CONSTRAINTS[constraint] if constraint else '[^/]+'})"
    return f"(?:{inner})?" if optional else inner


def _rank(segment: str) -> int:
    if "{" not in segment:
        return 0
    return 2 if "{*" in segment else 1
