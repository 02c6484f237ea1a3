"""Every trigger of the app: its table of contents. What each one does stands in reviews/jobs."""

import azure.functions as func

from adapters.envelopes import unseal
from adapters.runtime import runtime
from adapters.settings import Role, read_role
from adapters.telemetry import at_the_boundary

QUARTER_HOURLY = "0 */15 * * * *"

worker = func.Blueprint()  # type: ignore[no-untyped-call]
web = func.Blueprint()  # type: ignore[no-untyped-call]


@worker.timer_trigger(arg_name="timer", schedule=QUARTER_HOURLY, use_monitor=True, run_on_startup=False)
@at_the_boundary
async def tick(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the binding wants its name
    """Hand over what is due; raise the alarm for what is overdue."""
    await runtime().tick.run()


@worker.route("ops/tick", methods=["POST"])
async def second_starter(req: func.HttpRequest) -> func.HttpResponse:
    """Do what the timer does, for a starter outside Azure Functions."""
    return await runtime().tick_by_request(req)


@worker.queue_trigger(arg_name="message", queue_name="jobs", connection="STATE")
@at_the_boundary
async def run_job(message: func.QueueMessage) -> None:
    """Run the night, the tracking or the sealing of one slot."""
    await runtime().work(unseal(message.get_body()))


@worker.queue_trigger(arg_name="message", queue_name="actions", connection="STATE")
@at_the_boundary
async def carry_out(message: func.QueueMessage) -> None:
    """Open one batch, or carry out one action on one guest."""
    await runtime().work(unseal(message.get_body()))


@worker.queue_trigger(arg_name="message", queue_name="answers", connection="STATE")
@at_the_boundary
async def weigh_answers(message: func.QueueMessage) -> None:
    """Weigh what a reviewer sent."""
    await runtime().work(unseal(message.get_body()))


@worker.queue_trigger(arg_name="message", queue_name="mail", connection="STATE")
@at_the_boundary
async def send_mail(message: func.QueueMessage) -> None:
    """Send one owed mail."""
    await runtime().work(unseal(message.get_body()))


@web.route("r/{batch}", methods=["GET", "POST"])
async def answer_page(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Show a reviewer what is asked, or take the answers. Opening the page decides nothing."""
    return await runtime().serve(req, context)


@web.route("u/{batch}/{case}", methods=["GET", "POST"])
async def undo_page(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Show a reviewer the way back from a removal, or take it. Opening the page undoes nothing."""
    return await runtime().serve(req, context)


@web.route("health", methods=["GET"])
async def health(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Say that the pages are being served."""
    return await runtime().serve(req, context)


app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
if read_role() is not Role.WEB:
    app.register_functions(worker)
if read_role() is not Role.WORKER:
    app.register_functions(web)
