CREATE TABLE shipments (
  id UUID NOT NULL,
  order_id UUID NOT NULL,
  seller_id UUID NOT NULL,
  kind VARCHAR(20) DEFAULT 'outbound' NOT NULL,
  carrier VARCHAR(50),
  service VARCHAR(50),
  tracking_number VARCHAR(100),
  status VARCHAR(20) DEFAULT 'pending' NOT NULL,
  destination_address JSONB NOT NULL,
  shipping_cost_minor BIGINT DEFAULT 0 NOT NULL,
  currency VARCHAR(3) NOT NULL,
  estimated_delivery DATE,
  shipped_at TIMESTAMP WITH TIME ZONE,
  delivered_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT 1 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_shipments PRIMARY KEY (id),
  CONSTRAINT ck_shipments_status CHECK (status IN ('pending', 'picked_up', 'in_transit', 'out_for_delivery', 'delivered', 'failed', 'returned', 'cancelled')),
  CONSTRAINT uq_shipments_carrier_tracking_number UNIQUE (carrier, tracking_number),
  CONSTRAINT fk_shipments_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
);
CREATE UNIQUE INDEX uq_shipments_outbound ON shipments (order_id, seller_id) WHERE kind = 'outbound' AND status <> 'cancelled';

CREATE TABLE shipment_items (
  shipment_id UUID NOT NULL,
  order_item_id UUID NOT NULL,
  quantity INTEGER NOT NULL,
  CONSTRAINT pk_shipment_items PRIMARY KEY (shipment_id, order_item_id),
  CONSTRAINT ck_shipment_items_quantity CHECK (quantity > 0),
  CONSTRAINT fk_shipment_items_shipment_id FOREIGN KEY(shipment_id) REFERENCES shipments (id) ON DELETE CASCADE
);

CREATE TABLE tracking_events (
  id UUID NOT NULL,
  shipment_id UUID NOT NULL,
  status VARCHAR(30) NOT NULL,
  location VARCHAR(255),
  occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
  carrier VARCHAR(50),
  provider_event_id VARCHAR(255),
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_tracking_events PRIMARY KEY (id),
  CONSTRAINT uq_tracking_events_carrier_provider_event_id UNIQUE (carrier, provider_event_id),
  CONSTRAINT fk_tracking_events_shipment_id FOREIGN KEY(shipment_id) REFERENCES shipments (id)
);
CREATE INDEX ix_tracking_events_shipment_id ON tracking_events (shipment_id, occurred_at);
