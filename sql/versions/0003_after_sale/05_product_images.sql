CREATE TABLE product_images (
  id UUID NOT NULL,
  product_id UUID NOT NULL,
  object_key VARCHAR(255) NOT NULL,
  content_type VARCHAR(50) NOT NULL,
  bytes INTEGER NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  position INTEGER DEFAULT 0 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_product_images PRIMARY KEY (id),
  CONSTRAINT uq_product_images_object_key UNIQUE (object_key),
  CONSTRAINT ck_product_images_content_type CHECK (content_type IN ('image/jpeg', 'image/png', 'image/webp')),
  CONSTRAINT fk_product_images_product_id FOREIGN KEY(product_id) REFERENCES products (id)
);
CREATE INDEX ix_product_images_product_id ON product_images (product_id, position, id);
