"""The statements of checkout: GLANCE and AT_ONCE, or READ_CART and PLACE with `inventory.service.reserve` between them.

Where there may be promotions to apply, their rows are locked and read in a fourth.
"""

from sqlalchemy import text

from api import idempotency
from api.outbox import TELL
from api.promotions.queries import ANY_AUTOMATIC
from api.tariffs.queries import REACHING

# The cart is locked: a second checkout of it waits here and then finds it checked out. Products and sellers are read
# as they are; the names of categories come from the top level down. After a wait for the lock PostgreSQL reads the
# cart's row anew, and nothing else: `seen_version` stays the one that the lines belong to. `promoted` says whether
# there are promotions to look at, `tariffs` are those by which the line's seller sends to the address.
_TARIFFS = REACHING.format(currency="c.currency", province="coalesce(a.province_id, CAST(:province_id AS int))")
_READ_CART = f"""
SELECT c.id AS cart_id, c.version AS cart_version,
       (SELECT seen.version FROM carts seen WHERE seen.id = c.id) AS seen_version,
       c.currency AS cart_currency, c.coupon_code, c.coupon_code IS NOT NULL OR {ANY_AUTOMATIC} AS promoted,
       ci.product_id, ci.quantity, ci.price_when_added_minor,
       p.sku, p.name, p.brand, p.category_id, p.price_minor, p.currency, p.tax_bp, p.weight_grams,
       p.status AS product_status, p.version AS product_version, p.seller_id, s.status AS seller_status,
       s.commission_bp, coalesce(d.specifications, CAST('{{{{}}}}' AS jsonb)) AS specifications,
       (SELECT i.object_key FROM product_images i WHERE i.product_id = p.id ORDER BY i.position, i.id LIMIT 1) AS image,
       {_TARIFFS} AS tariffs, {{stock}}
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
"""  # noqa: S608 - constants of ours, values are bound
READ_CART = text(_READ_CART.format(stock="") + "FOR UPDATE OF c")
# Without the lock, and with the one stock row of each line: none where a product has several.
GLANCE = text(
    _READ_CART.format(
        stock="""(SELECT CASE WHEN count(*) = 1 THEN jsonb_build_object(
                     'id', min(CAST(i.id AS text)), 'bucket', min(i.bucket), 'available', sum(i.on_hand - i.reserved))
                  END FROM inventory i WHERE i.product_id = p.id) AS stock,"""
    )
)

# Whose row is locked so cannot be closed before the order is there to be counted, and who was is not among them: a lock
# that was waited for shows the row as it is now. Checkouts share the lock with each other and with all other changes.
_SHOPS = """
shops AS (
    SELECT s.id FROM sellers s WHERE s.id = ANY(CAST(:seller_ids AS uuid[])) AND s.status = 'active' FOR KEY SHARE
)"""
_ALL_SHOPS = "(SELECT count(*) FROM shops) = :shops"
_ORDER = """
placed AS (
    INSERT INTO orders (id, order_number, user_id, cart_id, status, currency, subtotal_minor, discount_minor,
                        shipping_minor, tax_minor, total_minor, shipping_address, shipping_options, payment_method,
                        promotion_ids, session_id, hold_expires_at, confirmed_at, version, created_at, updated_at)
    SELECT :id, :order_number, :user_id, :cart_id, :order_status, :currency, :subtotal_minor, :discount_minor,
           :shipping_minor, :tax_minor, :total_minor, CAST(:shipping_address AS jsonb),
           CAST(:shipping_options AS jsonb), :payment_method, CAST(:promotion_ids AS uuid[]), :session_id,
           :hold_expires_at, :confirmed_at, :version, :moment, :moment WHERE {condition}
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
    WHERE {condition}
), cart AS (
    UPDATE carts SET status = 'checked_out', version = :cart_version, updated_at = :moment
    WHERE id = :cart_id AND {condition}
)"""
_PLACE = f"""
WITH {_SHOPS}, {_ORDER.format(condition="true")}, used AS (
    UPDATE promotions SET used_count = used_count + 1, version = version + 1, updated_at = :moment
    WHERE id = ANY(CAST(:promotion_ids AS uuid[]))
), redeemed AS (
    INSERT INTO redemptions (id, promotion_id, order_id, user_id, discount_minor)
    SELECT n.id, n.promotion_id, :id, :user_id, n.discount_minor
    FROM unnest(CAST(:redemption_ids AS uuid[]), CAST(:promotion_ids AS uuid[]), CAST(:redeemed_minors AS bigint[]))
        AS n (id, promotion_id, discount_minor)
), told AS ({TELL}
)"""  # noqa: S608 - constants of ours, values are bound
PLACE = text(f"{_PLACE} SELECT true AS kept, {_ALL_SHOPS} AS open")
# With the answer for the Idempotency-Key in the same round trip; not kept when the key has been answered before.
PLACE_ONCE = text(
    f"{_PLACE}, kept AS ({idempotency.STORE}) SELECT EXISTS (SELECT FROM kept) AS kept, {_ALL_SHOPS} AS open"  # noqa: S608 - constants
)

