-- +goose Up
CREATE TABLE IF NOT EXISTS consents (
  `account` VARCHAR(64) NOT NULL,
  `template` VARCHAR(64) NOT NULL,
  `left_n` INT NOT NULL,
  `at_ms` BIGINT NOT NULL,
  PRIMARY KEY (`account`, `template`)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS consent_events (
  `event_key` BLOB NOT NULL PRIMARY KEY,
  `at_ms` BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS consent_events_age ON consent_events (`at_ms`);
CREATE TABLE IF NOT EXISTS optouts (
  `account` VARCHAR(64) NOT NULL,
  `topic` VARCHAR(20) NOT NULL,
  `at_ms` BIGINT NOT NULL,
  PRIMARY KEY (`account`, `topic`)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE IF EXISTS optouts;
DROP TABLE IF EXISTS consent_events;
DROP TABLE IF EXISTS consents;
