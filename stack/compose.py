"""What docker-compose.yml needs from here: ClickHouse's configuration with passwords out of the environment."""

import re
import sys

from stack.home import CHECKOUT
from stack.servers.clickhouse_config import SERVER, Passwords, users

FOLDER = CHECKOUT / "deploy" / "clickhouse"
VARIABLES = {
    "sink": "ATLANTIC_CLICKHOUSE_SINK_PASSWORD",
    "seller_pages": "ATLANTIC_CLICKHOUSE_SELLER_PASSWORD",
    "operator_pages": "ATLANTIC_CLICKHOUSE_OPERATOR_PASSWORD",
    "data_ro": "ATLANTIC_CLICKHOUSE_DATA_PASSWORD",
}
PRIVATE_NETWORK = "<networks><ip>::/0</ip></networks>"


def clickhouse_users() -> str:
    """users.xml for the official image: the same users, grants and row filters, reached from other containers."""
    text = users(Passwords(*VARIABLES))
    text = re.sub(r"^ *<default><password>.*\n", "", text, flags=re.MULTILINE)  # the launcher's own; closed here
    for user, variable in VARIABLES.items():
        open_tag = rf"(<{user}>.*?)<password_sha256_hex>[0-9a-f]+</password_sha256_hex>"
        text = re.sub(open_tag, rf'\1<password from_env="{variable}"/>', text, count=1, flags=re.DOTALL)
    return re.sub(r"<networks>.*?</networks>", PRIVATE_NETWORK, text)


def files() -> dict[str, str]:
    """File name -> text of everything in deploy/clickhouse."""
    return {"users.xml": clickhouse_users(), "config.xml": SERVER}


def main() -> int:
    """Write them again (`python -m stack.compose`)."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
