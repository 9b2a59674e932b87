CREATE TABLE outbox (
  tx BIGINT DEFAULT (pg_current_xact_id()::text)::bigint NOT NULL,
  id BIGINT GENERATED ALWAYS AS IDENTITY,
  recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  topic VARCHAR(40) NOT NULL,
  partition INTEGER NOT NULL,
  event_id UUID NOT NULL,
  line BYTEA NOT NULL,
  CONSTRAINT pk_outbox PRIMARY KEY (id)
);
CREATE INDEX ix_outbox_tx ON outbox (tx);

CREATE TABLE relay_positions (
  topic VARCHAR(120) NOT NULL,
  partition INTEGER NOT NULL,
  next_offset BIGINT NOT NULL,
  CONSTRAINT pk_relay_positions PRIMARY KEY (topic, partition)
);

CREATE TABLE idempotency_keys (
  caller VARCHAR(64) NOT NULL,
  method VARCHAR(8) NOT NULL,
  path VARCHAR(255) NOT NULL,
  key VARCHAR(255) NOT NULL,
  body_hash VARCHAR(64) NOT NULL,
  status INTEGER,
  answer BYTEA,
  headers JSONB,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_idempotency_keys PRIMARY KEY (caller, method, path, key)
);
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE TABLE import_marks (
  source VARCHAR(80) NOT NULL,
  item VARCHAR(120) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_import_marks PRIMARY KEY (source, item)
);
