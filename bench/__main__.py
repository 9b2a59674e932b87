"""`python -m bench [NAME ...]`: run the named benchmarks, or all of them, one after the other; a table at the end."""

import importlib
import pkgutil
import sys
from collections.abc import Sequence

import bench
from bench._figures import Figure, table

MODULES = {
    found.name.rpartition(".")[2]: found.name
    for found in pkgutil.walk_packages(bench.__path__, "bench.")
    if not found.ispkg and not found.name.rpartition(".")[2].startswith("_")
}


def main(names: Sequence[str]) -> int:
    """Exit code 2 when a name is unknown."""
    unknown = sorted(set(names) - set(MODULES))
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(MODULES)}", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    for name in names or MODULES:
        print(f"== {name}", flush=True)
        figures += importlib.import_module(MODULES[name]).main() or ()
    if figures:
        print(f"\n{table(figures)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
