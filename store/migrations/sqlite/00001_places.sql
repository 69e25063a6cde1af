-- +goose Up
CREATE TABLE IF NOT EXISTS communities (
  `id` INTEGER NOT NULL PRIMARY KEY,
  `code` TEXT NOT NULL,
  `name` TEXT NOT NULL,
  `phone` TEXT NOT NULL,
  `hours` TEXT NOT NULL,
  `timezone` TEXT NOT NULL,
  `created_ms` INTEGER NOT NULL,
  UNIQUE (`code`)
);
CREATE TABLE IF NOT EXISTS estates (
  `id` INTEGER NOT NULL PRIMARY KEY,
  `community_id` INTEGER NOT NULL,
  `name` TEXT NOT NULL,
  UNIQUE (`community_id`, `name`)
);
CREATE TABLE IF NOT EXISTS scenes (
  `scene` TEXT NOT NULL PRIMARY KEY,
  `community_id` INTEGER NOT NULL,
  `estate_id` INTEGER NOT NULL
) WITHOUT ROWID;

-- +goose Down
DROP TABLE IF EXISTS scenes;
DROP TABLE IF EXISTS estates;
DROP TABLE IF EXISTS communities;
