-- +goose Up
SET @alter = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE needs ADD COLUMN `kept_back` TINYINT NOT NULL DEFAULT 0, ADD COLUMN `hidden_ms` BIGINT NOT NULL DEFAULT 0, ADD COLUMN `looked_ms` BIGINT NOT NULL DEFAULT 0, ADD COLUMN `appealed` TINYINT NOT NULL DEFAULT 0, ADD COLUMN `taken_by` BIGINT NOT NULL DEFAULT 0, ADD COLUMN `public_code` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '''', ADD COLUMN `public_reason` VARCHAR(300) NOT NULL DEFAULT '''', ADD COLUMN `danger` TINYINT NOT NULL DEFAULT 0, ADD COLUMN `listed` TINYINT AS (CASE WHEN `released` = 1 AND `state` IN (''raised'', ''accepted'', ''declining'', ''handed'') THEN 1 ELSE 0 END) VIRTUAL, ADD COLUMN `pressing` TINYINT AS (CASE WHEN `marked_urgent` = 1 THEN 2 WHEN `marked_urgent` = 0 AND (`urgent` = 1 OR `danger` = 1) THEN 1 ELSE 0 END) VIRTUAL, ADD COLUMN `serial_no` BIGINT AS (`year` * 1000000 + `seq`) VIRTUAL',
  'DO 0') FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'needs' AND column_name = 'kept_back');
PREPARE alter_needs FROM @alter;
EXECUTE alter_needs;
DEALLOCATE PREPARE alter_needs;
SET @alter = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE needs DROP KEY needs_public, ADD KEY needs_heat (`community_id`, `listed`, `heat`, `serial_no`), ADD KEY needs_category (`community_id`, `listed`, `category`, `heat`, `serial_no`), ADD KEY needs_estate (`community_id`, `listed`, `estate_id`, `heat`, `serial_no`), ADD KEY needs_newest (`community_id`, `listed`, `serial_no`), ADD KEY needs_pressing (`community_id`, `listed`, `pressing`, `serial_no`), ADD KEY needs_hard (`community_id`, `listed`, `marked_hard`, `serial_no`)',
  'DO 0') FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'needs' AND index_name = 'needs_heat');
PREPARE index_needs FROM @alter;
EXECUTE index_needs;
DEALLOCATE PREPARE index_needs;
SET @alter = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE additions ADD COLUMN `released` TINYINT NOT NULL DEFAULT 0',
  'DO 0') FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'additions' AND column_name = 'released');
PREPARE alter_additions FROM @alter;
EXECUTE alter_additions;
DEALLOCATE PREPARE alter_additions;
SET @alter = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE endorsements ADD COLUMN `person_id` BIGINT NOT NULL DEFAULT 0',
  'DO 0') FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'endorsements' AND column_name = 'person_id');
PREPARE alter_endorsements FROM @alter;
EXECUTE alter_endorsements;
DEALLOCATE PREPARE alter_endorsements;
CREATE TABLE IF NOT EXISTS backers (
  `need_id` BIGINT NOT NULL,
  `person_id` BIGINT NOT NULL,
  PRIMARY KEY (`need_id`, `person_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS reviews (
  `need_id` BIGINT NOT NULL,
  `kind` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `community_id` BIGINT NOT NULL,
  `grid_id` BIGINT NOT NULL,
  `since_ms` BIGINT NOT NULL,
  `rev_ms` BIGINT NOT NULL,
  PRIMARY KEY (`need_id`, `kind`),
  KEY reviews_queue (`community_id`, `kind`, `since_ms`, `need_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS pleas (
  `need_id` BIGINT NOT NULL,
  `kind` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `text` VARCHAR(500) NOT NULL,
  `at_ms` BIGINT NOT NULL,
  PRIMARY KEY (`need_id`, `kind`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS reports (
  `need_id` BIGINT NOT NULL,
  `account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `person_id` BIGINT NOT NULL,
  `code` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `at_ms` BIGINT NOT NULL,
  `settled_ms` BIGINT NOT NULL,
  PRIMARY KEY (`need_id`, `account`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
UPDATE endorsements SET person_id = COALESCE((SELECT i.person_id FROM identities i WHERE i.account = endorsements.account), 0) WHERE person_id = 0;
INSERT IGNORE INTO backers (need_id, person_id) SELECT DISTINCT e.need_id, e.person_id FROM endorsements e JOIN needs n ON n.id = e.need_id WHERE e.person_id <> 0 AND e.person_id <> n.person_id;
UPDATE needs SET heat = (SELECT COUNT(*) FROM backers b WHERE b.need_id = needs.id), others = (SELECT COUNT(*) FROM endorsements e WHERE e.need_id = needs.id AND e.person_id = 0) WHERE id IN (SELECT need_id FROM endorsements);
INSERT IGNORE INTO reviews (need_id, kind, community_id, grid_id, since_ms, rev_ms) SELECT id, 'release', community_id, grid_id, raised_ms, updated_ms FROM needs WHERE state IN ('raised', 'accepted', 'declining', 'handed') AND (released = 0 OR id IN (SELECT need_id FROM additions WHERE released = 0));

-- +goose Down
DROP TABLE IF EXISTS reports;
DROP TABLE IF EXISTS pleas;
DROP TABLE IF EXISTS reviews;
DROP TABLE IF EXISTS backers;
ALTER TABLE endorsements DROP COLUMN `person_id`;
ALTER TABLE additions DROP COLUMN `released`;
ALTER TABLE needs DROP KEY needs_heat, DROP KEY needs_category, DROP KEY needs_estate, DROP KEY needs_newest, DROP KEY needs_pressing, DROP KEY needs_hard, ADD KEY needs_public (`community_id`, `released`, `category`, `heat`);
ALTER TABLE needs DROP COLUMN `serial_no`, DROP COLUMN `pressing`, DROP COLUMN `listed`, DROP COLUMN `danger`, DROP COLUMN `public_reason`, DROP COLUMN `public_code`, DROP COLUMN `taken_by`, DROP COLUMN `appealed`, DROP COLUMN `looked_ms`, DROP COLUMN `hidden_ms`, DROP COLUMN `kept_back`;
