CREATE TABLE inventory (
  id UUID NOT NULL,
  product_id UUID NOT NULL,
  bucket SMALLINT DEFAULT 0 NOT NULL,
  on_hand INTEGER DEFAULT 0 NOT NULL,
  reserved INTEGER DEFAULT 0 NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_inventory PRIMARY KEY (id),
  CONSTRAINT uq_inventory_product_id_bucket UNIQUE (product_id, bucket),
  CONSTRAINT ck_inventory_on_hand CHECK (on_hand >= 0),
  CONSTRAINT ck_inventory_reserved CHECK (reserved >= 0 AND reserved <= on_hand),
  CONSTRAINT fk_inventory_product_id FOREIGN KEY(product_id) REFERENCES products (id)
)
 WITH (fillfactor = 70);

CREATE TABLE reservations (
  id UUID NOT NULL,
  order_id UUID NOT NULL,
  cause_type VARCHAR(20) DEFAULT 'checkout' NOT NULL,
  cause_id UUID NOT NULL,
  status VARCHAR(20) DEFAULT 'held' NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_reservations PRIMARY KEY (id),
  CONSTRAINT ck_reservations_status CHECK (status IN ('held', 'deducted', 'released', 'expired'))
);
CREATE INDEX ix_reservations_due ON reservations (expires_at) WHERE status = 'held';
CREATE INDEX ix_reservations_order_id ON reservations (order_id);
CREATE UNIQUE INDEX uq_reservations_cause ON reservations (cause_type, cause_id) WHERE status IN ('held', 'deducted');

CREATE TABLE reservation_items (
  reservation_id UUID NOT NULL,
  inventory_id UUID NOT NULL,
  product_id UUID NOT NULL,
  quantity INTEGER NOT NULL,
  CONSTRAINT pk_reservation_items PRIMARY KEY (reservation_id, inventory_id),
  CONSTRAINT ck_reservation_items_quantity CHECK (quantity > 0),
  CONSTRAINT fk_reservation_items_reservation_id FOREIGN KEY(reservation_id) REFERENCES reservations (id) ON DELETE CASCADE
);

CREATE TABLE stock_movements (
  id UUID NOT NULL,
  inventory_id UUID NOT NULL,
  product_id UUID NOT NULL,
  kind VARCHAR(20) NOT NULL,
  on_hand_delta INTEGER NOT NULL,
  reserved_delta INTEGER NOT NULL,
  on_hand_after INTEGER NOT NULL,
  reserved_after INTEGER NOT NULL,
  version INTEGER NOT NULL,
  cause_type VARCHAR(20) NOT NULL,
  cause_id UUID,
  actor_id UUID,
  reason VARCHAR(255),
  occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_stock_movements PRIMARY KEY (id),
  CONSTRAINT uq_stock_movements_inventory_id_version UNIQUE (inventory_id, version),
  CONSTRAINT ck_stock_movements_kind CHECK (kind IN ('received', 'adjusted', 'reserved', 'released', 'expired', 'deducted', 'restocked', 'returned'))
);
