CREATE TABLE notifications (
  id UUID NOT NULL,
  user_id UUID NOT NULL,
  type VARCHAR(20) NOT NULL,
  channel VARCHAR(20) NOT NULL,
  recipient VARCHAR(255) NOT NULL,
  subject VARCHAR(255),
  content TEXT,
  template VARCHAR(50),
  data JSONB,
  status VARCHAR(20) DEFAULT 'pending' NOT NULL,
  read_at TIMESTAMP WITH TIME ZONE,
  cause_event_id UUID,
  attempts INTEGER DEFAULT 0 NOT NULL,
  next_attempt_at TIMESTAMP WITH TIME ZONE,
  provider_reference VARCHAR(255),
  version INTEGER DEFAULT 0 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_notifications PRIMARY KEY (id),
  CONSTRAINT uq_notifications_cause_event_id_user_id_type_channel UNIQUE (cause_event_id, user_id, type, channel),
  CONSTRAINT ck_notifications_channel CHECK (channel IN ('email', 'sms', 'push', 'whatsapp', 'in_app')),
  CONSTRAINT ck_notifications_status CHECK (status IN ('pending', 'sent', 'failed', 'withdrawn')),
  CONSTRAINT fk_notifications_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE INDEX ix_notifications_pending ON notifications (next_attempt_at) WHERE status = 'pending';
CREATE INDEX ix_notifications_unread ON notifications (user_id) WHERE channel = 'in_app' AND read_at IS NULL;
CREATE INDEX ix_notifications_user_id ON notifications (user_id, channel, created_at, id);

CREATE TABLE notification_preferences (
  user_id UUID NOT NULL,
  type VARCHAR(20) NOT NULL,
  channel VARCHAR(20) NOT NULL,
  enabled BOOLEAN NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_notification_preferences PRIMARY KEY (user_id, type, channel),
  CONSTRAINT ck_notification_preferences_channel CHECK (channel IN ('email', 'sms', 'push', 'whatsapp', 'in_app')),
  CONSTRAINT fk_notification_preferences_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
