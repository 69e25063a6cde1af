-- +goose Up
ALTER TABLE communities ADD COLUMN `street_id` BIGINT NOT NULL DEFAULT 0;
ALTER TABLE communities ADD COLUMN `settings` VARCHAR(4000) NOT NULL DEFAULT '';
CREATE TABLE IF NOT EXISTS districts (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `name` VARCHAR(60) NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS districts_name ON districts (`name`);
CREATE TABLE IF NOT EXISTS streets (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `district_id` BIGINT NOT NULL,
  `name` VARCHAR(60) NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS streets_name ON streets (`district_id`, `name`);
CREATE TABLE IF NOT EXISTS grids (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `name` VARCHAR(60) NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS grids_name ON grids (`community_id`, `name`);
CREATE TABLE IF NOT EXISTS buildings (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `estate_id` BIGINT NOT NULL,
  `grid_id` BIGINT NOT NULL,
  `name` VARCHAR(20) NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS buildings_name ON buildings (`estate_id`, `name`);
CREATE INDEX IF NOT EXISTS buildings_community ON buildings (`community_id`, `grid_id`);
CREATE TABLE IF NOT EXISTS households (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `building_id` BIGINT NOT NULL,
  `unit` VARCHAR(20) NOT NULL,
  `room` VARCHAR(20) NOT NULL,
  `code_hash` BLOB NULL,
  `wrong` INT NOT NULL,
  `slow_until_ms` BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS households_door ON households (`building_id`, `unit`, `room`);
CREATE UNIQUE INDEX IF NOT EXISTS households_code ON households (`code_hash`);
CREATE INDEX IF NOT EXISTS households_community ON households (`community_id`);
CREATE TABLE IF NOT EXISTS persons (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `household_id` BIGINT NOT NULL,
  `code_hash` BLOB NULL,
  `name_hash` BLOB NOT NULL,
  `phone_hash` BLOB NULL,
  `name` BLOB NOT NULL,
  `phone` BLOB NOT NULL,
  `code` BLOB NOT NULL,
  `note` BLOB NOT NULL,
  `made_ms` BIGINT NOT NULL,
  `left_ms` BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS persons_code ON persons (`community_id`, `code_hash`);
CREATE UNIQUE INDEX IF NOT EXISTS persons_name ON persons (`household_id`, `name_hash`);
CREATE INDEX IF NOT EXISTS persons_phone ON persons (`phone_hash`);
CREATE INDEX IF NOT EXISTS persons_community ON persons (`community_id`, `left_ms`);
CREATE TABLE IF NOT EXISTS identities (
  `account` VARCHAR(64) NOT NULL PRIMARY KEY,
  `person_id` BIGINT NOT NULL,
  `how` VARCHAR(8) NOT NULL,
  `consent` VARCHAR(20) NOT NULL,
  `since_ms` BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS identities_person ON identities (`person_id`);
CREATE TABLE IF NOT EXISTS staff (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `account` VARCHAR(64) NULL,
  `name` BLOB NOT NULL,
  `made_ms` BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS staff_account ON staff (`account`);
CREATE TABLE IF NOT EXISTS grants (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `staff_id` BIGINT NOT NULL,
  `role` VARCHAR(12) NOT NULL,
  `community_id` BIGINT NOT NULL,
  `over_id` BIGINT NOT NULL,
  `grids` VARCHAR(1000) NOT NULL,
  `given_ms` BIGINT NOT NULL,
  `given_by` BIGINT NOT NULL,
  `revoked_ms` BIGINT NOT NULL,
  `revoked_by` BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS grants_once ON grants (`staff_id`, `role`, `community_id`, `over_id`, `revoked_ms`);
CREATE INDEX IF NOT EXISTS grants_community ON grants (`community_id`, `role`);
CREATE TABLE IF NOT EXISTS audits (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `at_ms` BIGINT NOT NULL,
  `staff_id` BIGINT NOT NULL,
  `role` VARCHAR(12) NOT NULL,
  `community_id` BIGINT NOT NULL,
  `act` VARCHAR(20) NOT NULL,
  `what` VARCHAR(40) NOT NULL,
  `object` VARCHAR(40) NOT NULL,
  `detail` VARCHAR(1000) NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS audits_community ON audits (`community_id`, `at_ms`);
CREATE INDEX IF NOT EXISTS audits_object ON audits (`object`, `at_ms`);
CREATE TABLE IF NOT EXISTS vault_keys (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `wrapped` BLOB NOT NULL,
  `made_ms` BIGINT NOT NULL
) WITHOUT ROWID;

-- +goose Down
DROP TABLE IF EXISTS vault_keys;
DROP TABLE IF EXISTS audits;
DROP TABLE IF EXISTS grants;
DROP TABLE IF EXISTS staff;
DROP TABLE IF EXISTS identities;
DROP TABLE IF EXISTS persons;
DROP TABLE IF EXISTS households;
DROP TABLE IF EXISTS buildings;
DROP TABLE IF EXISTS grids;
DROP TABLE IF EXISTS streets;
DROP TABLE IF EXISTS districts;
ALTER TABLE communities DROP COLUMN `settings`;
ALTER TABLE communities DROP COLUMN `street_id`;
