"""`atlantic migrate`."""

import typer

from stack.cli.output import Json, fail, out, show_json
from stack.environment import complete
from stack.migrate import STEPS, StepError, run


def command(as_json: Json = False) -> None:
    """Bring PostgreSQL, Kafka's topics, ClickHouse and the search index to the code's version; repeatable.

    Example: atlantic migrate
    """
    complete()
    done: dict[str, float] = {}
    for step in STEPS:
        try:
            done[step.name] = run(step)
        except StepError as error:
            if as_json:
                show_json({"done": done, "failed": step.name, "reason": str(error)})
                raise typer.Exit(1) from None
            fail(str(error))
        if not as_json:
            out.print(f"{step.name:<12} up to date ({done[step.name]:.1f} s)", highlight=False)
    if as_json:
        show_json({"done": done, "failed": None})
