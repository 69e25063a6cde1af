-- +goose Up
SET @alter = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE persons ADD COLUMN `roll_hash` BINARY(16) NULL',
  'DO 0') FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'persons' AND column_name = 'roll_hash');
PREPARE alter_persons FROM @alter;
EXECUTE alter_persons;
DEALLOCATE PREPARE alter_persons;
CREATE TABLE IF NOT EXISTS rolls (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `owner_key` BIGINT NOT NULL,
  `switching` TINYINT NOT NULL,
  `complete` TINYINT NOT NULL,
  `begun_ms` BIGINT NOT NULL,
  `beat_ms` BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS roll_claims (
  `community_id` BIGINT NOT NULL PRIMARY KEY,
  `roll_id` BIGINT NOT NULL,
  `street` VARCHAR(60) NOT NULL,
  `district` VARCHAR(60) NOT NULL,
  `done` TINYINT NOT NULL,
  KEY roll_claims_roll (`roll_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS roll_lines (
  `roll_id` BIGINT NOT NULL,
  `community_id` BIGINT NOT NULL,
  `line` INT NOT NULL,
  `act` TINYINT NOT NULL,
  `person_id` BIGINT NOT NULL,
  `household_id` BIGINT NOT NULL DEFAULT 0,
  `estate` VARCHAR(60) NOT NULL DEFAULT '',
  `grid` VARCHAR(60) NOT NULL DEFAULT '',
  `building` VARCHAR(20) NOT NULL DEFAULT '',
  `unit` VARCHAR(20) NOT NULL DEFAULT '',
  `room` VARCHAR(20) NOT NULL DEFAULT '',
  `roll_hash` BINARY(16) NULL,
  `code_hash` BINARY(16) NULL,
  `name_hash` BINARY(16) NULL,
  `phone_hash` BINARY(16) NULL,
  `name` VARBINARY(300) NOT NULL DEFAULT '',
  `phone` VARBINARY(100) NOT NULL DEFAULT '',
  `code` VARBINARY(200) NOT NULL DEFAULT '',
  `note` VARBINARY(1000) NOT NULL DEFAULT '',
  PRIMARY KEY (`roll_id`, `community_id`, `line`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE IF EXISTS roll_lines;
DROP TABLE IF EXISTS roll_claims;
DROP TABLE IF EXISTS rolls;
ALTER TABLE persons DROP COLUMN `roll_hash`;
