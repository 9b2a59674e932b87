"""A domain of the core is entered by its service or its queries only."""

import grimp

DOMAINS = (
    "users", "keys", "sellers", "catalog", "inventory", "promotions", "carts", "tariffs", "orders", "complaints",
    "payments", "wallets", "payouts", "ledger", "shipping", "reviews", "tracking", "recommendations", "analytics",
    "notifications", "webhooks", "search", "timeline",
)  # fmt: skip
DOORS = ("service", "queries")
SHARED = ("events", "views", "logs", "checksums")
"""What every process needs of the stream side: the words of the log, how its own log is written, its checksums."""


def domain_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in DOMAINS else None


def test_another_domain_is_entered_by_service_or_queries() -> None:
    graph = grimp.build_graph("api", cache_dir=None)
    sneaks = [
        f"{importer} -> {imported}"
        for importer in graph.modules
        if (home := domain_of(importer))
        for imported in graph.find_modules_directly_imported_by(importer)
        if (other := domain_of(imported)) and other != home and imported.split(".")[2:3] not in [[d] for d in DOORS]
    ]
    assert not sneaks


def test_the_core_knows_only_the_words_of_the_stream_side() -> None:
    graph = grimp.build_graph("api", "streams", cache_dir=None)
    others = [
        f"{importer} -> {imported}"
        for importer in graph.modules
        if importer.split(".")[0] == "api"
        for imported in graph.find_modules_directly_imported_by(importer)
        if imported.startswith("streams.") and imported.split(".")[1] not in SHARED
    ]
    assert not others
