"""``admin evidence verify``: the record checked to the byte."""

from rich.console import Console

from adapters.runtime import House
from adapters.tables.audit import audit
from admin.as_json import tell

out = Console(highlight=False)


async def verify(house: House, *, as_json: bool) -> bool:
    """Check everything; print what was checked and every place that does not hold; True when all holds."""
    report = await audit(house.storage)
    if as_json:
        found = [{"what": fault.what, "where": fault.where} for fault in report.faults]
        summary = {"rows": report.rows, "events": report.events, "blobs": report.blobs, "faults": found}
        tell(summary)
        return not report.faults
    out.print(f"{report.rows} rows, {report.events} events, {report.blobs} blobs checked")
    for fault in report.faults:
        out.print(f"[red]![/] {fault.what}: {fault.where}")
    out.print("[green]the record holds[/]" if not report.faults else f"[red]{len(report.faults)} faults[/]")
    return not report.faults
