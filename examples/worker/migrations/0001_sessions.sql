CREATE TABLE IF NOT EXISTS "sessions" (
  key TEXT PRIMARY KEY,
  data TEXT NOT NULL,
  version TEXT NOT NULL,
  expires INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS "sessions_expires" ON "sessions" (expires);
