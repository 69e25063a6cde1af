-- +goose Up
CREATE TABLE IF NOT EXISTS tries (
  `key_hash` BLOB NOT NULL PRIMARY KEY,
  `wrong` INT NOT NULL,
  `last_ms` BIGINT NOT NULL,
  `until_ms` BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tries_last ON tries (`last_ms`);
CREATE TABLE IF NOT EXISTS former_identities (
  `account_hash` BLOB NOT NULL PRIMARY KEY,
  `person_id` BIGINT NOT NULL,
  `how` VARCHAR(8) NOT NULL,
  `consent` VARCHAR(20) NOT NULL,
  `since_ms` BIGINT NOT NULL,
  `left_ms` BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS former_identities_person ON former_identities (`person_id`);
CREATE TABLE IF NOT EXISTS claims (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `grid_id` BIGINT NOT NULL,
  `kind` VARCHAR(8) NOT NULL,
  `state` VARCHAR(8) NOT NULL,
  `passed` TINYINT NOT NULL,
  `account` VARCHAR(64) NOT NULL,
  `by_account` VARCHAR(64) NOT NULL,
  `open_key` VARCHAR(80) NULL,
  `person_id` BIGINT NOT NULL,
  `household_id` BIGINT NOT NULL,
  `name` BLOB NOT NULL,
  `door` BLOB NOT NULL,
  `frozen` TINYINT NOT NULL,
  `how` VARCHAR(8) NOT NULL,
  `consent` VARCHAR(20) NOT NULL,
  `since_ms` BIGINT NOT NULL,
  `made_ms` BIGINT NOT NULL,
  `decided_ms` BIGINT NOT NULL,
  `decided_by` BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS claims_open ON claims (`open_key`);
CREATE INDEX IF NOT EXISTS claims_queue ON claims (`community_id`, `state`, `made_ms`);
CREATE INDEX IF NOT EXISTS claims_account ON claims (`account`, `state`);
CREATE INDEX IF NOT EXISTS accounts_unfollowed ON accounts (`following`, `unfollowed_ms`);

-- +goose Down
DROP INDEX IF EXISTS accounts_unfollowed;
DROP TABLE IF EXISTS claims;
DROP TABLE IF EXISTS former_identities;
DROP TABLE IF EXISTS tries;
