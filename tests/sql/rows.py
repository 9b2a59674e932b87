"""Rows as a shop at an older revision has them: plain SQL, by the revision that made their tables."""

import re

COUNT = 10
"""Users of a shop, each with a cart and an order."""

# {word} stands for the id of the row's own thing of that kind; sellers and products are few. A revision's shop has ids
# of its own, so that shops of several revisions fit into one database.
_ROWS: dict[str, dict[str, str]] = {
    "0001": {
        "users (id, email, first_name, last_name, phone)": "{user}, '{revision}' || n || '@x.example', 'A', 'B', '+1'",
        "credentials (id, user_id, email, password_hash)": "{credential}, {user}, '{revision}' || n || '@x', 'x'",
        "addresses (id, user_id, label, province_id, city_id, district_id, subdistrict_id, province_name, city_name, "
        "district_name, subdistrict_name, street, postal_code)": "{address}, {user}, 'H', 1, 1, 1, 1, 'P', 'C', 'D', "
        "'S', 'Street', '1'",
        "refresh_tokens (token_id, user_id, family_id, token_hash, expires_at)": "{token}, {user}, {token}, "
        "'{revision}' || n, now()",
        "revoked_tokens (jti, expires_at)": "{token}, now()",
        "sellers (id, user_id, display_name, slug, legal_name, contact_email, contact_phone, currency)": "{user}, "
        "{user}, '{revision}' || n, '{revision}' || n, 'L', 's@x.example', '+1', 'GBP'",
        "categories (id, name, slug)": "{category}, '{revision}' || n, '{revision}' || n",
        "product_specs (id, created_by, title)": "{spec}, {user}, 'T'",
        "products (id, sku, seller_id, spec_id, category_id, name, brand, keywords, description, price_minor, "
        "currency)": "{product}, '{revision}' || n, {user}, {spec}, {category}, 'Teapot ' || n, 'B', '{{green,tea}}', "
        "'For tea', 500, 'GBP'",
        "inventory (id, product_id, on_hand, reserved)": "{inventory}, {product}, 9, 2",
        "stock_movements (id, inventory_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after, "
        "reserved_after, version, cause_type, occurred_at)": "{movement}, {inventory}, {product}, 'received', 9, 0, 9, "
        "0, 1, 'adjustment', now()",
        "carts (id, user_id, status, currency, expires_at)": "{cart}, {user}, 'checked_out', 'GBP', now()",
        "cart_items (id, cart_id, product_id, quantity, price_when_added_minor)": "{cart_item}, {cart}, {product}, 2, "
        "500",
        "orders (id, order_number, user_id, cart_id, status, currency, subtotal_minor, total_minor, shipping_address, "
        "payment_method)": "{order}, '{revision}-' || n, {user}, {cart}, 'delivered', 'GBP', 1000, 1000, "
        "'{{\"city_id\": 1}}', 'card'",
        "order_items (id, order_id, line_no, product_id, seller_id, product_name, unit_price_minor, quantity, "
        "total_minor, commission_bp, product_snapshot)": "{line}, {order}, 1, {product}, {user}, 'Teapot', 500, 2, "
        "1000, 1000, '{{}}'",
        "order_returns (id, order_id, user_id, reason, items)": "{back}, {order}, {user}, 'defect', '[]'",
        "reservations (id, order_id, cause_id, status, expires_at)": "{hold}, {order}, {order}, 'deducted', now()",
        "reservation_items (reservation_id, inventory_id, product_id, quantity)": "{hold}, {inventory}, {product}, 2",
        "payments (id, order_id, user_id, payment_method, gateway, amount_minor, currency, authorized_minor, "
        "captured_minor, status)": "{payment}, {order}, {user}, 'card', 'test', 1000, 'GBP', 1000, 1000, 'success'",
        "payment_operations (id, payment_id, kind, amount_minor, status, idempotency_ref)": "{operation}, {payment}, "
        "'capture', 1000, 'succeeded', '{revision}' || n",
        "refunds (id, payment_id, order_id, amount_minor, currency, reason_code, cause_type, cause_id)": "{refund}, "
        "{payment}, {order}, 10, 'GBP', 'other', 'request', {refund}",
        "provider_events (provider, provider_event_id)": "'test', '{revision}' || n",
        "journal_entries (id, kind, cause_type, cause_id, order_id, currency, occurred_at)": "{entry}, 'sale', "
        "'payment', {payment}, {order}, 'GBP', now()",
        "journal_lines (entry_id, line_no, account, seller_id, gateway, debit_minor, credit_minor)": "{entry}, side, "
        "CASE side WHEN 1 THEN 'gateway_clearing' ELSE 'sales' END, {user}, 'test', CASE side WHEN 1 THEN 1000 ELSE 0 "
        "END, CASE side WHEN 2 THEN 1000 ELSE 0 END",
        "shipments (id, order_id, seller_id, destination_address, currency)": "{parcel}, {order}, {user}, '{{}}', "
        "'GBP'",
        "shipment_items (shipment_id, order_item_id, quantity)": "{parcel}, {line}, 2",
        "tracking_events (id, shipment_id, status, occurred_at)": "{report}, {parcel}, 'in_transit', now()",
        "outbox (topic, partition, event_id, line)": "'orders', 0, {event}, '{{}}'",
        "inbox (event_id, reaction)": "{event}, 'confirm_order'",
        "relay_positions (topic, partition, next_offset)": "'{revision}', n, n",
        "idempotency_keys (caller, method, path, key, body_hash, status, answer)": "'{revision}', 'POST', '/v1', "
        "n::text, 'x', 201, '{{}}'",
        "import_marks (source, item)": "'{revision}', n::text",
    },
    "0002": {
        "promotions (id, name, code, kind, value_bp, funded_by, starts_at)": "{promotion}, 'P', '{revision}' || n, "
        "'percent', 1000, 'platform', now()",
        "redemptions (id, promotion_id, order_id, user_id, discount_minor)": "{use}, {promotion}, {order}, {user}, 1",
        "reviews (id, user_id, product_id, seller_id, order_item_id, rating)": "{review}, {user}, {product}, {user}, "
        "{line}, 5",
        "notifications (id, user_id, type, channel, recipient, cause_event_id)": "{message}, {user}, "
        "'order_delivered', 'email', 'x@x.example', {event}",
        "notification_preferences (user_id, type, channel, enabled)": "{user}, 'promotion', 'email', false",
    },
    "0003": {
        "complaints (id, order_id, order_item_id, user_id, type, description)": "{complaint}, {order}, {line}, {user}, "
        "'damaged', 'broken'",
        "wallets (id, user_id, currency, balance_minor)": "{wallet}, {user}, 'GBP', 5",
        "wallet_entries (id, wallet_id, delta_minor, balance_after_minor, cause_type, cause_id)": "{change}, {wallet}, "
        "5, 5, 'top_up', {change}",
        "top_ups (id, wallet_id, gateway, idempotency_ref, amount_minor, currency)": "{change}, {wallet}, 'test', "
        "'{revision}' || n, 5, 'GBP'",
        "payouts (id, seller_id, currency, amount_minor, gateway, idempotency_ref, requested_by)": "{payout}, {user}, "
        "'GBP', 5, 'test', '{revision}' || n, {user}",
        "shipping_rates (id, carrier, service, seller_id, base_minor, per_kg_minor, currency, min_days, max_days)":
        "{tariff}, 'post', 'letter', {user}, 1, 1, 'GBP', 1, 2",
        "product_images (id, product_id, object_key, content_type, bytes, width, height)": "{picture}, {product}, "
        "'{revision}' || n, 'image/png', 1, 1, 1",
        "audit_trail (id, actor_id, role, action, object_type)": "{change}, {user}, 'operator', 'x', 'order'",
    },
    "0005": {
        "carrier_reports (id, carrier, tracking_number, provider_event_id, status, occurred_at)": "{report}, 'post', "
        "'{revision}' || n, '{revision}' || n, 'in_transit', now()",
    },
    "0006": {
        "api_keys (id, seller_id, user_id, name, hint, key_hash, scopes)": "{key}, {user}, {user}, 'K', 'h', "
        "'{revision}' || n, '{{orders:read}}'",
    },
    "0007": {
        "webhook_endpoints (id, seller_id, url, secret, events)": "{hook}, {user}, 'https://x.example', 's', "
        "'{{order.confirmed}}'",
        "webhook_deliveries (id, endpoint_id, event_id, event, body)": "{delivery}, {hook}, {event}, 'x', '{{}}'",
    },
    "0010": {
        "order_facts (order_id, id, tx, recorded_at, lines)": "{order}, n, 1, now(), 'x'",
    },
    "0013": {
        "second_factors (user_id, secret, confirmed_at, last_step)": "{user}, 'x', now(), 1",
        "recovery_codes (user_id, code_hash)": "{user}, '{revision}' || n",
    },
}  # fmt: skip


def statements(revision: str) -> list[str]:
    """What fills every table of a revision with a shop of its own; revisions that nobody filled add nothing."""
    return [
        f"INSERT INTO {table} SELECT {_filled(values, revision)} "
        f"FROM generate_series(1, {COUNT}) n{', generate_series(1, 2) side' if 'side' in values else ''}"
        for since, tables in _ROWS.items()
        if since <= revision
        for table, values in tables.items()
    ]


def _filled(values: str, revision: str) -> str:
    named = values.replace("{revision}", revision)
    with_ids = re.sub(r"(?<!\{)\{(\w+)\}(?!\})", rf"md5('{revision} \1 ' || n)::uuid", named)
    return with_ids.replace("{{", "{").replace("}}", "}")
