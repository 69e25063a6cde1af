-- +goose Up
CREATE TABLE IF NOT EXISTS sessions (
  `account_hash` BINARY(32) NOT NULL PRIMARY KEY,
  `rev` BIGINT NOT NULL,
  `mail` TINYINT(1) NOT NULL,
  `data` MEDIUMBLOB NULL,
  `expires_ms` BIGINT NOT NULL,
  KEY sessions_expiry (`expires_ms`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE IF EXISTS sessions;
