"""The local host serves an app's pages as Azure would: routes, sign-in, and nobody unknown."""

import base64
import json
from pathlib import Path
from typing import Any

import azure.functions as func
import httpx
import pytest

from adapters.clock import HandClock
from adapters.id_token import HEADER as TOKEN
from adapters.id_token import SecondProof
from adapters.principal import Principal
from adapters.signing_keys import SigningKeys, keys_url
from reviews.errors import Permanent
from reviews.model import PersonId
from sandbox.host import Host
from sandbox.host_sign_in import COOKIE, Authentication
from sandbox.host_tokens import CLIENT_ID, TokenDesk
from tests.contracts.small_app import ADA, BEN, LOCAL, NOW, STATE, Seen, a_host


def principal(request: func.HttpRequest) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.b64decode(request.headers["X-MS-CLIENT-PRINCIPAL"]))
    return decoded


async def test_a_signed_in_person_reaches_the_function_with_their_identity(tmp_path: Path) -> None:
    seen = Seen()
    async with a_host(STATE, seen, tmp_path) as host:
        reply = await host.request(
            "POST", "/api/batch/b%2F1?x=1&x=2", as_person="oid-ada", data={"a": "keep"}
        )

    request = seen.requests[0]
    claims = {claim["typ"]: claim["val"] for claim in principal(request)["claims"]}
    assert (reply.status_code, reply.text) == (201, "<p>b/1</p>")
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert (request.method, dict(request.params), request.form["a"]) == ("POST", {"x": "1,2"}, "keep")
    assert claims["http://schemas.microsoft.com/identity/claims/objectidentifier"] == "oid-ada"
    assert claims["http://schemas.microsoft.com/identity/claims/tenantid"] == "tid-home"
    assert request.headers["X-MS-CLIENT-PRINCIPAL-ID"] == "oid-ada"
    assert request.headers["X-MS-CLIENT-PRINCIPAL-IDP"] == "aad"
    assert principal(request)["auth_typ"] == "aad"


@pytest.mark.parametrize("path", ["/api/batch/1", "/api/nothing-here"])
async def test_a_stranger_is_led_to_the_sign_in_and_no_function_runs(tmp_path: Path, path: str) -> None:
    seen = Seen()
    async with a_host(STATE, seen, tmp_path) as host:
        reply = await host.request("GET", f"{path}?t=1")
        posted = await host.request("POST", path)
        program = await host.request("GET", path, headers={"accept": "application/json"})

    assert reply.status_code == 302
    assert reply.headers["location"].startswith("/.auth/login/aad?post_login_redirect_uri=%2Fapi%2F")
    assert (posted.status_code, program.status_code) == (401, 401)
    assert seen.requests == []


@pytest.mark.parametrize(
    "name", ["X-MS-CLIENT-PRINCIPAL", "x-ms-client-principal-id", "X-Ms-Token-Aad-Id-Token", "x-ms-anything"]
)
async def test_a_forged_identity_is_stripped(tmp_path: Path, name: str) -> None:
    seen = Seen()
    async with a_host(STATE, seen, tmp_path) as host:
        assert (await host.request("GET", "/api/batch/1", headers={name: "forged"})).status_code == 302
        await host.request("GET", "/api/batch/1", as_person="oid-ada", headers={name: "forged"})
        await host.request("GET", "/api/health", headers={name: "forged"})

    assert len(seen.requests) == 2
    assert all("forged" not in request.headers.values() for request in seen.requests)


async def test_with_a_token_store_the_person_brings_a_second_proof_that_nobody_can_forge(
    tmp_path: Path,
) -> None:
    seen, clock = Seen(), HandClock(NOW)
    desk = TokenDesk(clock.now)
    auth = Authentication(people=lambda: (ADA, BEN), tokens=desk)
    async with a_host(STATE, seen, tmp_path, auth=auth) as host:
        await host.request("GET", "/api/batch/1", as_person="oid-ada", headers={TOKEN: "forged"})

    proof = SecondProof(
        keys=SigningKeys(keys_url("tid-home"), clock, desk.http()),
        clock=clock,
        tenant_id="tid-home",
        client_id=CLIENT_ID,
    )
    brought = [seen.requests[0].headers[TOKEN]]
    for person, why in (("oid-ada", None), ("oid-ben", "another-person")):
        who = Principal(object_id=PersonId(person), tenant_id="tid-home")
        assert await proof.objection(brought, who) == why


async def test_health_is_open_to_anybody_and_says_nothing_about_who_asks(tmp_path: Path) -> None:
    seen = Seen()
    async with a_host(STATE, seen, tmp_path) as host:
        reply = await host.request("GET", "/api/health", as_person="oid-ada")

    assert reply.headers["content-type"] == "application/json"
    assert [name for name in seen.requests[0].headers if name.startswith("x-ms-")] == []


async def test_without_authentication_headers_pass_as_on_azure(tmp_path: Path) -> None:
    seen = Seen()
    async with a_host(STATE, seen, tmp_path, auth=None) as host:
        await host.request("GET", "/api/batch/1", headers={"X-MS-CLIENT-PRINCIPAL-ID": "forged"})
        with pytest.raises(Permanent, match="without sign-in"):
            await host.request("GET", "/api/batch/1", as_person="oid-ada")

    assert seen.requests[0].headers["x-ms-client-principal-id"] == "forged"


