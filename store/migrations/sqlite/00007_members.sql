-- +goose Up
ALTER TABLE accounts ADD COLUMN `community_ms` BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN `sent_in_window` INT NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS accounts_members ON accounts (`community_id`, `openid`, `community_ms`);
CREATE TABLE IF NOT EXISTS moves (
  `community_id` BIGINT NOT NULL,
  `account` VARCHAR(64) NOT NULL,
  `since_ms` BIGINT NOT NULL,
  `until_ms` BIGINT NOT NULL,
  PRIMARY KEY (`community_id`, `account`, `since_ms`, `until_ms`)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE IF EXISTS moves;
DROP INDEX IF EXISTS accounts_members;
ALTER TABLE accounts DROP COLUMN `sent_in_window`;
ALTER TABLE accounts DROP COLUMN `community_ms`;
