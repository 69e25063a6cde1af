-- +goose Up
CREATE TABLE IF NOT EXISTS pushes (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `push` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `purpose` VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `purpose_key` BIGINT NOT NULL,
  `topic` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `urgent` VARCHAR(200) NOT NULL,
  `calm` TINYINT NOT NULL,
  `community_id` BIGINT NOT NULL,
  `kind` VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `args` TEXT NOT NULL,
  `due_ms` BIGINT NOT NULL,
  `expires_ms` BIGINT NOT NULL,
  `spread_ms` BIGINT NOT NULL,
  `made_ms` BIGINT NOT NULL,
  `members_of` BIGINT NOT NULL,
  `audience` INT NOT NULL,
  `walked` INT NOT NULL,
  `walked_to` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `expanded` TINYINT(1) NOT NULL,
  `resent` INT NOT NULL,
  `folded` TINYINT(1) NOT NULL,
  UNIQUE KEY pushes_push (`push`),
  KEY pushes_open (`expanded`, `calm`, `due_ms`),
  KEY pushes_purpose (`purpose_key`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS audiences (
  `push_id` BIGINT NOT NULL,
  `account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`push_id`, `account`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS deliveries (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `push_id` BIGINT NOT NULL,
  `purpose_key` BIGINT NOT NULL,
  `person` VARCHAR(66) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `state` TINYINT NOT NULL,
  `calm` TINYINT NOT NULL,
  `route` TINYINT NOT NULL,
  `calling` TINYINT NOT NULL,
  `tried` TINYINT NOT NULL,
  `attempts` SMALLINT NOT NULL,
  `code` INT NOT NULL,
  `at_ms` BIGINT NOT NULL,
  `first_ms` BIGINT NOT NULL,
  `read_ms` BIGINT NOT NULL,
  `owner_key` BIGINT NOT NULL,
  `reason` VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `ended` SMALLINT AS (CASE WHEN `state` > 2 THEN `state` * 16 + `route` ELSE 0 END) STORED,
  UNIQUE KEY deliveries_once (`person`, `purpose_key`),
  KEY deliveries_queue (`state`, `calm`, `at_ms`),
  KEY deliveries_report (`push_id`, `ended`, `reason`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS outcomes (
  `push_id` BIGINT NOT NULL,
  `ended` SMALLINT NOT NULL,
  `reason` VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `n` INT NOT NULL,
  PRIMARY KEY (`push_id`, `ended`, `reason`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS receipts (
  `receipt` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  `delivery_id` BIGINT NOT NULL,
  `verdict` TINYINT NOT NULL,
  `reason` VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `at_ms` BIGINT NOT NULL,
  KEY receipts_age (`at_ms`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE IF EXISTS receipts;
DROP TABLE IF EXISTS outcomes;
DROP TABLE IF EXISTS deliveries;
DROP TABLE IF EXISTS audiences;
DROP TABLE IF EXISTS pushes;
