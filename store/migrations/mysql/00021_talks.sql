-- +goose Up
CREATE TABLE IF NOT EXISTS desks (
  `community_id` BIGINT NOT NULL PRIMARY KEY,
  `last_number` INT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS talks (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `number` INT NOT NULL,
  `account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `live` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
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
  `closed_ms` BIGINT NOT NULL,
  UNIQUE KEY talks_live (`live`),
  KEY talks_number (`community_id`, `closed_ms`, `number`),
  KEY talks_queue (`community_id`, `state`, `queued_ms`),
  KEY talks_staff (`staff_id`, `state`),
  KEY talks_account (`account`, `closed_ms`),
  KEY talks_closed (`state`, `closed_ms`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS talk_lines (
  `talk_id` BIGINT NOT NULL,
  `seq` INT NOT NULL,
  `side` TINYINT NOT NULL,
  `role` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `kind` VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `body` VARBINARY(4000) NOT NULL,
  `media` VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `at_ms` BIGINT NOT NULL,
  PRIMARY KEY (`talk_id`, `seq`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS talk_ends (
  `talk_id` BIGINT NOT NULL,
  `staff_id` BIGINT NOT NULL,
  `told` INT NOT NULL,
  `boxed` INT NOT NULL,
  `boxed_ms` BIGINT NOT NULL,
  `knocked` TINYINT NOT NULL,
  `push` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `pushes` INT NOT NULL,
  `told_ms` BIGINT NOT NULL,
  PRIMARY KEY (`talk_id`, `staff_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE IF EXISTS talk_ends;
DROP TABLE IF EXISTS talk_lines;
DROP TABLE IF EXISTS talks;
DROP TABLE IF EXISTS desks;
