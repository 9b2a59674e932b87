CREATE TABLE sellers (
  id UUID NOT NULL,
  user_id UUID NOT NULL,
  display_name VARCHAR(100) NOT NULL,
  slug VARCHAR(100) NOT NULL,
  legal_name VARCHAR(255) NOT NULL,
  contact_email VARCHAR(255) NOT NULL,
  contact_phone VARCHAR(20) NOT NULL,
  currency VARCHAR(3) NOT NULL,
  commission_bp INTEGER DEFAULT 1000 NOT NULL,
  ship_from JSONB,
  low_stock_threshold INTEGER DEFAULT 5 NOT NULL,
  status VARCHAR(20) DEFAULT 'pending' NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_sellers PRIMARY KEY (id),
  CONSTRAINT ck_sellers_status CHECK (status IN ('pending', 'active', 'suspended', 'closed')),
  CONSTRAINT ck_sellers_commission_bp CHECK (commission_bp BETWEEN 0 AND 10000),
  CONSTRAINT fk_sellers_user_id FOREIGN KEY(user_id) REFERENCES users (id),
  CONSTRAINT uq_sellers_slug UNIQUE (slug)
);
CREATE UNIQUE INDEX uq_sellers_display_name ON sellers (lower(display_name));
CREATE UNIQUE INDEX uq_sellers_user_id ON sellers (user_id);
