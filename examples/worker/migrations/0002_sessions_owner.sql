ALTER TABLE "sessions" ADD COLUMN owner TEXT;
CREATE INDEX IF NOT EXISTS "sessions_owner" ON "sessions" (owner, key) WHERE owner IS NOT NULL;
