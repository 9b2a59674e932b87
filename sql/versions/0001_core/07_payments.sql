CREATE TABLE payments (
  id UUID NOT NULL,
  order_id UUID NOT NULL,
  user_id UUID NOT NULL,
  payment_method VARCHAR(20) NOT NULL,
  gateway VARCHAR(50) NOT NULL,
  gateway_transaction_id VARCHAR(255),
  client_secret VARCHAR(255),
  amount_minor BIGINT NOT NULL,
  currency VARCHAR(3) NOT NULL,
  authorized_minor BIGINT DEFAULT 0 NOT NULL,
  captured_minor BIGINT DEFAULT 0 NOT NULL,
  refunded_minor BIGINT DEFAULT 0 NOT NULL,
  status VARCHAR(30) DEFAULT 'pending' NOT NULL,
  failure_reason VARCHAR(255),
  expires_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT 1 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_payments PRIMARY KEY (id),
  CONSTRAINT ck_payments_status CHECK (status IN ('pending', 'processing', 'success', 'failed', 'expired', 'cancelled', 'refunding', 'refunded', 'refund_failed')),
  CONSTRAINT ck_payments_amount CHECK (amount_minor > 0),
  CONSTRAINT ck_payments_money CHECK (0 <= refunded_minor AND refunded_minor <= captured_minor AND captured_minor <= authorized_minor AND authorized_minor <= amount_minor),
  CONSTRAINT uq_payments_gateway_gateway_transaction_id UNIQUE (gateway, gateway_transaction_id),
  CONSTRAINT fk_payments_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
);
CREATE INDEX ix_payments_due ON payments (expires_at) WHERE status IN ('pending', 'processing');
CREATE INDEX ix_payments_order_id ON payments (order_id);
CREATE UNIQUE INDEX uq_payments_live ON payments (order_id) WHERE status NOT IN ('failed', 'expired', 'cancelled');

CREATE TABLE payment_operations (
  id UUID NOT NULL,
  payment_id UUID NOT NULL,
  kind VARCHAR(20) NOT NULL,
  amount_minor BIGINT NOT NULL,
  status VARCHAR(20) NOT NULL,
  gateway_reference VARCHAR(255),
  idempotency_ref VARCHAR(255) NOT NULL,
  answer_code VARCHAR(60),
  attempt INTEGER DEFAULT 1 NOT NULL,
  occurred_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_payment_operations PRIMARY KEY (id),
  CONSTRAINT ck_payment_operations_kind CHECK (kind IN ('authorize', 'capture', 'void', 'refund', 'top_up')),
  CONSTRAINT ck_payment_operations_status CHECK (status IN ('requested', 'succeeded', 'failed', 'unknown')),
  CONSTRAINT fk_payment_operations_payment_id FOREIGN KEY(payment_id) REFERENCES payments (id),
  CONSTRAINT uq_payment_operations_idempotency_ref UNIQUE (idempotency_ref)
);
CREATE INDEX ix_payment_operations_payment_id ON payment_operations (payment_id);

CREATE TABLE refunds (
  id UUID NOT NULL,
  payment_id UUID NOT NULL,
  order_id UUID NOT NULL,
  requested_by UUID,
  amount_minor BIGINT NOT NULL,
  currency VARCHAR(3) NOT NULL,
  reason VARCHAR(255),
  reason_code VARCHAR(40) NOT NULL,
  target VARCHAR(20) DEFAULT 'original' NOT NULL,
  status VARCHAR(20) DEFAULT 'requested' NOT NULL,
  attempts INTEGER DEFAULT 0 NOT NULL,
  next_attempt_at TIMESTAMP WITH TIME ZONE,
  decided_by UUID,
  cause_type VARCHAR(20) NOT NULL,
  cause_id UUID NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_refunds PRIMARY KEY (id),
  CONSTRAINT ck_refunds_status CHECK (status IN ('requested', 'approved', 'rejected', 'processing', 'succeeded', 'failed')),
  CONSTRAINT ck_refunds_amount CHECK (amount_minor > 0),
  CONSTRAINT uq_refunds_cause_type_cause_id UNIQUE (cause_type, cause_id),
  CONSTRAINT fk_refunds_payment_id FOREIGN KEY(payment_id) REFERENCES payments (id),
  CONSTRAINT fk_refunds_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
);
CREATE INDEX ix_refunds_created_at ON refunds (created_at, id);
CREATE INDEX ix_refunds_due ON refunds (next_attempt_at) WHERE status IN ('approved', 'processing');
CREATE INDEX ix_refunds_order_id ON refunds (order_id);

CREATE TABLE provider_events (
  provider VARCHAR(50) NOT NULL,
  provider_event_id VARCHAR(255) NOT NULL,
  received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  handled_at TIMESTAMP WITH TIME ZONE,
  outcome VARCHAR(40),
  CONSTRAINT pk_provider_events PRIMARY KEY (provider, provider_event_id)
);
