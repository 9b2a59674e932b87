CREATE TABLE shipping_rates (
  id UUID NOT NULL,
  carrier VARCHAR(50) NOT NULL,
  service VARCHAR(50) NOT NULL,
  seller_id UUID,
  from_province_id INTEGER,
  to_province_id INTEGER,
  base_minor BIGINT NOT NULL,
  per_kg_minor BIGINT NOT NULL,
  currency VARCHAR(3) NOT NULL,
  min_days INTEGER NOT NULL,
  max_days INTEGER NOT NULL,
  active BOOLEAN DEFAULT true NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_shipping_rates PRIMARY KEY (id),
  CONSTRAINT ck_shipping_rates_cost CHECK (base_minor >= 0 AND per_kg_minor >= 0),
  CONSTRAINT ck_shipping_rates_days CHECK (0 <= min_days AND min_days <= max_days),
  CONSTRAINT fk_shipping_rates_seller_id FOREIGN KEY(seller_id) REFERENCES sellers (id)
);
CREATE INDEX ix_shipping_rates_to_province_id ON shipping_rates (currency, to_province_id) WHERE active;
