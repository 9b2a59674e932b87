CREATE TABLE complaints (
  id UUID NOT NULL,
  order_id UUID NOT NULL,
  order_item_id UUID,
  user_id UUID NOT NULL,
  type VARCHAR(20) NOT NULL,
  description TEXT NOT NULL,
  evidence_urls JSONB DEFAULT '[]' NOT NULL,
  status VARCHAR(20) DEFAULT 'open' NOT NULL,
  resolution_type VARCHAR(20),
  resolution_note TEXT,
  resolution_minor BIGINT,
  resolved_by UUID,
  resolved_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT 1 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_complaints PRIMARY KEY (id),
  CONSTRAINT ck_complaints_type CHECK (type IN ('defect', 'wrong_item', 'damaged', 'missing', 'other')),
  CONSTRAINT ck_complaints_status CHECK (status IN ('open', 'under_review', 'resolved', 'rejected')),
  CONSTRAINT ck_complaints_resolution_type CHECK (resolution_type IN ('refund', 'replacement', 'store_credit', 'rejected')),
  CONSTRAINT ck_complaints_resolved CHECK ((status IN ('resolved', 'rejected')) = (resolved_at IS NOT NULL)),
  CONSTRAINT ck_complaints_resolution_minor CHECK (resolution_minor > 0),
  CONSTRAINT fk_complaints_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
  CONSTRAINT fk_complaints_order_item_id FOREIGN KEY(order_item_id) REFERENCES order_items (id)
);
CREATE INDEX ix_complaints_created_at ON complaints (created_at, id);
CREATE INDEX ix_complaints_order_id ON complaints (order_id, created_at, id);
CREATE UNIQUE INDEX uq_complaints_open ON complaints (order_id) WHERE status IN ('open', 'under_review');
