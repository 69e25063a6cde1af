-- +goose Up
SET @alter = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE needs ADD COLUMN `asked_ms` BIGINT NOT NULL DEFAULT 0, ADD COLUMN `held_by` BIGINT NOT NULL DEFAULT 0, ADD COLUMN `held_ms` BIGINT NOT NULL DEFAULT 0, ADD COLUMN `last_word` TINYINT NOT NULL DEFAULT 0, ADD COLUMN `queue_ms` BIGINT AS (CASE WHEN `state` IN (''raised'', ''declining'', ''appealed'') AND `asked_ms` = 0 THEN `waiting_ms` - 43200000 * LEAST(`heat`, 20) - CASE WHEN `marked_urgent` = 1 OR (`marked_urgent` = 0 AND (`urgent` = 1 OR `danger` = 1)) THEN 604800000 ELSE 0 END END) VIRTUAL, ADD KEY needs_waiting (`community_id`, `queue_ms`), ADD KEY needs_waiting_grid (`community_id`, `grid_id`, `queue_ms`)',
  'DO 0') FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'needs' AND column_name = 'queue_ms');
PREPARE alter_needs FROM @alter;
EXECUTE alter_needs;
DEALLOCATE PREPARE alter_needs;
CREATE TABLE IF NOT EXISTS questions (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `need_id` BIGINT NOT NULL,
  `staff_id` BIGINT NOT NULL,
  `text` VARCHAR(300) NOT NULL,
  `asked_ms` BIGINT NOT NULL,
  `state` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `answer` VARCHAR(500) NOT NULL,
  `answered_ms` BIGINT NOT NULL,
  KEY questions_need (`need_id`, `asked_ms`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS merges (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `source_id` BIGINT NOT NULL,
  `target_id` BIGINT NOT NULL,
  `staff_id` BIGINT NOT NULL,
  `at_ms` BIGINT NOT NULL,
  `state` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `waiting_ms` BIGINT NOT NULL,
  `undone_by` BIGINT NOT NULL,
  `undone_ms` BIGINT NOT NULL,
  KEY merges_source (`source_id`, `undone_ms`),
  KEY merges_target (`target_id`, `undone_ms`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS appeals (
  `need_id` BIGINT NOT NULL PRIMARY KEY,
  `account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `text` VARCHAR(500) NOT NULL,
  `at_ms` BIGINT NOT NULL,
  `decliner` BIGINT NOT NULL,
  `decided_by` BIGINT NOT NULL,
  `decided_ms` BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE IF EXISTS appeals;
DROP TABLE IF EXISTS merges;
DROP TABLE IF EXISTS questions;
ALTER TABLE needs DROP KEY needs_waiting, DROP KEY needs_waiting_grid, DROP COLUMN `queue_ms`;
ALTER TABLE needs DROP COLUMN `asked_ms`, DROP COLUMN `held_by`, DROP COLUMN `held_ms`, DROP COLUMN `last_word`;
