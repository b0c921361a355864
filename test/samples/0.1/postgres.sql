CREATE TABLE IF NOT EXISTS "sessions" (
  key TEXT PRIMARY KEY,
  data TEXT NOT NULL,
  version TEXT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS "sessions_expires" ON "sessions" (expires);
INSERT INTO "sessions" (key, data, version, expires) VALUES ('uemDox8WzK2i7zrvnPEy6-Bg8j5fnm-QC7IDOYckw4A', '{"createdAt":1795741343667,"data":{"userId":"ada","cart":["mug","children''s book"]}}', '85d53b28-1138-4b65-bdb3-f2a9a058b5b7', 1796950943667);
INSERT INTO "sessions" (key, data, version, expires) VALUES ('0Yv79esMbdTVR2qEXX20ubcKJehZrfrePk5iLenlpoE', '{"createdAt":1795741343715,"data":{"userId":"bob","theme":"dunkel – ü"}}', 'af600330-b7a3-4ea7-a230-2ea188858da0', 1796950943715);
INSERT INTO "sessions" (key, data, version, expires) VALUES ('XoLLw3No50DPvU83cWm3_d-wdBL3n6o6oOI0Lq083AE', '{"createdAt":1795741343729,"fixed":true,"data":{"n":1}}', '1c3cf8cd-4d3c-4925-97ea-92327c06f439', 1795741403729);
