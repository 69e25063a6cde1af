-- +goose Up
CREATE TABLE IF NOT EXISTS counters (
  `community_id` BIGINT NOT NULL,
  `year` INT NOT NULL,
  `next` INT NOT NULL,
  PRIMARY KEY (`community_id`, `year`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS needs (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `year` INT NOT NULL,
  `seq` INT NOT NULL,
  `account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `category` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `text` VARCHAR(1000) NOT NULL,
  `place` VARCHAR(200) NOT NULL,
  `lat` DOUBLE NOT NULL,
  `lng` DOUBLE NOT NULL,
  `located` TINYINT(1) NOT NULL,
  `urgent` TINYINT(1) NOT NULL,
  `state` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `released` TINYINT(1) NOT NULL,
  `heat` INT NOT NULL,
  `raised_ms` BIGINT NOT NULL,
  `updated_ms` BIGINT NOT NULL,
  UNIQUE KEY needs_number (`community_id`, `year`, `seq`),
  KEY needs_changed (`community_id`, `updated_ms`),
  KEY needs_open (`community_id`, `released`, `state`, `updated_ms`),
  KEY needs_author (`account`, `raised_ms`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS additions (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `need_id` BIGINT NOT NULL,
  `text` VARCHAR(500) NOT NULL,
  `at_ms` BIGINT NOT NULL,
  KEY additions_need (`need_id`, `at_ms`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS endorsements (
  `need_id` BIGINT NOT NULL,
  `account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `at_ms` BIGINT NOT NULL,
  PRIMARY KEY (`need_id`, `account`),
  KEY endorsements_account (`account`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE IF EXISTS endorsements;
DROP TABLE IF EXISTS additions;
DROP TABLE IF EXISTS needs;
DROP TABLE IF EXISTS counters;
