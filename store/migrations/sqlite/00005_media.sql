-- +goose Up
CREATE TABLE IF NOT EXISTS media (
  `id` INTEGER NOT NULL PRIMARY KEY,
  `account` TEXT NOT NULL,
  `media_id` TEXT NOT NULL,
  `kind` TEXT NOT NULL,
  `need_id` INTEGER,
  `state` TEXT NOT NULL,
  `blob_key` TEXT NOT NULL,
  `bytes` INTEGER NOT NULL,
  `attempts` INTEGER NOT NULL,
  `next_ms` INTEGER NOT NULL,
  `lease_ms` INTEGER NOT NULL,
  `owner` TEXT NOT NULL,
  `reason` TEXT NOT NULL,
  `told` INTEGER NOT NULL,
  `created_ms` INTEGER NOT NULL,
  UNIQUE (`media_id`)
);
CREATE INDEX IF NOT EXISTS media_queue ON media (`state`, `next_ms`);
CREATE INDEX IF NOT EXISTS media_need ON media (`need_id`);

-- +goose Down
DROP TABLE IF EXISTS media;
