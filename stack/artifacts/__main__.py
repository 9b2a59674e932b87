"""`python -m stack.artifacts`: fetch the servers; `browser` and `peers` those for tests, `lock` new jars."""

import sys

from rich.console import Console

from stack.artifacts.cache import ArtifactError, cache_folder
from stack.artifacts.maven import LOCK, write_lock
from stack.artifacts.peers import LOCALSTRIPE, STRIPE_MOCK
from stack.installation import install_everything, install_with_bars


def main() -> int:
    """Exit code 0 when everything is there and verified."""
    console = Console(stderr=True)
    try:
        if sys.argv[1:] == ["lock"]:
            console.print(f"{write_lock()} archives in {LOCK.name}")
            return 0
        if sys.argv[1:] == ["browser"]:
            from stack.artifacts.chromium import BROWSER  # noqa: PLC0415 - unpacking takes a package of the tests

            install_with_bars([BROWSER], console)
            return 0
        if sys.argv[1:] == ["peers"]:
            install_with_bars([STRIPE_MOCK, LOCALSTRIPE], console)
            return 0
        install_everything(console)
    except ArtifactError as error:
        console.print(f"[red]error:[/] {error}")
        return 1
    console.print(f"servers are installed in {cache_folder()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
