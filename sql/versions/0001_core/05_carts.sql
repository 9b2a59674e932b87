CREATE TABLE carts (
  id UUID NOT NULL,
  user_id UUID NOT NULL,
  status VARCHAR(20) DEFAULT 'active' NOT NULL,
  currency VARCHAR(3) NOT NULL,
  coupon_code VARCHAR(40),
  version INTEGER DEFAULT 0 NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_carts PRIMARY KEY (id),
  CONSTRAINT ck_carts_status CHECK (status IN ('active', 'abandoned', 'checked_out', 'converted', 'expired')),
  CONSTRAINT fk_carts_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE UNIQUE INDEX uq_carts_live ON carts (user_id) WHERE status IN ('active', 'abandoned');

CREATE TABLE cart_items (
  id UUID NOT NULL,
  cart_id UUID NOT NULL,
  product_id UUID NOT NULL,
  quantity INTEGER NOT NULL,
  price_when_added_minor BIGINT NOT NULL,
  added_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_cart_items PRIMARY KEY (id),
  CONSTRAINT uq_cart_items_cart_id_product_id UNIQUE (cart_id, product_id),
  CONSTRAINT ck_cart_items_quantity CHECK (quantity BETWEEN 1 AND 99),
  CONSTRAINT fk_cart_items_cart_id FOREIGN KEY(cart_id) REFERENCES carts (id) ON DELETE CASCADE,
  CONSTRAINT fk_cart_items_product_id FOREIGN KEY(product_id) REFERENCES products (id)
);
