-- user_id is empty once its account was erased (R-USR-15).
CREATE TABLE reviews (
  id UUID NOT NULL,
  user_id UUID,
  product_id UUID NOT NULL,
  seller_id UUID NOT NULL,
  order_item_id UUID NOT NULL,
  rating SMALLINT NOT NULL,
  comment TEXT,
  status VARCHAR(20) DEFAULT 'visible' NOT NULL,
  deleted_at TIMESTAMP WITH TIME ZONE,
  version INTEGER DEFAULT 0 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_reviews PRIMARY KEY (id),
  CONSTRAINT ck_reviews_rating CHECK (rating BETWEEN 1 AND 5),
  CONSTRAINT ck_reviews_comment CHECK (length(comment) BETWEEN 1 AND 5000),
  CONSTRAINT ck_reviews_status CHECK (status IN ('visible', 'hidden')),
  CONSTRAINT fk_reviews_user_id FOREIGN KEY(user_id) REFERENCES users (id),
  CONSTRAINT fk_reviews_product_id FOREIGN KEY(product_id) REFERENCES products (id),
  CONSTRAINT fk_reviews_seller_id FOREIGN KEY(seller_id) REFERENCES sellers (id),
  CONSTRAINT fk_reviews_order_item_id FOREIGN KEY(order_item_id) REFERENCES order_items (id)
);
CREATE INDEX ix_reviews_product_id ON reviews (product_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX ix_reviews_user_id ON reviews (user_id, created_at, id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX uq_reviews_author ON reviews (user_id, product_id) WHERE deleted_at IS NULL;
