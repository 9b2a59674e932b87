CREATE TABLE payouts (
  id UUID NOT NULL,
  seller_id UUID NOT NULL,
  currency VARCHAR(3) NOT NULL,
  amount_minor BIGINT NOT NULL,
  status VARCHAR(20) DEFAULT 'requested' NOT NULL,
  gateway VARCHAR(50) NOT NULL,
  gateway_reference VARCHAR(255),
  idempotency_ref VARCHAR(255) NOT NULL,
  reason VARCHAR(60),
  attempts INTEGER DEFAULT 0 NOT NULL,
  next_attempt_at TIMESTAMP WITH TIME ZONE,
  requested_by UUID NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_payouts PRIMARY KEY (id),
  CONSTRAINT uq_payouts_idempotency_ref UNIQUE (idempotency_ref),
  CONSTRAINT ck_payouts_amount_minor CHECK (amount_minor > 0),
  CONSTRAINT ck_payouts_status CHECK (status IN ('requested', 'paid', 'failed')),
  CONSTRAINT fk_payouts_seller_id FOREIGN KEY(seller_id) REFERENCES sellers (id)
);
CREATE INDEX ix_payouts_due ON payouts (next_attempt_at) WHERE status = 'requested';
CREATE INDEX ix_payouts_seller_id ON payouts (seller_id, created_at, id);
