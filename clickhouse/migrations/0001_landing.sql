-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_carts
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), cart_id UUID, order_id Nullable(UUID),
    lines Nullable(Int64), total_minor Nullable(Int64), by LowCardinality(String), value_minor Nullable(Int64),
    user_id Nullable(UUID), product_id Nullable(UUID), seller_id Nullable(UUID), quantity Nullable(Int64),
    quantity_after Nullable(Int64), price_minor Nullable(Int64), currency LowCardinality(String),
    quantity_before Nullable(Int64), requested Nullable(Int64), available Nullable(Int64),
    reason LowCardinality(String), cause LowCardinality(String), items_product_id Array(UUID),
    items_requested Array(Int64), items_available Array(Int64),
    landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_categories
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), category_id UUID, title String,
    parent_id Nullable(UUID), path Array(String), changed Array(String),
    landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_clicks
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), click_id UUID,
    click_name LowCardinality(String), session_id UUID, user_id Nullable(UUID), received_at DateTime64(3, 'UTC'),
    time_corrected Bool, area LowCardinality(String), page String, referrer_host LowCardinality(String),
    device LowCardinality(String), locale LowCardinality(String), source LowCardinality(String),
    product_id Nullable(UUID), seller_id Nullable(UUID), quantity Nullable(Int64), price_minor Nullable(Int64),
    currency LowCardinality(String), properties String, landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: one element of an event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_journal_lines
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), element_no UInt32, entry_id UUID,
    kind LowCardinality(String), cause_type LowCardinality(String), cause_id UUID, order_id Nullable(UUID),
    currency LowCardinality(String), entry_line_no Int64, account LowCardinality(String), seller_id Nullable(UUID),
    product_id Nullable(UUID), order_item_id Nullable(UUID), debit_minor Int64, credit_minor Int64,
    units Nullable(Int64), landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id, element_no)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: one element of an event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_order_items
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), element_no UInt32, order_id UUID,
    order_number String, customer_id UUID, currency LowCardinality(String), order_item_id UUID, product_id UUID,
    sku String, seller_id UUID, category_id UUID, quantity Int64, unit_price_minor Int64, discount_minor Int64,
    tax_minor Int64, total_minor Int64, landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id, element_no)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_orders
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), order_id UUID,
    cancellation_reason LowCardinality(String), cancelled_by LowCardinality(String),
    from_status LowCardinality(String), refund_due_minor Nullable(Int64), currency LowCardinality(String),
    status LowCardinality(String), payment_id Nullable(UUID), payment_method LowCardinality(String),
    order_number String, customer_id Nullable(UUID), cart_id Nullable(UUID), session_id Nullable(UUID),
    subtotal_minor Nullable(Int64), discount_minor Nullable(Int64), shipping_minor Nullable(Int64),
    tax_minor Nullable(Int64), total_minor Nullable(Int64), promotion_ids Array(UUID), province_id Nullable(Int64),
    city_id Nullable(Int64), hold_expires_at Nullable(DateTime64(3, 'UTC')), shipment_id Nullable(UUID),
    delivery_status LowCardinality(String), delivered_at Nullable(DateTime64(3, 'UTC')),
    fully_delivered Nullable(Bool), shipment_ids Array(UUID), refund_id Nullable(UUID), amount_minor Nullable(Int64),
    full Nullable(Bool), return_id Nullable(UUID), return_reason LowCardinality(String),
    items_order_item_id Array(UUID), items_product_id Array(UUID), items_seller_id Array(UUID),
    items_quantity Array(Int64), items_refund_minor Array(Int64), refund_amount_minor Nullable(Int64),
    carrier LowCardinality(String), tracking_number String, fully_shipped Nullable(Bool), is_valid Nullable(Bool),
    validation_errors_code Array(String), validation_errors_product_id Array(Nullable(UUID)),
    landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_payments
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), payment_id UUID, order_id UUID,
    payment_method LowCardinality(String), gateway LowCardinality(String), amount_minor Nullable(Int64),
    currency LowCardinality(String), authorized_minor Nullable(Int64), cause LowCardinality(String),
    expires_at Nullable(DateTime64(3, 'UTC')), payment_status LowCardinality(String), reason LowCardinality(String),
    landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_products
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), product_id UUID, sku String,
    spec_id Nullable(UUID), seller_id UUID, title String, description String, category_id Nullable(UUID),
    category Array(String), category_ids Array(UUID), brand LowCardinality(String), keywords Array(String),
    price_minor Nullable(Int64), currency LowCardinality(String), tax_bp Nullable(Int64),
    weight_grams Nullable(Int64), specifications String, images Array(String), status LowCardinality(String),
    product_version Nullable(Int64), created_at Nullable(DateTime64(3, 'UTC')), changed Array(String),
    price_before_minor Nullable(Int64), landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_refunds
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), refund_id UUID, order_id UUID,
    payment_id Nullable(UUID), amount_minor Nullable(Int64), currency LowCardinality(String),
    by LowCardinality(String), reason LowCardinality(String), attempts Nullable(Int64),
    reason_code LowCardinality(String), target LowCardinality(String), cause_type LowCardinality(String),
    full Nullable(Bool), order_occurred_at Nullable(DateTime64(3, 'UTC')),
    landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_reservations
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), reservation_id UUID, order_id Nullable(UUID),
    items_product_id Array(UUID), items_quantity Array(Int64), cause LowCardinality(String), cart_id Nullable(UUID),
    items_requested Array(Int64), items_available Array(Int64), expires_at Nullable(DateTime64(3, 'UTC')),
    landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_sellers
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), seller_id UUID, display_name String,
    slug String, currency LowCardinality(String), commission_bp Int64, low_stock_threshold Int64,
    status LowCardinality(String), changed Array(String), landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_shipments
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), shipment_id UUID, order_id UUID,
    cause LowCardinality(String), seller_id Nullable(UUID), carrier LowCardinality(String),
    service LowCardinality(String), items_product_id Array(UUID), items_quantity Array(Int64),
    estimated_delivery Nullable(Date32), province_id Nullable(Int64), city_id Nullable(Int64),
    tracking_status LowCardinality(String), status_before LowCardinality(String),
    status_after LowCardinality(String), location String, tracked_at Nullable(DateTime64(3, 'UTC')),
    tracking_number String, landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_signals
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), product_id UUID, seller_id UUID,
    available Int64, due_at DateTime64(3, 'UTC'), triggered_by Array(UUID), threshold Nullable(Int64),
    days_left Nullable(Float64), landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_stock_movements
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), inventory_id UUID, product_id UUID,
    seller_id UUID, bucket Int64, kind LowCardinality(String), on_hand_delta Int64, reserved_delta Int64,
    on_hand_after Int64, reserved_after Int64, cause_type LowCardinality(String), cause_id Nullable(UUID),
    landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- Grain: one event; the sink lands it once, and a repeated insert is dropped by its token.
CREATE TABLE landing_users
(
    topic LowCardinality(String), partition UInt16, offset Int64, line_no UInt32, event_id UUID,
    event LowCardinality(String), version UInt16, aggregate_id UUID, aggregate_seq Int64, tx Int64,
    occurred_at DateTime64(3, 'UTC'), recorded_at DateTime64(3, 'UTC'), user_id UUID, roles Array(String),
    locale LowCardinality(String), registered_at Nullable(DateTime64(3, 'UTC')), changed Array(String),
    status LowCardinality(String), landed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    INDEX place offset TYPE minmax
)
ENGINE = MergeTree
ORDER BY (occurred_at, event_id)
SETTINGS non_replicated_deduplication_window = 1000;
