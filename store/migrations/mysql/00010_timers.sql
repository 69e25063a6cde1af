-- +goose Up
CREATE TABLE IF NOT EXISTS timers (
  `id` VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  `rev` INT NOT NULL,
  `kind` VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `args` TEXT NOT NULL,
  `due_ms` BIGINT NOT NULL,
  `every_ms` BIGINT NOT NULL,
  `account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `next_ms` BIGINT NOT NULL,
  `owner_key` BIGINT NOT NULL,
  KEY timers_queue (`next_ms`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE IF EXISTS timers;
