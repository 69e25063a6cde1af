-- +goose Up
ALTER TABLE needs ADD COLUMN `kept_back` TINYINT NOT NULL DEFAULT 0;
ALTER TABLE needs ADD COLUMN `hidden_ms` BIGINT NOT NULL DEFAULT 0;
ALTER TABLE needs ADD COLUMN `looked_ms` BIGINT NOT NULL DEFAULT 0;
ALTER TABLE needs ADD COLUMN `appealed` TINYINT NOT NULL DEFAULT 0;
ALTER TABLE needs ADD COLUMN `taken_by` BIGINT NOT NULL DEFAULT 0;
ALTER TABLE needs ADD COLUMN `public_code` VARCHAR(20) NOT NULL DEFAULT '';
ALTER TABLE needs ADD COLUMN `public_reason` VARCHAR(300) NOT NULL DEFAULT '';
ALTER TABLE needs ADD COLUMN `danger` TINYINT NOT NULL DEFAULT 0;
ALTER TABLE needs ADD COLUMN `listed` TINYINT AS (CASE WHEN `released` = 1 AND `state` IN ('raised', 'accepted', 'declining', 'handed') THEN 1 ELSE 0 END) VIRTUAL;
ALTER TABLE needs ADD COLUMN `pressing` TINYINT AS (CASE WHEN `marked_urgent` = 1 THEN 2 WHEN `marked_urgent` = 0 AND (`urgent` = 1 OR `danger` = 1) THEN 1 ELSE 0 END) VIRTUAL;
ALTER TABLE needs ADD COLUMN `serial_no` BIGINT AS (`year` * 1000000 + `seq`) VIRTUAL;
DROP INDEX IF EXISTS needs_public;
CREATE INDEX IF NOT EXISTS needs_heat ON needs (`community_id`, `listed`, `heat`, `serial_no`);
CREATE INDEX IF NOT EXISTS needs_category ON needs (`community_id`, `listed`, `category`, `heat`, `serial_no`);
CREATE INDEX IF NOT EXISTS needs_estate ON needs (`community_id`, `listed`, `estate_id`, `heat`, `serial_no`);
CREATE INDEX IF NOT EXISTS needs_newest ON needs (`community_id`, `listed`, `serial_no`);
CREATE INDEX IF NOT EXISTS needs_pressing ON needs (`community_id`, `listed`, `pressing`, `serial_no`);
CREATE INDEX IF NOT EXISTS needs_hard ON needs (`community_id`, `listed`, `marked_hard`, `serial_no`);
ALTER TABLE additions ADD COLUMN `released` TINYINT NOT NULL DEFAULT 0;
ALTER TABLE endorsements ADD COLUMN `person_id` BIGINT NOT NULL DEFAULT 0;
CREATE TABLE IF NOT EXISTS backers (
  `need_id` BIGINT NOT NULL,
  `person_id` BIGINT NOT NULL,
  PRIMARY KEY (`need_id`, `person_id`)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reviews (
  `need_id` BIGINT NOT NULL,
  `kind` VARCHAR(10) NOT NULL,
  `community_id` BIGINT NOT NULL,
  `grid_id` BIGINT NOT NULL,
  `since_ms` BIGINT NOT NULL,
  `rev_ms` BIGINT NOT NULL,
  PRIMARY KEY (`need_id`, `kind`)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS reviews_queue ON reviews (`community_id`, `kind`, `since_ms`, `need_id`);
CREATE TABLE IF NOT EXISTS pleas (
  `need_id` BIGINT NOT NULL,
  `kind` VARCHAR(10) NOT NULL,
  `account` VARCHAR(64) NOT NULL,
  `text` VARCHAR(500) NOT NULL,
  `at_ms` BIGINT NOT NULL,
  PRIMARY KEY (`need_id`, `kind`)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reports (
  `need_id` BIGINT NOT NULL,
  `account` VARCHAR(64) NOT NULL,
  `person_id` BIGINT NOT NULL,
  `code` VARCHAR(20) NOT NULL,
  `at_ms` BIGINT NOT NULL,
  `settled_ms` BIGINT NOT NULL,
  PRIMARY KEY (`need_id`, `account`)
) WITHOUT ROWID;
UPDATE endorsements SET person_id = COALESCE((SELECT i.person_id FROM identities i WHERE i.account = endorsements.account), 0) WHERE person_id = 0;
INSERT INTO backers (need_id, person_id) SELECT DISTINCT e.need_id, e.person_id FROM endorsements e JOIN needs n ON n.id = e.need_id WHERE e.person_id <> 0 AND e.person_id <> n.person_id ON CONFLICT DO NOTHING;
UPDATE needs SET heat = (SELECT COUNT(*) FROM backers b WHERE b.need_id = needs.id), others = (SELECT COUNT(*) FROM endorsements e WHERE e.need_id = needs.id AND e.person_id = 0) WHERE id IN (SELECT need_id FROM endorsements);
INSERT INTO reviews (need_id, kind, community_id, grid_id, since_ms, rev_ms) SELECT id, 'release', community_id, grid_id, raised_ms, updated_ms FROM needs WHERE state IN ('raised', 'accepted', 'declining', 'handed') AND (released = 0 OR id IN (SELECT need_id FROM additions WHERE released = 0)) ON CONFLICT DO NOTHING;

-- +goose Down
DROP TABLE IF EXISTS reports;
DROP TABLE IF EXISTS pleas;
DROP TABLE IF EXISTS reviews;
DROP TABLE IF EXISTS backers;
DROP INDEX IF EXISTS needs_heat;
DROP INDEX IF EXISTS needs_category;
DROP INDEX IF EXISTS needs_estate;
DROP INDEX IF EXISTS needs_newest;
DROP INDEX IF EXISTS needs_pressing;
DROP INDEX IF EXISTS needs_hard;
CREATE INDEX IF NOT EXISTS needs_public ON needs (`community_id`, `released`, `category`, `heat`);
ALTER TABLE endorsements DROP COLUMN `person_id`;
ALTER TABLE additions DROP COLUMN `released`;
ALTER TABLE needs DROP COLUMN `serial_no`;
ALTER TABLE needs DROP COLUMN `pressing`;
ALTER TABLE needs DROP COLUMN `listed`;
ALTER TABLE needs DROP COLUMN `danger`;
ALTER TABLE needs DROP COLUMN `public_reason`;
ALTER TABLE needs DROP COLUMN `public_code`;
ALTER TABLE needs DROP COLUMN `taken_by`;
ALTER TABLE needs DROP COLUMN `appealed`;
ALTER TABLE needs DROP COLUMN `looked_ms`;
ALTER TABLE needs DROP COLUMN `hidden_ms`;
ALTER TABLE needs DROP COLUMN `kept_back`;
