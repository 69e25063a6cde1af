-- +goose Up
CREATE TABLE IF NOT EXISTS desks (
  `community_id` BIGINT NOT NULL PRIMARY KEY,
  `last_number` INT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS talks (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `number` INT NOT NULL,
  `account` VARCHAR(64) NOT NULL,
  `live` VARCHAR(64) NULL,
  `state` TINYINT NOT NULL,
  `person_id` BIGINT NOT NULL,
  `estate_id` BIGINT NOT NULL,
  `grid_id` BIGINT NOT NULL,
  `staff_id` BIGINT NOT NULL,
  `level` TINYINT NOT NULL,
  `rev` INT NOT NULL,
  `seq` INT NOT NULL,
  `unread` INT NOT NULL,
  `said` INT NOT NULL,
  `answered` INT NOT NULL,
  `rating` TINYINT NOT NULL,
  `opened_ms` BIGINT NOT NULL,
  `queued_ms` BIGINT NOT NULL,
  `waits_ms` BIGINT NOT NULL,
  `last_ms` BIGINT NOT NULL,
  `closed_ms` BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS talks_live ON talks (`live`);
CREATE INDEX IF NOT EXISTS talks_number ON talks (`community_id`, `closed_ms`, `number`);
CREATE INDEX IF NOT EXISTS talks_queue ON talks (`community_id`, `state`, `queued_ms`);
CREATE INDEX IF NOT EXISTS talks_staff ON talks (`staff_id`, `state`);
CREATE INDEX IF NOT EXISTS talks_account ON talks (`account`, `closed_ms`);
CREATE INDEX IF NOT EXISTS talks_closed ON talks (`state`, `closed_ms`);
CREATE TABLE IF NOT EXISTS talk_lines (
  `talk_id` BIGINT NOT NULL,
  `seq` INT NOT NULL,
  `side` TINYINT NOT NULL,
  `role` VARCHAR(12) NOT NULL,
  `kind` VARCHAR(8) NOT NULL,
  `body` BLOB NOT NULL,
  `media` VARCHAR(200) NOT NULL,
  `at_ms` BIGINT NOT NULL,
  PRIMARY KEY (`talk_id`, `seq`)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS talk_ends (
  `talk_id` BIGINT NOT NULL,
  `staff_id` BIGINT NOT NULL,
  `told` INT NOT NULL,
  `boxed` INT NOT NULL,
  `boxed_ms` BIGINT NOT NULL,
  `knocked` TINYINT NOT NULL,
  `push` VARCHAR(64) NOT NULL,
  `pushes` INT NOT NULL,
  `told_ms` BIGINT NOT NULL,
  PRIMARY KEY (`talk_id`, `staff_id`)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE IF EXISTS talk_ends;
DROP TABLE IF EXISTS talk_lines;
DROP TABLE IF EXISTS talks;
DROP TABLE IF EXISTS desks;
