-- +goose Up
CREATE TABLE IF NOT EXISTS pushes (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `push` VARCHAR(64) NOT NULL,
  `purpose` VARCHAR(80) NOT NULL,
  `purpose_key` BIGINT NOT NULL,
  `topic` VARCHAR(20) NOT NULL,
  `urgent` VARCHAR(200) NOT NULL,
  `calm` TINYINT NOT NULL,
  `community_id` BIGINT NOT NULL,
  `kind` VARCHAR(40) NOT NULL,
  `args` TEXT NOT NULL,
  `due_ms` BIGINT NOT NULL,
  `expires_ms` BIGINT NOT NULL,
  `spread_ms` BIGINT NOT NULL,
  `made_ms` BIGINT NOT NULL,
  `members_of` BIGINT NOT NULL,
  `audience` INT NOT NULL,
  `walked` INT NOT NULL,
  `walked_to` VARCHAR(64) NOT NULL,
  `expanded` TINYINT(1) NOT NULL,
  `resent` INT NOT NULL,
  `folded` TINYINT(1) NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS pushes_push ON pushes (`push`);
CREATE INDEX IF NOT EXISTS pushes_open ON pushes (`expanded`, `calm`, `due_ms`);
CREATE INDEX IF NOT EXISTS pushes_purpose ON pushes (`purpose_key`);
CREATE TABLE IF NOT EXISTS audiences (
  `push_id` BIGINT NOT NULL,
  `account` VARCHAR(64) NOT NULL,
  PRIMARY KEY (`push_id`, `account`)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
  `id` INTEGER PRIMARY KEY,
  `push_id` BIGINT NOT NULL,
  `purpose_key` BIGINT NOT NULL,
  `person` VARCHAR(66) NOT NULL,
  `account` VARCHAR(64) NOT NULL,
  `state` TINYINT NOT NULL,
  `calm` TINYINT NOT NULL,
  `route` TINYINT NOT NULL,
  `calling` TINYINT NOT NULL,
  `tried` TINYINT NOT NULL,
  `attempts` SMALLINT NOT NULL,
  `code` INT NOT NULL,
  `at_ms` BIGINT NOT NULL,
  `first_ms` BIGINT NOT NULL,
  `read_ms` BIGINT NOT NULL,
  `owner_key` BIGINT NOT NULL,
  `reason` VARCHAR(32) NOT NULL,
  `ended` SMALLINT AS (CASE WHEN `state` > 2 THEN `state` * 16 + `route` ELSE 0 END) STORED
);
CREATE UNIQUE INDEX IF NOT EXISTS deliveries_once ON deliveries (`person`, `purpose_key`);
CREATE INDEX IF NOT EXISTS deliveries_queue ON deliveries (`state`, `calm`, `at_ms`);
CREATE INDEX IF NOT EXISTS deliveries_report ON deliveries (`push_id`, `ended`, `reason`);
CREATE TABLE IF NOT EXISTS outcomes (
  `push_id` BIGINT NOT NULL,
  `ended` SMALLINT NOT NULL,
  `reason` VARCHAR(32) NOT NULL,
  `n` INT NOT NULL,
  PRIMARY KEY (`push_id`, `ended`, `reason`)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS receipts (
  `receipt` VARCHAR(64) NOT NULL PRIMARY KEY,
  `delivery_id` BIGINT NOT NULL,
  `verdict` TINYINT NOT NULL,
  `reason` VARCHAR(32) NOT NULL,
  `at_ms` BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS receipts_age ON receipts (`at_ms`);

-- +goose Down
DROP TABLE IF EXISTS receipts;
DROP TABLE IF EXISTS outcomes;
DROP TABLE IF EXISTS deliveries;
DROP TABLE IF EXISTS audiences;
DROP TABLE IF EXISTS pushes;
