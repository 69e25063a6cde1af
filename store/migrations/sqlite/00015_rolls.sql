-- +goose Up
ALTER TABLE persons ADD COLUMN `roll_hash` BLOB NULL;
CREATE TABLE IF NOT EXISTS rolls (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `owner_key` BIGINT NOT NULL,
  `switching` TINYINT NOT NULL,
  `complete` TINYINT NOT NULL,
  `begun_ms` BIGINT NOT NULL,
  `beat_ms` BIGINT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS roll_claims (
  `community_id` BIGINT NOT NULL PRIMARY KEY,
  `roll_id` BIGINT NOT NULL,
  `street` VARCHAR(60) NOT NULL,
  `district` VARCHAR(60) NOT NULL,
  `done` TINYINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS roll_claims_roll ON roll_claims (`roll_id`);
CREATE TABLE IF NOT EXISTS roll_lines (
  `roll_id` BIGINT NOT NULL,
  `community_id` BIGINT NOT NULL,
  `line` INT NOT NULL,
  `act` TINYINT NOT NULL,
  `person_id` BIGINT NOT NULL,
  `household_id` BIGINT NOT NULL DEFAULT 0,
  `estate` VARCHAR(60) NOT NULL DEFAULT '',
  `grid` VARCHAR(60) NOT NULL DEFAULT '',
  `building` VARCHAR(20) NOT NULL DEFAULT '',
  `unit` VARCHAR(20) NOT NULL DEFAULT '',
  `room` VARCHAR(20) NOT NULL DEFAULT '',
  `roll_hash` BLOB NULL,
  `code_hash` BLOB NULL,
  `name_hash` BLOB NULL,
  `phone_hash` BLOB NULL,
  `name` BLOB NOT NULL DEFAULT x'',
  `phone` BLOB NOT NULL DEFAULT x'',
  `code` BLOB NOT NULL DEFAULT x'',
  `note` BLOB NOT NULL DEFAULT x'',
  PRIMARY KEY (`roll_id`, `community_id`, `line`)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE IF EXISTS roll_lines;
DROP TABLE IF EXISTS roll_claims;
DROP TABLE IF EXISTS rolls;
ALTER TABLE persons DROP COLUMN `roll_hash`;
