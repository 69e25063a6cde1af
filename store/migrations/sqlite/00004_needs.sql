-- +goose Up
CREATE TABLE IF NOT EXISTS counters (
  `community_id` INTEGER NOT NULL,
  `year` INTEGER NOT NULL,
  `next` INTEGER NOT NULL,
  PRIMARY KEY (`community_id`, `year`)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS needs (
  `id` INTEGER NOT NULL PRIMARY KEY,
  `community_id` INTEGER NOT NULL,
  `year` INTEGER NOT NULL,
  `seq` INTEGER NOT NULL,
  `account` TEXT NOT NULL,
  `category` TEXT NOT NULL,
  `text` TEXT NOT NULL,
  `place` TEXT NOT NULL,
  `lat` REAL NOT NULL,
  `lng` REAL NOT NULL,
  `located` INTEGER NOT NULL,
  `urgent` INTEGER NOT NULL,
  `state` TEXT NOT NULL,
  `released` INTEGER NOT NULL,
  `heat` INTEGER NOT NULL,
  `raised_ms` INTEGER NOT NULL,
  `updated_ms` INTEGER NOT NULL,
  UNIQUE (`community_id`, `year`, `seq`)
);
CREATE INDEX IF NOT EXISTS needs_changed ON needs (`community_id`, `updated_ms`);
CREATE INDEX IF NOT EXISTS needs_open ON needs (`community_id`, `released`, `state`, `updated_ms`);
CREATE INDEX IF NOT EXISTS needs_author ON needs (`account`, `raised_ms`);
CREATE TABLE IF NOT EXISTS additions (
  `id` INTEGER NOT NULL PRIMARY KEY,
  `need_id` INTEGER NOT NULL,
  `text` TEXT NOT NULL,
  `at_ms` INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS additions_need ON additions (`need_id`, `at_ms`);
CREATE TABLE IF NOT EXISTS endorsements (
  `need_id` INTEGER NOT NULL,
  `account` TEXT NOT NULL,
  `at_ms` INTEGER NOT NULL,
  PRIMARY KEY (`need_id`, `account`)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS endorsements_account ON endorsements (`account`);

-- +goose Down
DROP TABLE IF EXISTS endorsements;
DROP TABLE IF EXISTS additions;
DROP TABLE IF EXISTS needs;
DROP TABLE IF EXISTS counters;
