-- +goose Up
CREATE TABLE IF NOT EXISTS timers (
  `id` VARCHAR(80) NOT NULL PRIMARY KEY,
  `rev` INT NOT NULL,
  `kind` VARCHAR(40) NOT NULL,
  `args` TEXT NOT NULL,
  `due_ms` BIGINT NOT NULL,
  `every_ms` BIGINT NOT NULL,
  `account` VARCHAR(64) NOT NULL,
  `next_ms` BIGINT NOT NULL,
  `owner_key` BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS timers_queue ON timers (`next_ms`);

-- +goose Down
DROP TABLE IF EXISTS timers;
