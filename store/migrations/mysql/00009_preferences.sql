-- +goose Up
CREATE TABLE IF NOT EXISTS consents (
  `account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `template` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `left_n` INT NOT NULL,
  `at_ms` BIGINT NOT NULL,
  PRIMARY KEY (`account`, `template`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS consent_events (
  `event_key` BINARY(16) NOT NULL PRIMARY KEY,
  `at_ms` BIGINT NOT NULL,
  KEY consent_events_age (`at_ms`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS optouts (
  `account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `topic` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `at_ms` BIGINT NOT NULL,
  PRIMARY KEY (`account`, `topic`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE IF EXISTS optouts;
DROP TABLE IF EXISTS consent_events;
DROP TABLE IF EXISTS consents;
