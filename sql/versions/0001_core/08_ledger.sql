CREATE TABLE journal_entries (
  id UUID NOT NULL,
  kind VARCHAR(20) NOT NULL,
  cause_type VARCHAR(20) NOT NULL,
  cause_id UUID NOT NULL,
  order_id UUID,
  reverses UUID,
  currency VARCHAR(3) NOT NULL,
  occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
  tx BIGINT DEFAULT (pg_current_xact_id()::text)::bigint NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_journal_entries PRIMARY KEY (id),
  CONSTRAINT ck_journal_entries_kind CHECK (kind IN ('sale', 'commission', 'refund', 'commission_refund', 'wallet_top_up', 'wallet_spend', 'store_credit', 'payout', 'reversal')),
  CONSTRAINT uq_journal_entries_kind_cause_type_cause_id UNIQUE (kind, cause_type, cause_id),
  CONSTRAINT fk_journal_entries_reverses FOREIGN KEY(reverses) REFERENCES journal_entries (id)
);
CREATE INDEX ix_journal_entries_occurred_at ON journal_entries (occurred_at, id);
CREATE INDEX ix_journal_entries_order_id ON journal_entries (order_id);

CREATE TABLE journal_lines (
  entry_id UUID NOT NULL,
  line_no SMALLINT NOT NULL,
  account VARCHAR(40) NOT NULL,
  seller_id UUID,
  product_id UUID,
  order_item_id UUID,
  wallet_id UUID,
  gateway VARCHAR(50),
  debit_minor BIGINT DEFAULT 0 NOT NULL,
  credit_minor BIGINT DEFAULT 0 NOT NULL,
  units INTEGER,
  CONSTRAINT pk_journal_lines PRIMARY KEY (entry_id, line_no),
  CONSTRAINT ck_journal_lines_one_side CHECK (debit_minor >= 0 AND credit_minor >= 0 AND (debit_minor = 0) <> (credit_minor = 0)),
  CONSTRAINT fk_journal_lines_entry_id FOREIGN KEY(entry_id) REFERENCES journal_entries (id)
);
