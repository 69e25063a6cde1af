-- +goose Up
CREATE TABLE IF NOT EXISTS sessions (
  `account_hash` BLOB NOT NULL PRIMARY KEY,
  `rev` INTEGER NOT NULL,
  `mail` INTEGER NOT NULL,
  `data` BLOB,
  `expires_ms` INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS sessions_expiry ON sessions (`expires_ms`);

-- +goose Down
DROP TABLE IF EXISTS sessions;
