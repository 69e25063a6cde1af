-- +goose Up
CREATE TABLE IF NOT EXISTS invitations (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `code_hash` BLOB NOT NULL,
  `sign` BLOB NOT NULL,
  `staff_id` BIGINT NOT NULL,
  `role` VARCHAR(12) NOT NULL,
  `community_id` BIGINT NOT NULL,
  `over_id` BIGINT NOT NULL,
  `grids` VARCHAR(1000) NOT NULL,
  `name` BLOB NOT NULL,
  `asked_for` BIGINT NOT NULL,
  `made_ms` BIGINT NOT NULL,
  `given_by` BIGINT NOT NULL,
  `until_ms` BIGINT NOT NULL,
  `used_ms` BIGINT NOT NULL,
  `used_by` BIGINT NOT NULL,
  `revoked_ms` BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS invitations_code ON invitations (`code_hash`);
CREATE INDEX IF NOT EXISTS invitations_open ON invitations (`asked_for`, `used_ms`, `until_ms`);
CREATE TABLE IF NOT EXISTS invite_tries (
  `account` VARCHAR(64) NOT NULL,
  `wrong` INT NOT NULL,
  `first_ms` BIGINT NOT NULL,
  `locked_ms` BIGINT NOT NULL,
  PRIMARY KEY (`account`)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS handovers (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `from_id` BIGINT NOT NULL,
  `to_id` BIGINT NOT NULL,
  `made_ms` BIGINT NOT NULL,
  `made_by` BIGINT NOT NULL,
  `until_ms` BIGINT NOT NULL,
  `back_ms` BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS handovers_once ON handovers (`from_id`, `community_id`, `back_ms`);
CREATE TABLE IF NOT EXISTS handover_items (
  `handover_id` BIGINT NOT NULL,
  `kind` VARCHAR(20) NOT NULL,
  `item_id` BIGINT NOT NULL,
  PRIMARY KEY (`handover_id`, `kind`, `item_id`)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE IF EXISTS handover_items;
DROP TABLE IF EXISTS handovers;
DROP TABLE IF EXISTS invite_tries;
DROP TABLE IF EXISTS invitations;
