-- +goose Up
CREATE TABLE IF NOT EXISTS runs (
  `run` VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `n` INT NOT NULL,
  `msg_key` VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `account_hash` BINARY(32) NOT NULL,
  `state` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `final` TINYINT(1) NOT NULL,
  `receipt` TEXT NOT NULL,
  `at_ms` BIGINT NOT NULL,
  PRIMARY KEY (`run`, `n`),
  UNIQUE KEY runs_msg_key (`msg_key`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE IF EXISTS runs;
