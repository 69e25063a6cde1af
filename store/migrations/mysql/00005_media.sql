-- +goose Up
CREATE TABLE IF NOT EXISTS media (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `media_id` VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `kind` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `need_id` BIGINT NULL,
  `state` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `blob_key` VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `bytes` BIGINT NOT NULL,
  `attempts` INT NOT NULL,
  `next_ms` BIGINT NOT NULL,
  `lease_ms` BIGINT NOT NULL,
  `owner` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `reason` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `told` TINYINT(1) NOT NULL,
  `created_ms` BIGINT NOT NULL,
  UNIQUE KEY media_media_id (`media_id`),
  KEY media_queue (`state`, `next_ms`),
  KEY media_need (`need_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE IF EXISTS media;
