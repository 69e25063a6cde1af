-- +goose Up
CREATE TABLE IF NOT EXISTS runs (
  `run` TEXT NOT NULL,
  `n` INTEGER NOT NULL,
  `msg_key` TEXT,
  `account_hash` BLOB NOT NULL,
  `state` TEXT NOT NULL,
  `final` INTEGER NOT NULL,
  `receipt` TEXT NOT NULL,
  `at_ms` INTEGER NOT NULL,
  PRIMARY KEY (`run`, `n`),
  UNIQUE (`msg_key`)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE IF EXISTS runs;