# All of it at once, for goods that have one stock row each and no promotions: the cart as it was read, then the stock
# rows in ascending product_id, then the sellers (an AND would lock them first), then the key. A stock row's fact says
# what the row is after it: it comes in four pieces, and stands behind the first fact, that of the hold.
_AT_ONCE = f"""
WITH held AS (
    SELECT id FROM carts WHERE id = :cart_id AND version = :cart_version - 1 AND status IN ('active', 'abandoned')
    FOR UPDATE
), wanted AS (
    SELECT * FROM unnest(CAST(:stock_ids AS uuid[]), CAST(:stock_units AS int[]), CAST(:stock_partitions AS int[]),
                         CAST(:stock_event_ids AS uuid[]), CAST(:stock_first AS text[]), CAST(:stock_second AS text[]),
                         CAST(:stock_third AS text[]), CAST(:stock_last AS text[]))
        AS w (inventory_id, units, partition, event_id, first, second, third, last)
), locked AS (
    SELECT i.id, i.product_id, i.on_hand - i.reserved AS available, w.*
    FROM wanted w JOIN inventory i ON i.id = w.inventory_id WHERE EXISTS (SELECT FROM held)
    ORDER BY i.product_id, i.bucket FOR UPDATE OF i
), {_SHOPS.strip()}, enough AS (
    SELECT FROM locked
    HAVING CASE WHEN count(*) = cardinality(CAST(:stock_ids AS uuid[])) AND bool_and(available >= units)
                THEN {_ALL_SHOPS} END
), kept AS ({{kept}}), decided AS (
    SELECT *, EXISTS (SELECT FROM kept) AS fits FROM locked
), moved AS (
    UPDATE inventory i SET reserved = i.reserved + d.units, version = i.version + 1, updated_at = now()
    FROM decided d WHERE i.id = d.id AND d.fits
    RETURNING i.id, i.product_id, i.on_hand, i.reserved, i.version, d.units, d.partition, d.event_id, d.first, d.second,
              d.third, d.last
), hold AS (
    INSERT INTO reservations (id, order_id, cause_type, cause_id, expires_at)
    SELECT :reservation_id, :id, 'checkout', :id, :held_until WHERE EXISTS (SELECT FROM kept)
), hold_items AS (
    INSERT INTO reservation_items (reservation_id, inventory_id, product_id, quantity)
    SELECT :reservation_id, id, product_id, units FROM moved
), noted AS (
    INSERT INTO stock_movements (id, inventory_id, product_id, kind, on_hand_delta, reserved_delta, on_hand_after,
                                 reserved_after, version, cause_type, cause_id, occurred_at)
    SELECT uuidv7(), id, product_id, 'reserved', 0, units, on_hand, reserved, version, 'order', :id, :moment FROM moved
), {{order}}, told AS (
    INSERT INTO outbox (topic, partition, event_id, line)
    SELECT topic, partition, event_id, line FROM (
        SELECT *, 2 * place AS at FROM unnest(
            CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:event_ids AS uuid[]), CAST(:lines AS bytea[]))
            WITH ORDINALITY AS t (topic, partition, event_id, line, place) WHERE EXISTS (SELECT FROM kept)
        UNION ALL
        SELECT :stock_topic, partition, event_id, convert_to(
            first || version || second || on_hand || third || reserved || last, 'UTF8'), 1, 3 FROM moved
    ) facts ORDER BY at
)
SELECT EXISTS (SELECT FROM enough) AS enough, EXISTS (SELECT FROM kept) AS kept
"""  # noqa: S608 - constants of ours, values are bound
_ORDER_AT_ONCE = _ORDER.format(condition="EXISTS (SELECT FROM kept)")
_KEPT = idempotency.STORE_WHEN.format(condition="EXISTS (SELECT FROM enough)")
AT_ONCE = text(_AT_ONCE.format(kept="SELECT FROM enough", order=_ORDER_AT_ONCE))
AT_ONCE_ONCE = text(_AT_ONCE.format(kept=_KEPT, order=_ORDER_AT_ONCE))

# A refusal: it raises the cart's version, and the first fact, which is the cart's, tells to which.
_REFUSED = """
WITH kept AS ({kept}), touched AS (
    UPDATE carts SET version = version + 1, updated_at = now() WHERE id = :cart_id AND EXISTS (SELECT FROM kept)
    RETURNING convert_to(CAST(version AS text), 'UTF8') AS version
), told AS (
    INSERT INTO outbox (topic, partition, event_id, line)
    SELECT topic, partition, event_id,
           CASE place WHEN 1 THEN line || version || CAST(:behind_seq AS bytea) ELSE line END
    FROM touched, unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:event_ids AS uuid[]),
                         CAST(:lines AS bytea[])) WITH ORDINALITY AS t (topic, partition, event_id, line, place)
    ORDER BY place
)
SELECT EXISTS (SELECT FROM kept)
"""
REFUSED = text(_REFUSED.format(kept="SELECT"))
REFUSED_ONCE = text(_REFUSED.format(kept=idempotency.STORE))
