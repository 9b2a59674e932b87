"""`python -m stack.run NAME`: one process in the foreground, as the supervisor, compose and Kubernetes start it."""

import gc
import importlib
import sys

from stack.processes import ALL


def run(name: str) -> None:
    """Call the process's main(); its settings are already in the environment.

    Nothing that is imported is garbage, and looking for it there takes a third of a start's CPU.
    """
    gc.disable()
    module = importlib.import_module(ALL[name].module)
    gc.enable()
    module.main()


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ALL:
        sys.exit(f"usage: python -m stack.run {'|'.join(ALL)}")
    run(sys.argv[1])
