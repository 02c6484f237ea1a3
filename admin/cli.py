"""The words of the command line: each names one thing an operator may want."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from adapters.policy_source import parse_policy
from adapters.settings import read_settings
from admin import (
    doctoring,
    explained,
    mailing,
    packaging,
    partners,
    planning,
    probing,
    proposing,
    rating,
    regretting,
    reviewing,
    running,
    verifying,
)
from admin.as_json import tell
from admin.opened import told, with_house
from reviews.errors import BadSettings
from reviews.model import GuestId, RunId
from reviews.policy import Policy
from reviews.records import MailKind

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Look after the guests of a Microsoft Entra tenant.",
)
policy_app = typer.Typer(no_args_is_help=True, help="Check a policy file, or print its schema.")
evidence_app = typer.Typer(no_args_is_help=True, help="Verify the record.")
mail_app = typer.Typer(no_args_is_help=True, help="Look at every mail before anybody gets one.")
packages_app = typer.Typer(help="Look at the policies of access packages, and mend their reviews.")
reviews_app = typer.Typer(help="See which reviews cover groups, packages and guests; open those that lack.")
app.add_typer(policy_app, name="policy")
app.add_typer(packages_app, name="packages")
app.add_typer(reviews_app, name="reviews")
app.add_typer(mail_app, name="mail")
app.add_typer(evidence_app, name="evidence")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def main() -> None:
    """Run the command line."""
    app()


@app.command()
def doctor(
    *,
    probe: Annotated[
        bool, typer.Option("--probe", help="Also ask this tenant what no documentation settles; only reads.")
    ] = False,
) -> None:
    """Check settings, policy, directory, permissions, licences and storage; say what is missing and why."""
    sound = with_house(doctoring.examine, needs_state=False)
    if probe:
        with_house(probing.probe, needs_state=False)
    raise typer.Exit(0 if sound else 3)


@app.command()
def plan(*, as_json: AsJson = False) -> None:
    """Read the directory and draw tonight's plan. Changes nothing; needs no storage."""
    with_house(lambda house: planning.show(house, as_json=as_json), needs_state=False)


@app.command()
def night() -> None:
    """Run the night that is due, as the timer would. The same slot is never run twice."""
    with_house(running.night)


@app.command()
def track() -> None:
    """Follow the open reviews now: native answers, deadlines, what is owed."""
    with_house(running.track)


@app.command()
def guest(guest_id: str, *, as_json: AsJson = False) -> None:
    """Explain one guest: what the directory says, what was asked, answered and done, and why."""
    with_house(lambda house: explained.show(house, GuestId(guest_id), as_json=as_json))


@app.command("partners")
def show_partners(*, as_json: AsJson = False) -> None:
    """Count guests by the organisation they come from; say which are new, surging or not allowed."""
    with_house(lambda house: partners.show(house, as_json=as_json), needs_state=False)


@app.command()
def regret(*, as_json: AsJson = False) -> None:
    """Say how many guests who were silent for so long came back within a year after all."""
    with_house(lambda house: regretting.show(house, as_json=as_json))


@app.command()
def quality(*, as_json: AsJson = False) -> None:
    """Say how well questions are answered, as rates per reviewer and department. Mails never hold them."""
    with_house(lambda house: rating.show(house, as_json=as_json))


@app.command()
def sponsors(*, as_json: AsJson = False) -> None:
    """List who answered for guests without being their sponsor, and what keeps them from being written."""
    with_house(lambda house: proposing.show(house, as_json=as_json))


@app.command()
def undo(
    what: Annotated[str, typer.Argument(help="A guest's object id, or a run id such as night:...")],
) -> None:
    """Bring a guest back, or everybody a run touched: unblocked, restored, the case ended."""
    if ":" in what:
        with_house(lambda house: running.undo_run(house, RunId(what)))
    else:
        with_house(lambda house: running.undo_guest(house, GuestId(what)))


