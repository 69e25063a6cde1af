-- +goose Up
CREATE TABLE IF NOT EXISTS forgotten (
  `account_hash` BLOB NOT NULL PRIMARY KEY,
  `at_ms` BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS forgotten_age ON forgotten (`at_ms`);
CREATE INDEX IF NOT EXISTS media_account ON media (`account`);

-- +goose Down
DROP INDEX IF EXISTS media_account;
DROP TABLE IF EXISTS forgotten;
