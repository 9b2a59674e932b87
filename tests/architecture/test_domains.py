"""A domain of the core is entered by its service or its queries only."""

import grimp

DOMAINS = (
    "users", "sellers", "catalog", "inventory", "carts", "orders", "payments", "ledger", "shipping", "tracking",
    "analytics",
)  # fmt: skip
DOORS = ("service", "queries")


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
