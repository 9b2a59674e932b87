CREATE TABLE promotions (
  id UUID NOT NULL,
  code VARCHAR(40),
  name VARCHAR(100) NOT NULL,
  kind VARCHAR(20) NOT NULL,
  value_bp INTEGER,
  value_minor BIGINT,
  currency VARCHAR(3),
  min_subtotal_minor BIGINT DEFAULT 0 NOT NULL,
  max_discount_minor BIGINT,
  scope VARCHAR(20) DEFAULT 'all' NOT NULL,
  scope_id UUID,
  funded_by VARCHAR(20) NOT NULL,
  seller_id UUID,
  starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ends_at TIMESTAMP WITH TIME ZONE,
  usage_limit INTEGER,
  per_user_limit INTEGER,
  used_count INTEGER DEFAULT 0 NOT NULL,
  announce BOOLEAN DEFAULT false NOT NULL,
  status VARCHAR(20) DEFAULT 'draft' NOT NULL,
  published_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT 1 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_promotions PRIMARY KEY (id),
  CONSTRAINT ck_promotions_kind CHECK (kind IN ('percent', 'fixed', 'free_shipping')),
  CONSTRAINT ck_promotions_scope CHECK (scope IN ('all', 'seller', 'category', 'product')),
  CONSTRAINT ck_promotions_scope_id CHECK ((scope = 'all') = (scope_id IS NULL)),
  CONSTRAINT ck_promotions_funded_by CHECK (funded_by IN ('platform', 'seller')),
  CONSTRAINT ck_promotions_seller_id CHECK ((funded_by = 'seller') = (seller_id IS NOT NULL)),
  CONSTRAINT ck_promotions_status CHECK (status IN ('draft', 'active', 'paused', 'ended')),
  CONSTRAINT ck_promotions_value CHECK (
    CASE kind
      WHEN 'percent' THEN value_bp BETWEEN 1 AND 10000 AND value_minor IS NULL
      WHEN 'fixed' THEN value_minor > 0 AND value_bp IS NULL
      ELSE value_bp IS NULL AND value_minor IS NULL
    END
  ),
  CONSTRAINT ck_promotions_currency CHECK (
    currency IS NOT NULL OR (value_minor IS NULL AND max_discount_minor IS NULL AND min_subtotal_minor = 0)
  ),
  CONSTRAINT ck_promotions_min_subtotal_minor CHECK (min_subtotal_minor >= 0),
  CONSTRAINT ck_promotions_max_discount_minor CHECK (max_discount_minor > 0),
  CONSTRAINT ck_promotions_dates CHECK (ends_at > starts_at),
  CONSTRAINT ck_promotions_limits CHECK (usage_limit > 0 AND per_user_limit > 0),
  CONSTRAINT ck_promotions_used_count CHECK (used_count >= 0 AND used_count <= usage_limit),
  CONSTRAINT fk_promotions_seller_id FOREIGN KEY(seller_id) REFERENCES sellers (id)
);
CREATE UNIQUE INDEX uq_promotions_code ON promotions (upper(code));
CREATE INDEX ix_promotions_automatic ON promotions (starts_at) WHERE status = 'active' AND code IS NULL;
CREATE INDEX ix_promotions_seller_id ON promotions (seller_id, starts_at, id);
CREATE INDEX ix_promotions_starts_at ON promotions (starts_at, id);

CREATE TABLE redemptions (
  id UUID NOT NULL,
  promotion_id UUID NOT NULL,
  order_id UUID NOT NULL,
  user_id UUID NOT NULL,
  discount_minor BIGINT NOT NULL,
  status VARCHAR(20) DEFAULT 'redeemed' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_redemptions PRIMARY KEY (id),
  CONSTRAINT uq_redemptions_promotion_id_order_id UNIQUE (promotion_id, order_id),
  CONSTRAINT ck_redemptions_discount_minor CHECK (discount_minor >= 0),
  CONSTRAINT ck_redemptions_status CHECK (status IN ('redeemed', 'released')),
  CONSTRAINT fk_redemptions_promotion_id FOREIGN KEY(promotion_id) REFERENCES promotions (id),
  CONSTRAINT fk_redemptions_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
);
CREATE INDEX ix_redemptions_order_id ON redemptions (order_id);
CREATE INDEX ix_redemptions_user_id ON redemptions (promotion_id, user_id) WHERE status = 'redeemed';

-- The part of a line's discount that the platform pays; the rest is the seller's (R-PRO-6).
ALTER TABLE order_items ADD COLUMN platform_discount_minor BIGINT DEFAULT 0 NOT NULL;
ALTER TABLE order_items ADD CONSTRAINT ck_order_items_platform_discount
  CHECK (platform_discount_minor BETWEEN 0 AND discount_minor) NOT VALID;
ALTER TABLE order_items VALIDATE CONSTRAINT ck_order_items_platform_discount;
