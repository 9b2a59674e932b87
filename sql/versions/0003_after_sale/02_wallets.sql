CREATE TABLE wallets (
  id UUID NOT NULL,
  user_id UUID NOT NULL,
  currency VARCHAR(3) NOT NULL,
  balance_minor BIGINT DEFAULT 0 NOT NULL,
  version INTEGER DEFAULT 0 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_wallets PRIMARY KEY (id),
  CONSTRAINT uq_wallets_user_id_currency UNIQUE (user_id, currency),
  CONSTRAINT ck_wallets_balance_minor CHECK (balance_minor >= 0),
  CONSTRAINT fk_wallets_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE TABLE wallet_entries (
  id UUID NOT NULL,
  wallet_id UUID NOT NULL,
  delta_minor BIGINT NOT NULL,
  balance_after_minor BIGINT NOT NULL,
  cause_type VARCHAR(20) NOT NULL,
  cause_id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_wallet_entries PRIMARY KEY (id),
  CONSTRAINT uq_wallet_entries_wallet_id_cause_type_cause_id UNIQUE (wallet_id, cause_type, cause_id),
  CONSTRAINT ck_wallet_entries_delta_minor CHECK (delta_minor <> 0),
  CONSTRAINT ck_wallet_entries_balance_after_minor CHECK (balance_after_minor >= 0),
  CONSTRAINT ck_wallet_entries_cause_type CHECK (cause_type IN ('payment', 'refund', 'store_credit', 'top_up')),
  CONSTRAINT fk_wallet_entries_wallet_id FOREIGN KEY(wallet_id) REFERENCES wallets (id)
);
CREATE INDEX ix_wallet_entries_wallet_id ON wallet_entries (wallet_id, created_at, id);
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON wallet_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE payments ADD COLUMN wallet_id UUID;
ALTER TABLE payments ADD CONSTRAINT fk_payments_wallet_id FOREIGN KEY(wallet_id) REFERENCES wallets (id) NOT VALID;
ALTER TABLE payments VALIDATE CONSTRAINT fk_payments_wallet_id;

-- Money asked of a card for a wallet belongs to no order and so to no payment.
CREATE TABLE top_ups (
  id UUID NOT NULL,
  wallet_id UUID NOT NULL,
  gateway VARCHAR(50) NOT NULL,
  gateway_reference VARCHAR(255),
  idempotency_ref VARCHAR(255) NOT NULL,
  amount_minor BIGINT NOT NULL,
  currency VARCHAR(3) NOT NULL,
  status VARCHAR(20) DEFAULT 'requested' NOT NULL,
  answer_code VARCHAR(60),
  attempt INTEGER DEFAULT 1 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_top_ups PRIMARY KEY (id),
  CONSTRAINT uq_top_ups_idempotency_ref UNIQUE (idempotency_ref),
  CONSTRAINT ck_top_ups_amount_minor CHECK (amount_minor > 0),
  CONSTRAINT ck_top_ups_status CHECK (status IN ('requested', 'succeeded', 'failed', 'unknown')),
  CONSTRAINT fk_top_ups_wallet_id FOREIGN KEY(wallet_id) REFERENCES wallets (id)
);
CREATE INDEX ix_top_ups_open ON top_ups (updated_at) WHERE status IN ('requested', 'unknown');