async def test_a_function_that_raises_answers_500_with_an_empty_body(tmp_path: Path) -> None:
    async with a_host(STATE, Seen(), tmp_path) as host:
        reply = await host.request("GET", "/api/broken", as_person="oid-ada")

    assert (reply.status_code, reply.content) == (500, b"")


async def test_exact_routes_come_before_open_ones_and_methods_count(tmp_path: Path) -> None:
    async with a_host(STATE, Seen(), tmp_path) as host:
        assert (await host.request("GET", "/api/batch/mine", as_person="oid-ada")).text == "mine"
        assert (await host.request("GET", "/API/Batch/Mine/", as_person="oid-ada")).text == "mine"
        assert (await host.request("POST", "/api/batch/mine", as_person="oid-ada")).text == "<p>mine</p>"
        assert (await host.request("PUT", "/api/batch/mine", as_person="oid-ada")).status_code == 404
        assert (await host.request("GET", "/batch/mine", as_person="oid-ada")).status_code == 404


@pytest.mark.parametrize(
    ("route", "path", "params"),
    [
        ("{id:int}", "/7", {"id": "7"}),
        ("{id:int}", "/seven", None),
        ("b/{id?}", "/b", {}),
        ("b/{id?}", "/b/7", {"id": "7"}),
        ("b/{*rest}", "/b/x/y", {"rest": "x/y"}),
        ("b.c", "/bxc", None),
        ("{a}/{b}", "/1/2", {"a": "1", "b": "2"}),
        ("{a}", "/1/2", None),
    ],
)
async def test_routes_are_read_as_the_real_host_reads_them(
    tmp_path: Path, route: str, path: str, params: dict[str, str] | None
) -> None:
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

    @app.route(route)
    def show(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(json.dumps(dict(req.route_params)))

    host_json = tmp_path / "host.json"
    host_json.write_text('{"extensions": {"http": {"routePrefix": ""}}}')
    # Two hosts over one app: reading the functions changes nothing in it.
    Host(app, state=STATE, clock=HandClock(NOW), settings=LOCAL, host_json=host_json)
    async with Host(app, state=STATE, clock=HandClock(NOW), settings=LOCAL, host_json=host_json) as host:
        reply = await host.request("GET", path)

    assert (reply.json() if reply.status_code == 200 else None) == params


async def test_a_function_that_is_not_anonymous_asks_for_its_key(tmp_path: Path) -> None:
    async with a_host(STATE, Seen(), tmp_path) as host:
        bare = await host.request("POST", "/api/keyed", as_person="oid-ada")
        keyed = await host.request(
            "POST", "/api/keyed", as_person="oid-ada", headers={"x-functions-key": host.key}
        )

    assert (bare.status_code, keyed.status_code) == (401, 204)


async def test_a_browser_signs_in_on_a_page_that_lists_people_and_comes_back(tmp_path: Path) -> None:
    seen = Seen()
    async with (
        a_host(STATE, seen, tmp_path) as host,
        host.serving() as address,
        httpx.AsyncClient(base_url=address, headers={"accept": "text/html"}) as browser,
    ):
        page = await browser.get("/api/batch/7?x=1", follow_redirects=True)
        assert "Ada &amp; &lt;Co&gt;" in page.text
        assert (
            "/.auth/login/aad?as=oid-ben&amp;post_login_redirect_uri=%2Fapi%2Fbatch%2F7%3Fx%3D1" in page.text
        )

        back = await browser.get(
            "/.auth/login/aad",
            params={"as": "oid-ben", "post_login_redirect_uri": "/api/batch/7?x=1"},
            follow_redirects=True,
        )
        assert (back.status_code, back.url.path) == (201, "/api/batch/7")
        me = (await browser.get("/.auth/me")).json()
        assert me[0]["user_id"] == "ben@contoso.example"

        await browser.get("/.auth/logout")
        assert (await browser.get("/api/batch/7")).status_code == 302

    assert [request.headers["x-ms-client-principal-id"] for request in seen.requests] == ["oid-ben"]


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", ""])
async def test_sign_in_leads_to_this_site_only(tmp_path: Path, elsewhere: str) -> None:
    async with a_host(STATE, Seen(), tmp_path) as host:
        reply = await host.request("GET", f"/.auth/login/aad?as=oid-ada&post_login_redirect_uri={elsewhere}")

    assert reply.headers["location"] == "/"
    assert "HttpOnly" in reply.headers["set-cookie"]


async def test_nobody_signs_in_who_is_not_there(tmp_path: Path) -> None:
    async with a_host(STATE, Seen(), tmp_path) as host:
        assert (await host.request("GET", "/.auth/login/aad?as=oid-eve")).status_code == 404
        with pytest.raises(Permanent, match="nobody"):
            await host.request("GET", "/api/batch/1", as_person="oid-eve")
        guessed = await host.request("GET", "/api/batch/1", headers={"cookie": f"{COOKIE}=guess"})

    assert guessed.status_code == 302


async def test_a_session_of_one_request_is_not_the_next_ones(tmp_path: Path) -> None:
    async with a_host(STATE, Seen(), tmp_path) as host:
        await host.request("GET", "/.auth/login/aad?as=oid-ada&post_login_redirect_uri=/")

        assert (await host.request("GET", "/api/batch/1")).status_code == 302


async def test_a_name_that_only_points_here_is_refused(tmp_path: Path) -> None:
    async with a_host(STATE, Seen(), tmp_path) as host:
        reply = await host.request("GET", "/api/health", headers={"host": "evil.example"})

    assert reply.status_code == 400
