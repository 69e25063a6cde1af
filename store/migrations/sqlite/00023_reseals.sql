-- +goose Up
ALTER TABLE former_identities ADD COLUMN `key_id` BIGINT NOT NULL DEFAULT 1;
CREATE TABLE IF NOT EXISTS reseals (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `was_id` BIGINT NOT NULL,
  `step` TINYINT NOT NULL,
  `after_key` VARCHAR(80) NOT NULL,
  `counts` VARCHAR(500) NOT NULL,
  `begun_ms` BIGINT NOT NULL,
  `ended_ms` BIGINT NOT NULL
) WITHOUT ROWID;

-- +goose Down
DROP TABLE IF EXISTS reseals;
ALTER TABLE former_identities DROP COLUMN `key_id`;
