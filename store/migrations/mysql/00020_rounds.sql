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
  `list_rule` VARCHAR(500) NOT NULL,
  UNIQUE KEY rounds_seq (`community_id`, `year`, `seq`),
  UNIQUE KEY rounds_front (`front_of`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS round_stages (
  `round_id` BIGINT NOT NULL,
  `stage` TINYINT NOT NULL,
  `starts_ms` BIGINT NOT NULL,
  `began_ms` BIGINT NOT NULL,
  PRIMARY KEY (`round_id`, `stage`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS listings (
  `round_id` BIGINT NOT NULL,
  `need_id` BIGINT NOT NULL,
  `on_list` TINYINT(1) NOT NULL,
  `place` INT NOT NULL,
  `heat` INT NOT NULL,
  `why` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `note` VARCHAR(200) NOT NULL,
  PRIMARY KEY (`round_id`, `need_id`),
  KEY listings_need (`need_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
SET @alter = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE needs ADD KEY needs_round (`community_id`, `round_id`, `state`)',
  'DO 0') FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'needs' AND index_name = 'needs_round');
PREPARE alter_needs FROM @alter;
EXECUTE alter_needs;
DEALLOCATE PREPARE alter_needs;

-- +goose Down
ALTER TABLE needs DROP KEY needs_round;
DROP TABLE IF EXISTS listings;
DROP TABLE IF EXISTS round_stages;
DROP TABLE IF EXISTS rounds;
