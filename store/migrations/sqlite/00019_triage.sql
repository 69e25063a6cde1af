-- +goose Up
ALTER TABLE needs ADD COLUMN `asked_ms` BIGINT NOT NULL DEFAULT 0;
ALTER TABLE needs ADD COLUMN `held_by` BIGINT NOT NULL DEFAULT 0;
ALTER TABLE needs ADD COLUMN `held_ms` BIGINT NOT NULL DEFAULT 0;
ALTER TABLE needs ADD COLUMN `last_word` TINYINT NOT NULL DEFAULT 0;
ALTER TABLE needs ADD COLUMN `queue_ms` BIGINT AS (CASE WHEN `state` IN ('raised', 'declining', 'appealed') AND `asked_ms` = 0 THEN `waiting_ms` - 43200000 * MIN(`heat`, 20) - CASE WHEN `marked_urgent` = 1 OR (`marked_urgent` = 0 AND (`urgent` = 1 OR `danger` = 1)) THEN 604800000 ELSE 0 END END) VIRTUAL;
CREATE INDEX IF NOT EXISTS needs_waiting ON needs (`community_id`, `queue_ms`);
CREATE INDEX IF NOT EXISTS needs_waiting_grid ON needs (`community_id`, `grid_id`, `queue_ms`);
CREATE TABLE IF NOT EXISTS questions (
  `id` INTEGER NOT NULL PRIMARY KEY,
  `need_id` INTEGER NOT NULL,
  `staff_id` INTEGER NOT NULL,
  `text` TEXT NOT NULL,
  `asked_ms` INTEGER NOT NULL,
  `state` TEXT NOT NULL,
  `answer` TEXT NOT NULL,
  `answered_ms` INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS questions_need ON questions (`need_id`, `asked_ms`);
CREATE TABLE IF NOT EXISTS merges (
  `id` INTEGER NOT NULL PRIMARY KEY,
  `community_id` INTEGER NOT NULL,
  `source_id` INTEGER NOT NULL,
  `target_id` INTEGER NOT NULL,
  `staff_id` INTEGER NOT NULL,
  `at_ms` INTEGER NOT NULL,
  `state` TEXT NOT NULL,
  `waiting_ms` INTEGER NOT NULL,
  `undone_by` INTEGER NOT NULL,
  `undone_ms` INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS merges_source ON merges (`source_id`, `undone_ms`);
CREATE INDEX IF NOT EXISTS merges_target ON merges (`target_id`, `undone_ms`);
CREATE TABLE IF NOT EXISTS appeals (
  `need_id` INTEGER NOT NULL PRIMARY KEY,
  `account` TEXT NOT NULL,
  `text` TEXT NOT NULL,
  `at_ms` INTEGER NOT NULL,
  `decliner` INTEGER NOT NULL,
  `decided_by` INTEGER NOT NULL,
  `decided_ms` INTEGER NOT NULL
);

-- +goose Down
DROP TABLE IF EXISTS appeals;
DROP TABLE IF EXISTS merges;
DROP TABLE IF EXISTS questions;
DROP INDEX IF EXISTS needs_waiting;
DROP INDEX IF EXISTS needs_waiting_grid;
ALTER TABLE needs DROP COLUMN `queue_ms`;
ALTER TABLE needs DROP COLUMN `last_word`;
ALTER TABLE needs DROP COLUMN `held_ms`;
ALTER TABLE needs DROP COLUMN `held_by`;
ALTER TABLE needs DROP COLUMN `asked_ms`;
