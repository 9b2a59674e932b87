"""Who may see which rows: the row filters of the sellers' role, as plain data for the server's user configuration."""

# The listeners of the embedded server know no custom settings (no SQL_seller_id), so the seller is bound by the one
# built-in setting that takes any text; it also stands in the query log. Unset, it matches no seller.
SELLER_SETTING = "log_comment"
OWN = f"seller_id = toUUIDOrNull(getSetting('{SELLER_SETTING}'))"

# Every base table that holds sellers' rows, with the filter that the user `seller_pages` reads it through. Views run
# with the rights and filters of who asks, so a filter on the base table holds for every view over it.
SELLER_FILTERS: dict[str, str] = {
    "ledger_hour_state": OWN,
    "sales_product_hour_state": OWN,
    "dim_seller_state": OWN,
    "dim_product_state": OWN,
    "stock_rows_state": OWN,
    "landing_order_items": OWN,
    "landing_journal_lines": OWN,
    "landing_products": OWN,
    "landing_stock_movements": OWN,
    "landing_signals": OWN,
    "landing_promotions": OWN,
    "landing_reviews": OWN,
    "landing_complaints": OWN,
    "landing_payouts": OWN,
    "audit_differences": OWN,
    # Clicks and carts count by product; whose product it is, the catalogue says, not the click.
    "funnel_hour_state": "product_id IN (SELECT product_id FROM {database}.dim_product_state WHERE {own})",
}

# What the sellers' pages may read beside the filtered tables: nothing in them belongs to a seller.
SELLER_OPEN: tuple[str, ...] = ("progress_state", "progress", "progress_cut", "audit_verdicts")

# The views over the filtered tables.
SELLER_VIEWS: tuple[str, ...] = (
    "ledger_account_day", "books_cells", "books_hour", "books_day", "sales_product_hour", "funnel_hour", "stock_levels",
    "dim_seller", "dim_product",
)  # fmt: skip


def seller_filters(database: str) -> dict[str, str]:
    """Filter per table for one database."""
    return {table: condition.format(database=database, own=OWN) for table, condition in SELLER_FILTERS.items()}


def seller_tables() -> tuple[str, ...]:
    """All tables and views that `seller_pages` may SELECT from; it needs no other grant."""
    return (*SELLER_FILTERS, *SELLER_VIEWS, *SELLER_OPEN)
