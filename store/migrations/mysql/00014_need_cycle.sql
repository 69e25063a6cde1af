-- +goose Up
SET @alter = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE needs ADD COLUMN `person_id` BIGINT NOT NULL DEFAULT 0, ADD COLUMN `estate_id` BIGINT NOT NULL DEFAULT 0, ADD COLUMN `grid_id` BIGINT NOT NULL DEFAULT 0, ADD COLUMN `round_id` BIGINT NOT NULL DEFAULT 0, ADD COLUMN `raised_by` BIGINT NOT NULL DEFAULT 0, ADD COLUMN `others` INT NOT NULL DEFAULT 0, ADD COLUMN `marked_urgent` TINYINT NOT NULL DEFAULT 0, ADD COLUMN `marked_hard` TINYINT NOT NULL DEFAULT 0, ADD COLUMN `merged_into` BIGINT NOT NULL DEFAULT 0, ADD COLUMN `photos_shown` TINYINT NOT NULL DEFAULT 0, ADD COLUMN `taken_down` TINYINT NOT NULL DEFAULT 0, ADD COLUMN `reason_code` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '''', ADD COLUMN `reason` VARCHAR(300) NOT NULL DEFAULT '''', ADD COLUMN `duty` VARCHAR(60) NOT NULL DEFAULT '''', ADD COLUMN `decided_by` BIGINT NOT NULL DEFAULT 0, ADD COLUMN `decided_ms` BIGINT NOT NULL DEFAULT 0, ADD COLUMN `waiting_ms` BIGINT NOT NULL DEFAULT 0, ADD KEY needs_queue (`community_id`, `state`, `waiting_ms`), ADD KEY needs_public (`community_id`, `released`, `category`, `heat`), ADD KEY needs_merged (`merged_into`), ADD KEY needs_person (`person_id`)',
  'DO 0') FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'needs' AND column_name = 'person_id');
PREPARE alter_needs FROM @alter;
EXECUTE alter_needs;
DEALLOCATE PREPARE alter_needs;
UPDATE needs SET waiting_ms = raised_ms WHERE waiting_ms = 0;

-- +goose Down
ALTER TABLE needs DROP KEY needs_queue, DROP KEY needs_public, DROP KEY needs_merged, DROP KEY needs_person, DROP COLUMN `person_id`, DROP COLUMN `estate_id`, DROP COLUMN `grid_id`, DROP COLUMN `round_id`, DROP COLUMN `raised_by`, DROP COLUMN `others`, DROP COLUMN `marked_urgent`, DROP COLUMN `marked_hard`, DROP COLUMN `merged_into`, DROP COLUMN `photos_shown`, DROP COLUMN `taken_down`, DROP COLUMN `reason_code`, DROP COLUMN `reason`, DROP COLUMN `duty`, DROP COLUMN `decided_by`, DROP COLUMN `decided_ms`, DROP COLUMN `waiting_ms`;
