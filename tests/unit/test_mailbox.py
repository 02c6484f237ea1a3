"""The sandbox's inboxes show who got what, and lead to the answer page as the reader."""

from datetime import timedelta

import httpx
import pytest

from adapters.clock import HandClock
from notifications.render import letter
from sandbox.mailbox import make_mailbox, text_of
from sandbox.people_cast import Cast
from sandbox.stories import a_handful
from sandbox.tenant import Tenant
from sandbox.tenant_mail import SentMail
from tests.letters import BATCH, HERE, every_mail, setting


@pytest.fixture
def tenant() -> Tenant:
    population = a_handful().population
    return Tenant(population, HandClock(population.as_of))


def sara(tenant: Tenant) -> tuple[str, str, str]:
    assert isinstance(tenant.population, Cast)
    record = tenant.user(tenant.population.id_of("sara"))
    assert record
    return record["id"], record["mail"], record["displayName"]


def deliver(tenant: Tenant, to: str, subject: str, body: str, kind: str = "html") -> None:
    at = tenant.now() + timedelta(minutes=len(tenant.mail.left))
    mail = SentMail(
        message_id="m",
        internet_message_id="<m@contoso.example>",
        from_address="guest-desk@contoso.example",
        to=(to,),
        subject=subject,
        content_type=kind,
        body=body,
        headers=(),
        at=at,
    )
    tenant.mail.left.append(mail)


async def get(tenant: Tenant, path: str, host: str = "127.0.0.1") -> httpx.Response:
    transport = httpx.ASGITransport(app=make_mailbox(tenant, HERE))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        return await client.get(path)


def request_mail() -> str:
    return letter(every_mail("en")[0], setting().words, "x@contoso.example").html


async def test_everybody_with_mail_is_listed_newest_first(tenant: Tenant) -> None:
    _, mail, name = sara(tenant)
    deliver(tenant, mail.upper(), "First", "<p>1</p>")
    deliver(tenant, "guest@partner.example", "Second", "<p>2</p>")
    deliver(tenant, mail, "Third", "<p>3</p>")
    page = (await get(tenant, "/")).text
    assert page.index("Third") < page.index("Second")
    assert "First" not in page
    assert name in page
    assert "<td>2</td>" in page


async def test_an_inbox_lists_its_mails_and_nobody_elses(tenant: Tenant) -> None:
    _, mail, name = sara(tenant)
    deliver(tenant, mail, "For Sara", "<p>1</p>")
    deliver(tenant, "guest@partner.example", "For a guest", "<p>2</p>")
    page = (await get(tenant, f"/inbox/{mail}")).text
    assert f"Inbox of {name}" in page
    assert "For Sara" in page
    assert "For a guest" not in page


async def test_a_mail_is_shown_in_a_frame_whose_links_sign_its_reader_in(tenant: Tenant) -> None:
    object_id, mail, name = sara(tenant)
    deliver(tenant, mail, "May they stay?", request_mail())
    response = await get(tenant, f"/inbox/{mail}/1")
    door = f"{HERE}/.auth/login/aad?as={object_id}&amp;post_login_redirect_uri=%2Fr%2F{BATCH}"
    assert f'<a href="{door}">Answer as {name}</a>' in response.text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in response.text
    assert f'href="{HERE}/r/' not in response.text.replace("&quot;", '"')
    assert "<pre>May these 3 guests stay?" in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]


async def test_a_reader_outside_the_tenant_is_not_offered_to_sign_in(tenant: Tenant) -> None:
    deliver(tenant, "stranger@partner.example", "Notice", request_mail())
    page = (await get(tenant, "/inbox/stranger@partner.example/1")).text
    assert "Answer as" not in page
    assert "post_login_redirect_uri" not in page


async def test_a_mail_in_plain_text_is_shown_as_text(tenant: Tenant) -> None:
    deliver(tenant, "a@b.example", "<b>Plain</b>", "<script>1 < 2</script>", "text")
    page = (await get(tenant, "/inbox/a@b.example/1")).text
    assert "<pre>&lt;script&gt;1 &lt; 2&lt;/script&gt;</pre>" in page
    assert "&lt;b&gt;Plain&lt;/b&gt;" in page


@pytest.mark.parametrize("path", ["/inbox/nobody@contoso.example", "/inbox/nobody@contoso.example/1"])
async def test_an_empty_inbox_says_so(tenant: Tenant, path: str) -> None:
    assert (await get(tenant, path)).status_code == 404


async def test_the_inboxes_answer_to_this_machines_own_names_only(tenant: Tenant) -> None:
    assert (await get(tenant, "/", host="evil.example")).status_code == 400


def test_the_text_of_a_mail_holds_its_links_and_no_styles() -> None:
    text = text_of(request_mail())
    assert f"Answer now <{HERE}/r/{BATCH}>" in text
    assert "font-family" not in text
    assert "\n\n\n" not in text
