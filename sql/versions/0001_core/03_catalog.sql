CREATE TABLE categories (
  id UUID NOT NULL,
  name VARCHAR(100) NOT NULL,
  slug VARCHAR(150) NOT NULL,
  parent_id UUID,
  position INTEGER DEFAULT 0 NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_categories PRIMARY KEY (id),
  CONSTRAINT uq_categories_parent_id_name UNIQUE NULLS NOT DISTINCT (parent_id, name),
  CONSTRAINT uq_categories_slug UNIQUE (slug),
  CONSTRAINT fk_categories_parent_id FOREIGN KEY(parent_id) REFERENCES categories (id)
);

CREATE TABLE product_specs (
  id UUID NOT NULL,
  created_by UUID NOT NULL,
  title VARCHAR(255) NOT NULL,
  specifications JSONB DEFAULT '{}' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_product_specs PRIMARY KEY (id),
  CONSTRAINT fk_product_specs_created_by FOREIGN KEY(created_by) REFERENCES sellers (id)
);

CREATE TABLE products (
  id UUID NOT NULL,
  sku VARCHAR(50) NOT NULL,
  seller_id UUID NOT NULL,
  spec_id UUID,
  category_id UUID NOT NULL,
  name VARCHAR(255) NOT NULL,
  description TEXT DEFAULT '' NOT NULL,
  brand VARCHAR(100),
  keywords TEXT[] DEFAULT '{}' NOT NULL,
  price_minor BIGINT NOT NULL,
  currency VARCHAR(3) NOT NULL,
  tax_bp INTEGER DEFAULT 0 NOT NULL,
  weight_grams INTEGER DEFAULT 0 NOT NULL,
  status VARCHAR(20) DEFAULT 'active' NOT NULL,
  rating_sum INTEGER DEFAULT 0 NOT NULL,
  rating_count INTEGER DEFAULT 0 NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_products PRIMARY KEY (id),
  CONSTRAINT ck_products_status CHECK (status IN ('active', 'inactive', 'deleted')),
  CONSTRAINT ck_products_price_minor CHECK (price_minor > 0),
  CONSTRAINT ck_products_tax_bp CHECK (tax_bp BETWEEN 0 AND 5000),
  CONSTRAINT ck_products_weight_grams CHECK (weight_grams >= 0),
  CONSTRAINT uq_products_sku UNIQUE (sku),
  CONSTRAINT fk_products_seller_id FOREIGN KEY(seller_id) REFERENCES sellers (id),
  CONSTRAINT fk_products_spec_id FOREIGN KEY(spec_id) REFERENCES product_specs (id),
  CONSTRAINT fk_products_category_id FOREIGN KEY(category_id) REFERENCES categories (id)
);
CREATE INDEX ix_products_category_id ON products (category_id, created_at, id);
CREATE INDEX ix_products_created_at ON products (created_at, id);
CREATE INDEX ix_products_price_minor ON products (price_minor, id);
CREATE INDEX ix_products_seller_id ON products (seller_id, created_at, id);