@app.command()
def approve(plan_hash: str) -> None:
    """Approve a stored plan by its hash: what it holds back for approval is handed over now."""
    with_house(lambda house: running.approve(house, plan_hash))


@evidence_app.command("verify")
def verify(*, as_json: AsJson = False) -> None:
    """Check every row and blob of the record: digests, chains, seals. Exit 1 when anything does not hold."""
    sound = with_house(lambda house: verifying.verify(house, as_json=as_json))
    raise typer.Exit(0 if sound else 1)


@packages_app.callback(invoke_without_command=True)
def packages(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Say what is wrong with each policy that guests can reach. Changes nothing; needs no storage."""
    if context.invoked_subcommand is None:
        with_house(lambda house: packaging.show(house, as_json=as_json), needs_state=False)


@packages_app.command("apply")
def mend_package(
    policy_id: str, *, unasked: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False
) -> None:
    """Show the change that mends the review of one policy, and write it once you agree."""
    with_house(lambda house: packaging.apply(house, policy_id, unasked=unasked))


@packages_app.command("undo")
def restore_package(policy_id: str) -> None:
    """Write a policy back as it was, unless somebody has changed it since."""
    with_house(lambda house: packaging.undo(house, policy_id))


@reviews_app.callback(invoke_without_command=True)
def reviews(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Say which reviews cover groups with guests, package policies, flagged guests. Changes nothing."""
    if context.invoked_subcommand is None:
        with_house(lambda house: reviewing.show(house, as_json=as_json), needs_state=False)


@reviews_app.command("apply")
def open_reviews(
    group_id: Annotated[str | None, typer.Argument(help="One group; default: every proposed one.")] = None,
    *,
    unasked: Annotated[bool, typer.Option("--yes", help="Open without asking.")] = False,
) -> None:
    """Show each proposed review of a group and open it once you agree, one group at a time."""
    with_house(lambda house: reviewing.apply(house, group_id, unasked=unasked))


@policy_app.command("schema")
def schema() -> None:
    """Print the JSON Schema of the policy file."""
    tell(Policy.model_json_schema())


@policy_app.command("check")
def check(
    file: Annotated[Path | None, typer.Argument(help="Default: the file POLICY_SOURCE names.")] = None,
) -> None:
    """Read a policy file; list every problem with line and path. Exit 2 when there is one."""
    try:
        path = file or _named_file()
        found = parse_policy(path.read_text(encoding="utf-8"), str(path))
    except BadSettings as error:
        for problem in error.problems:
            told.print(problem, markup=False)
        raise typer.Exit(2) from error
    except (OSError, UnicodeDecodeError) as error:
        told.print(f"{file}: cannot be read as UTF-8 text: {type(error).__name__}", markup=False)
        raise typer.Exit(2) from error
    sys.stdout.write(f"sound: mode {found.mode}, policy {found.fingerprint()[:12]}\n")


@mail_app.command("preview")
def preview(
    folder: Annotated[Path, typer.Option("--out", help="Where to write.")] = Path("out/mails"),
) -> None:
    """Write every mail in every language, about 1, 7 and 60 guests and hostile names, with an index page."""
    with_house(lambda house: mailing.preview(house, folder), needs_state=False)


@mail_app.command("send-test")
def send_test(
    address: str,
    *,
    kind: Annotated[MailKind, typer.Option("--mail", help="Which mail.")] = MailKind.REVIEW_REQUEST,
    language: Annotated[str | None, typer.Option(help="Default: as the policy says of the address.")] = None,
) -> None:
    """Send one mail about guests that do not exist to an address of yours, from the sender's mailbox."""
    with_house(lambda house: mailing.send_test(house, address, kind, language), needs_state=False)


def _named_file() -> Path:
    source = read_settings().policy_source
    if source is not None and source.startswith("blob:"):
        raise BadSettings([f"POLICY_SOURCE: {source} is a blob; name a file to check"])
    return Path(source) if source else Path(__file__).resolve().parent.parent / "policy.yaml"
