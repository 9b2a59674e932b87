"""ClickHouse's generated configuration: limits, users, grants and the sellers' row filters.

SQL `CREATE USER` and `CREATE ROW POLICY` do not exist in this mode, so users.xml says everything.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from clickhouse.access import seller_filters, seller_tables
from stack.settings import DATABASE, READER_MEMORY_BYTES, READER_SECONDS, READER_SECONDS_MAX

SERVER = """\
<clickhouse>
  <users_config>users.xml</users_config>
  <logger><level>error</level><log>clickhouse.log</log><size>20M</size><count>2</count></logger>
  <max_server_memory_usage>4000000000</max_server_memory_usage>
  <max_concurrent_queries>100</max_concurrent_queries>
  <background_pool_size>4</background_pool_size>
  <mark_cache_size>134217728</mark_cache_size>
  <timezone>UTC</timezone>
  <query_log>
    <database>system</database><table>query_log</table>
    <flush_interval_milliseconds>2000</flush_interval_milliseconds>
    <ttl>event_date + INTERVAL 14 DAY DELETE</ttl>
  </query_log>
  <backups><allowed_path>backups</allowed_path></backups>
</clickhouse>
"""


@dataclass(frozen=True)
class Passwords:
    """Clear passwords of the four users; only their hashes are written."""

    sink: str
    seller: str
    operator: str
    data: str


def users(passwords: Passwords, databases: Sequence[str] = (DATABASE,)) -> str:
    """The text of users.xml; sellers read `databases` only, each table through its row filter.

    The other users' grants carry a wildcard, which also covers the tests' databases.
    """
    read = f"GRANT SELECT ON {DATABASE}*.*"
    return f"""\
<clickhouse>
  <profiles>
    <boot><max_sessions_for_user>1</max_sessions_for_user></boot>
    <default><max_memory_usage>3000000000</max_memory_usage><implicit_select>0</implicit_select></default>
    <reader>{_reader_settings()}</reader>
  </profiles>
  <quotas><default/></quotas>
  <users>
    {_boot_user()}
    {_user("sink", passwords.sink, "default", _sink_grants())}
    {_user("seller_pages", passwords.seller, "reader", _seller_grants(databases), _row_filters(databases))}
    {_user("operator_pages", passwords.operator, "reader", [read, *_system_grants()])}
    {_user("data_ro", passwords.data, "reader", [read])}
  </users>
</clickhouse>
"""


def _reader_settings() -> str:
    limits = f"<max_execution_time>{READER_SECONDS}</max_execution_time><max_memory_usage>{READER_MEMORY_BYTES}"
    ceilings = f"<max_memory_usage><max>{READER_MEMORY_BYTES}</max></max_memory_usage>"
    ceilings += f"<max_execution_time><max>{READER_SECONDS_MAX}</max></max_execution_time>"
    # readonly=2 lets a session choose settings (clients need that), but never write or leave this mode.
    return (
        f"<readonly>2</readonly>{limits}</max_memory_usage><implicit_select>0</implicit_select>"
        f"<max_concurrent_queries_for_user>32</max_concurrent_queries_for_user><constraints>{ceilings}</constraints>"
    )


def _boot_user() -> str:
    """The launcher's own session. One session is allowed and it holds it, so nobody else can log in as `default`."""
    grants = ["GRANT SYSTEM LISTEN ON *.*", "GRANT READ ON FILE", "GRANT CREATE TEMPORARY TABLE ON *.*"]
    return _user("default", None, "boot", grants)


def _sink_grants() -> list[str]:
    return [
        f"GRANT ALL ON {DATABASE}*.*",
        "GRANT CREATE TEMPORARY TABLE ON *.*",
        "GRANT TABLE ENGINE ON *",
        "GRANT SYSTEM FLUSH LOGS ON *.*",
        *_system_grants(),
    ]


def _system_grants() -> list[str]:
    tables = ("query_log", "parts", "tables", "columns", "databases", "processes", "merges", "mutations", "errors")
    return [f"GRANT SELECT ON system.{table}" for table in tables]


def _seller_grants(databases: Sequence[str]) -> list[str]:
    return [f"GRANT SELECT ON {database}.{table}" for database in databases for table in seller_tables()]


def _row_filters(databases: Sequence[str]) -> str:
    """Views run with the rights of who asks, so filters on the base tables hold for every view over them."""
    return f"<databases>{''.join(map(_filters_of, databases))}</databases>"


def _filters_of(database: str) -> str:
    rows = seller_filters(database).items()
    tables = "".join(f"<{table}><filter>{escape(rule)}</filter></{table}>" for table, rule in rows)
    return f"<{database}>{tables}</{database}>"


def _user(name: str, password: str | None, profile: str, grants: list[str], more: str = "") -> str:
    hashed = hashlib.sha256((password or "").encode()).hexdigest()
    secret = f"<password_sha256_hex>{hashed}</password_sha256_hex>" if password else "<password></password>"
    queries = "".join(f"<query>{grant}</query>" for grant in grants)
    networks = "<networks><ip>127.0.0.1</ip></networks>"
    rest = f"<profile>{profile}</profile><quota>default</quota><grants>{queries}</grants>"
    return f"<{name}>{secret}{networks}{rest}{more}</{name}>"
