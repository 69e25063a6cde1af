-- +goose Up
CREATE TABLE IF NOT EXISTS rounds (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `name` VARCHAR(40) NOT NULL,
  `year` INT NOT NULL,
  `seq` INT NOT NULL,
  `stage` TINYINT NOT NULL,
  `rev` INT NOT NULL,
  `front_of` BIGINT NULL,
  `opened_ms` BIGINT NOT NULL,
  `closed_ms` BIGINT NOT NULL,
  `listed_ms` BIGINT NOT NULL,
  `list_rule` VARCHAR(500) NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS rounds_seq ON rounds (`community_id`, `year`, `seq`);
CREATE UNIQUE INDEX IF NOT EXISTS rounds_front ON rounds (`front_of`);
CREATE TABLE IF NOT EXISTS round_stages (
  `round_id` BIGINT NOT NULL,
  `stage` TINYINT NOT NULL,
  `starts_ms` BIGINT NOT NULL,
  `began_ms` BIGINT NOT NULL,
  PRIMARY KEY (`round_id`, `stage`)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS listings (
  `round_id` BIGINT NOT NULL,
  `need_id` BIGINT NOT NULL,
  `on_list` TINYINT(1) NOT NULL,
  `place` INT NOT NULL,
  `heat` INT NOT NULL,
  `why` VARCHAR(12) NOT NULL,
  `note` VARCHAR(200) NOT NULL,
  PRIMARY KEY (`round_id`, `need_id`)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS listings_need ON listings (`need_id`);
CREATE INDEX IF NOT EXISTS needs_round ON needs (`community_id`, `round_id`, `state`);

-- +goose Down
DROP INDEX IF EXISTS needs_round;
DROP TABLE IF EXISTS listings;
DROP TABLE IF EXISTS round_stages;
DROP TABLE IF EXISTS rounds;
