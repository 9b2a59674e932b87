CREATE TABLE users (
  id UUID NOT NULL,
  username VARCHAR(50),
  email VARCHAR(255) NOT NULL,
  first_name VARCHAR(100) NOT NULL,
  last_name VARCHAR(100) NOT NULL,
  phone VARCHAR(20) NOT NULL,
  phone_verified BOOLEAN DEFAULT false NOT NULL,
  roles TEXT[] DEFAULT '{shopper}' NOT NULL,
  locale VARCHAR(10) DEFAULT 'en' NOT NULL,
  marketing_consent BOOLEAN DEFAULT false NOT NULL,
  version INTEGER DEFAULT 1 NOT NULL,
  erased_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_users PRIMARY KEY (id),
  CONSTRAINT uq_users_username UNIQUE (username),
  CONSTRAINT uq_users_email UNIQUE (email)
);

CREATE TABLE credentials (
  id UUID NOT NULL,
  user_id UUID NOT NULL,
  email VARCHAR(255) NOT NULL,
  password_hash VARCHAR(255) NOT NULL,
  email_verified BOOLEAN DEFAULT false NOT NULL,
  status VARCHAR(20) DEFAULT 'active' NOT NULL,
  failed_logins INTEGER DEFAULT 0 NOT NULL,
  locked_until TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_credentials PRIMARY KEY (id),
  CONSTRAINT ck_credentials_status CHECK (status IN ('active', 'locked', 'disabled')),
  CONSTRAINT fk_credentials_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT uq_credentials_email UNIQUE (email)
);
CREATE UNIQUE INDEX uq_credentials_user_id ON credentials (user_id);

CREATE TABLE addresses (
  id UUID NOT NULL,
  user_id UUID NOT NULL,
  label VARCHAR(50) NOT NULL,
  province_id INTEGER NOT NULL,
  city_id INTEGER NOT NULL,
  district_id INTEGER NOT NULL,
  subdistrict_id INTEGER NOT NULL,
  province_name VARCHAR(100) NOT NULL,
  city_name VARCHAR(100) NOT NULL,
  district_name VARCHAR(100) NOT NULL,
  subdistrict_name VARCHAR(100) NOT NULL,
  street VARCHAR(255) NOT NULL,
  postal_code VARCHAR(20) NOT NULL,
  is_default BOOLEAN DEFAULT false NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_addresses PRIMARY KEY (id),
  CONSTRAINT fk_addresses_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_addresses_user_id ON addresses (user_id);
CREATE UNIQUE INDEX uq_addresses_default ON addresses (user_id) WHERE is_default;

CREATE TABLE refresh_tokens (
  token_id UUID NOT NULL,
  user_id UUID NOT NULL,
  family_id UUID NOT NULL,
  token_hash VARCHAR(64) NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  rotated_at TIMESTAMP WITH TIME ZONE,
  revoked_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_refresh_tokens PRIMARY KEY (token_id),
  CONSTRAINT fk_refresh_tokens_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT uq_refresh_tokens_token_hash UNIQUE (token_hash)
);
CREATE INDEX ix_refresh_tokens_family_id ON refresh_tokens (family_id);
CREATE INDEX ix_refresh_tokens_user_id ON refresh_tokens (user_id);

CREATE TABLE revoked_tokens (
  jti UUID NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_revoked_tokens PRIMARY KEY (jti)
);
