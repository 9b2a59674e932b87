-- Who did what to which object: every call of an operator or admin that changes something (R-SEC-7).
CREATE TABLE audit_trail (
  id UUID NOT NULL,
  actor_id UUID NOT NULL,
  role VARCHAR(20) NOT NULL,
  action VARCHAR(60) NOT NULL,
  object_type VARCHAR(40) NOT NULL,
  object_id UUID,
  details JSONB DEFAULT '{}' NOT NULL,
  correlation_id VARCHAR(64),
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_audit_trail PRIMARY KEY (id)
);
CREATE INDEX ix_audit_trail_object ON audit_trail (object_type, object_id, created_at);
CREATE INDEX ix_audit_trail_actor ON audit_trail (actor_id, created_at);
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON audit_trail
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
