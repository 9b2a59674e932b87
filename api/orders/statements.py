"""The statements of checkout: with `inventory.service.reserve` between them they are its three round trips.

Where there may be promotions to apply, their rows are locked and read in a fourth.
"""

from sqlalchemy import text

from api import idempotency
from api.promotions.queries import ANY_AUTOMATIC
from api.tariffs.queries import REACHING

# The cart is locked: a second checkout of it waits here and then finds it checked out. Products and sellers are read
# as they are; the names of categories come from the top level down. After a wait for the lock PostgreSQL reads the
# cart's row anew, and nothing else: `seen_version` stays the one that the lines belong to. `promoted` says whether
# there are promotions to look at, `tariffs` are those by which the line's seller sends to the address.
_TARIFFS = REACHING.format(currency="c.currency", province="coalesce(a.province_id, CAST(:province_id AS int))")
READ_CART = text(f"""
SELECT c.id AS cart_id, c.version AS cart_version,
       (SELECT seen.version FROM carts seen WHERE seen.id = c.id) AS seen_version,
       c.currency AS cart_currency, c.coupon_code, c.coupon_code IS NOT NULL OR {ANY_AUTOMATIC} AS promoted,
       ci.product_id, ci.quantity, ci.price_when_added_minor,
       p.sku, p.name, p.brand, p.category_id, p.price_minor, p.currency, p.tax_bp, p.weight_grams,
       p.status AS product_status, p.version AS product_version, p.seller_id, s.status AS seller_status,
       s.commission_bp, coalesce(d.specifications, '{{}}') AS specifications,
       {_TARIFFS} AS tariffs,
       path.names AS category, path.ids AS category_ids, u.first_name || ' ' || u.last_name AS recipient, u.phone,
       CASE WHEN a.id IS NULL THEN NULL ELSE jsonb_build_object(
           'label', a.label, 'province_id', a.province_id, 'city_id', a.city_id, 'district_id', a.district_id,
           'subdistrict_id', a.subdistrict_id, 'province_name', a.province_name, 'city_name', a.city_name,
           'district_name', a.district_name, 'subdistrict_name', a.subdistrict_name, 'street', a.street,
           'postal_code', a.postal_code) END AS address
FROM carts c
JOIN users u ON u.id = c.user_id
LEFT JOIN addresses a ON a.user_id = c.user_id AND a.id = :address_id
LEFT JOIN cart_items ci ON ci.cart_id = c.id
LEFT JOIN products p ON p.id = ci.product_id
LEFT JOIN sellers s ON s.id = p.seller_id
LEFT JOIN product_specs d ON d.id = p.spec_id
LEFT JOIN LATERAL (
    WITH RECURSIVE up AS (
        SELECT k.id, k.name, k.parent_id, 1 AS depth FROM categories k WHERE k.id = p.category_id
        UNION ALL
        SELECT k.id, k.name, k.parent_id, up.depth + 1 FROM categories k JOIN up ON k.id = up.parent_id
    ) SELECT array_agg(name ORDER BY depth DESC) AS names, array_agg(id) AS ids FROM up
) path ON true
WHERE c.user_id = :user_id AND c.status IN ('active', 'abandoned') AND c.expires_at > now()
ORDER BY ci.added_at, ci.id
FOR UPDATE OF c
""")  # noqa: S608 - constants of ours, values are bound

_PLACE = """
WITH placed AS (
    INSERT INTO orders (id, order_number, user_id, cart_id, status, currency, subtotal_minor, discount_minor,
                        shipping_minor, tax_minor, total_minor, shipping_address, shipping_options, payment_method,
                        promotion_ids, session_id, hold_expires_at, confirmed_at, version, created_at, updated_at)
    VALUES (:id, :order_number, :user_id, :cart_id, :order_status, :currency, :subtotal_minor, :discount_minor,
            :shipping_minor, :tax_minor, :total_minor, CAST(:shipping_address AS jsonb),
            CAST(:shipping_options AS jsonb), :payment_method, CAST(:promotion_ids AS uuid[]), :session_id,
            :hold_expires_at, :confirmed_at, :version, :moment, :moment)
), lines AS (
    INSERT INTO order_items (id, order_id, line_no, product_id, seller_id, product_name, unit_price_minor, quantity,
                             discount_minor, platform_discount_minor, tax_minor, total_minor, commission_bp,
                             product_snapshot)
    SELECT n.id, :id, n.line_no, n.product_id, n.seller_id, n.product_name, n.unit_price_minor, n.quantity,
           n.discount_minor, n.platform_discount_minor, n.tax_minor, n.total_minor, n.commission_bp, n.product_snapshot
    FROM unnest(
        CAST(:item_ids AS uuid[]), CAST(:line_nos AS int[]), CAST(:product_ids AS uuid[]), CAST(:seller_ids AS uuid[]),
        CAST(:product_names AS text[]), CAST(:unit_prices AS bigint[]), CAST(:quantities AS int[]),
        CAST(:discounts AS bigint[]), CAST(:platform_discounts AS bigint[]), CAST(:taxes AS bigint[]),
        CAST(:totals AS bigint[]), CAST(:commission_bps AS int[]), CAST(:snapshots AS jsonb[]))
        AS n (id, line_no, product_id, seller_id, product_name, unit_price_minor, quantity, discount_minor,
              platform_discount_minor, tax_minor, total_minor, commission_bp, product_snapshot)
), cart AS (
    UPDATE carts SET status = 'checked_out', version = :cart_version, updated_at = :moment WHERE id = :cart_id
), used AS (
    UPDATE promotions SET used_count = used_count + 1, version = version + 1, updated_at = :moment
    WHERE id = ANY(CAST(:promotion_ids AS uuid[]))
), redeemed AS (
    INSERT INTO redemptions (id, promotion_id, order_id, user_id, discount_minor)
    SELECT n.id, n.promotion_id, :id, :user_id, n.discount_minor
    FROM unnest(CAST(:redemption_ids AS uuid[]), CAST(:promotion_ids AS uuid[]), CAST(:redeemed_minors AS bigint[]))
        AS n (id, promotion_id, discount_minor)
), told AS (
    INSERT INTO outbox (topic, partition, event_id, line)
    SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:event_ids AS uuid[]),
                         CAST(:lines AS bytea[]))
)"""
PLACE = text(f"{_PLACE} SELECT true")
# With the answer for the Idempotency-Key in the same round trip; false when the key has been answered before.
PLACE_ONCE = text(f"{_PLACE}, kept AS ({idempotency.STORE}) SELECT EXISTS (SELECT FROM kept)")  # noqa: S608 - constants

TOUCH_CART = text("UPDATE carts SET version = version + 1, updated_at = now() WHERE id = :cart_id RETURNING version")
