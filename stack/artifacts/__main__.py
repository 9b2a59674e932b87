"""`python -m stack.artifacts`: fetch everything with a progress bar; `lock` resolves the Java archives again."""

import sys

from rich.console import Console

from stack.artifacts.cache import ArtifactError, cache_folder
from stack.artifacts.maven import LOCK, write_lock
from stack.installation import install_everything


def main() -> int:
    """Exit code 0 when everything is there and verified."""
    console = Console(stderr=True)
    try:
        if sys.argv[1:] == ["lock"]:
            console.print(f"{write_lock()} archives in {LOCK.name}")
            return 0
        install_everything(console)
    except ArtifactError as error:
        console.print(f"[red]error:[/] {error}")
        return 1
    console.print(f"servers are installed in {cache_folder()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
