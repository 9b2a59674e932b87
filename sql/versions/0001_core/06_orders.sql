CREATE TABLE orders (
  id UUID NOT NULL,
  order_number VARCHAR(32) NOT NULL,
  user_id UUID NOT NULL,
  cart_id UUID,
  status VARCHAR(20) DEFAULT 'pending' NOT NULL,
  currency VARCHAR(3) NOT NULL,
  subtotal_minor BIGINT NOT NULL,
  discount_minor BIGINT DEFAULT 0 NOT NULL,
  shipping_minor BIGINT DEFAULT 0 NOT NULL,
  tax_minor BIGINT DEFAULT 0 NOT NULL,
  total_minor BIGINT NOT NULL,
  shipping_address JSONB NOT NULL,
  payment_method VARCHAR(20) NOT NULL,
  promotion_ids UUID[] DEFAULT '{}' NOT NULL,
  session_id UUID,
  hold_expires_at TIMESTAMP WITH TIME ZONE,
  confirmed_at TIMESTAMP WITH TIME ZONE,
  shipped_at TIMESTAMP WITH TIME ZONE,
  delivered_at TIMESTAMP WITH TIME ZONE,
  cancelled_at TIMESTAMP WITH TIME ZONE,
  cancellation_reason VARCHAR(40),
  cancellation_note VARCHAR(255),
  version INTEGER DEFAULT 1 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_orders PRIMARY KEY (id),
  CONSTRAINT ck_orders_status CHECK (status IN ('pending', 'paid', 'processing', 'shipped', 'delivered', 'cancelled', 'refunded', 'returned')),
  CONSTRAINT ck_orders_total CHECK (total_minor = subtotal_minor - discount_minor + shipping_minor),
  CONSTRAINT ck_orders_discount CHECK (discount_minor BETWEEN 0 AND subtotal_minor),
  CONSTRAINT uq_orders_order_number UNIQUE (order_number),
  CONSTRAINT fk_orders_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE INDEX ix_orders_created_at ON orders (created_at, id);
CREATE INDEX ix_orders_pending ON orders (hold_expires_at) WHERE status = 'pending';
CREATE INDEX ix_orders_user_id ON orders (user_id, created_at, id);
CREATE UNIQUE INDEX uq_orders_cart_id ON orders (cart_id) WHERE status <> 'cancelled';

CREATE TABLE order_items (
  id UUID NOT NULL,
  order_id UUID NOT NULL,
  line_no INTEGER NOT NULL,
  product_id UUID NOT NULL,
  seller_id UUID NOT NULL,
  product_name VARCHAR(255) NOT NULL,
  unit_price_minor BIGINT NOT NULL,
  quantity INTEGER NOT NULL,
  discount_minor BIGINT DEFAULT 0 NOT NULL,
  tax_minor BIGINT DEFAULT 0 NOT NULL,
  total_minor BIGINT NOT NULL,
  commission_bp INTEGER NOT NULL,
  product_snapshot JSONB NOT NULL,
  refunded_minor BIGINT DEFAULT 0 NOT NULL,
  returned_quantity INTEGER DEFAULT 0 NOT NULL,
  CONSTRAINT pk_order_items PRIMARY KEY (id),
  CONSTRAINT ck_order_items_quantity CHECK (quantity > 0),
  CONSTRAINT ck_order_items_returned CHECK (returned_quantity BETWEEN 0 AND quantity),
  CONSTRAINT ck_order_items_total CHECK (total_minor = unit_price_minor * quantity - discount_minor),
  CONSTRAINT fk_order_items_order_id FOREIGN KEY(order_id) REFERENCES orders (id) ON DELETE CASCADE
);
CREATE INDEX ix_order_items_order_id ON order_items (order_id, line_no);
CREATE INDEX ix_order_items_seller_id ON order_items (seller_id, order_id);

CREATE TABLE order_returns (
  id UUID NOT NULL,
  order_id UUID NOT NULL,
  user_id UUID NOT NULL,
  reason VARCHAR(20) NOT NULL,
  note VARCHAR(255),
  items JSONB NOT NULL,
  refund_minor BIGINT DEFAULT 0 NOT NULL,
  status VARCHAR(20) DEFAULT 'requested' NOT NULL,
  restock BOOLEAN,
  received_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_order_returns PRIMARY KEY (id),
  CONSTRAINT ck_order_returns_reason CHECK (reason IN ('defect', 'wrong_item', 'damaged', 'missing', 'changed_mind', 'other')),
  CONSTRAINT ck_order_returns_status CHECK (status IN ('requested', 'received', 'rejected')),
  CONSTRAINT fk_order_returns_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
);
CREATE UNIQUE INDEX uq_order_returns_open ON order_returns (order_id) WHERE status = 'requested';

CREATE TABLE inbox (
  event_id UUID NOT NULL,
  reaction VARCHAR(60) NOT NULL,
  handled_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_inbox PRIMARY KEY (event_id, reaction)
);
