-- +goose Up
SET @alter = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE former_identities ADD COLUMN `key_id` BIGINT NOT NULL DEFAULT 1',
  'DO 0') FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'former_identities' AND column_name = 'key_id');
PREPARE alter_former FROM @alter;
EXECUTE alter_former;
DEALLOCATE PREPARE alter_former;

CREATE TABLE IF NOT EXISTS reseals (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `was_id` BIGINT NOT NULL,
  `step` TINYINT NOT NULL,
  `after_key` VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `counts` VARCHAR(500) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `begun_ms` BIGINT NOT NULL,
  `ended_ms` BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE IF EXISTS reseals;
ALTER TABLE former_identities DROP COLUMN `key_id`;
