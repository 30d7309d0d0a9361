"""The command ``stadtnetz``. Commands import what they need when they run, so help is instant."""

from __future__ import annotations

import typer

from .commands import (
    audit,
    city,
    deliveries,
    demo,
    evaluate,
    measurements,
    pages,
    predict,
    users,
    worker,
)
from .commands.common import close_assemblies, guarded

app = typer.Typer(
    name="stadtnetz",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(
    help="Where a city's digital infrastructure stands: fibre, 5G, WLAN and IoT coverage."
)
def every_command(context: typer.Context) -> None:
    """Do for every command what all need: whatever it opened is closed when it ends."""
    context.call_on_close(close_assemblies)


app.command("demo")(demo.demo)
app.command("init")(city.init)
app.command("import")(city.import_layer)
app.command("layers")(city.layers)
app.command("kinds")(city.kinds)
app.command("template")(city.template)
app.command("deliver")(deliveries.deliver)
app.command("deliveries")(deliveries.list_deliveries)
app.command("publish")(deliveries.publish)
app.command("reject")(deliveries.reject)
app.command("withdraw")(deliveries.withdraw)
app.command("evaluate")(evaluate.evaluate)
app.command("predict")(predict.predict)
app.command("measurements")(measurements.measurements)
app.command("calibrate")(measurements.calibrate)
app.add_typer(audit.app, name="audit")
app.command("map")(pages.write_maps)
app.command("report")(pages.write_report)
app.command("serve")(pages.serve)
app.command("worker")(worker.work)
app.add_typer(worker.retention, name="retention")
app.add_typer(users.user, name="user")
app.add_typer(users.token, name="token")


def main() -> None:
    """Run the command; exit with 0 (done), 1 (data rejected) or 2 (wrong use)."""
    guarded(app)
