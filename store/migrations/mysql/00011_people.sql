-- +goose Up
SET @alter = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE communities ADD COLUMN `street_id` BIGINT NOT NULL DEFAULT 0, ADD COLUMN `settings` VARCHAR(4000) NOT NULL DEFAULT ''''',
  'DO 0') FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'communities' AND column_name = 'street_id');
PREPARE alter_communities FROM @alter;
EXECUTE alter_communities;
DEALLOCATE PREPARE alter_communities;
CREATE TABLE IF NOT EXISTS districts (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `name` VARCHAR(60) NOT NULL,
  UNIQUE KEY districts_name (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS streets (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `district_id` BIGINT NOT NULL,
  `name` VARCHAR(60) NOT NULL,
  UNIQUE KEY streets_name (`district_id`, `name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS grids (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `name` VARCHAR(60) NOT NULL,
  UNIQUE KEY grids_name (`community_id`, `name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS buildings (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `estate_id` BIGINT NOT NULL,
  `grid_id` BIGINT NOT NULL,
  `name` VARCHAR(20) NOT NULL,
  UNIQUE KEY buildings_name (`estate_id`, `name`),
  KEY buildings_community (`community_id`, `grid_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS households (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `building_id` BIGINT NOT NULL,
  `unit` VARCHAR(20) NOT NULL,
  `room` VARCHAR(20) NOT NULL,
  `code_hash` BINARY(16) NULL,
  `wrong` INT NOT NULL,
  `slow_until_ms` BIGINT NOT NULL,
  UNIQUE KEY households_door (`building_id`, `unit`, `room`),
  UNIQUE KEY households_code (`code_hash`),
  KEY households_community (`community_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS persons (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `household_id` BIGINT NOT NULL,
  `code_hash` BINARY(16) NULL,
  `name_hash` BINARY(16) NOT NULL,
  `phone_hash` BINARY(16) NULL,
  `name` VARBINARY(300) NOT NULL,
  `phone` VARBINARY(100) NOT NULL,
  `code` VARBINARY(200) NOT NULL,
  `note` VARBINARY(1000) NOT NULL,
  `made_ms` BIGINT NOT NULL,
  `left_ms` BIGINT NOT NULL,
  UNIQUE KEY persons_code (`community_id`, `code_hash`),
  UNIQUE KEY persons_name (`household_id`, `name_hash`),
  KEY persons_phone (`phone_hash`),
  KEY persons_community (`community_id`, `left_ms`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS identities (
  `account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  `person_id` BIGINT NOT NULL,
  `how` VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `consent` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `since_ms` BIGINT NOT NULL,
  KEY identities_person (`person_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS staff (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `name` VARBINARY(300) NOT NULL,
  `made_ms` BIGINT NOT NULL,
  UNIQUE KEY staff_account (`account`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS grants (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `staff_id` BIGINT NOT NULL,
  `role` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `community_id` BIGINT NOT NULL,
  `over_id` BIGINT NOT NULL,
  `grids` VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `given_ms` BIGINT NOT NULL,
  `given_by` BIGINT NOT NULL,
  `revoked_ms` BIGINT NOT NULL,
  `revoked_by` BIGINT NOT NULL,
  UNIQUE KEY grants_once (`staff_id`, `role`, `community_id`, `over_id`, `revoked_ms`),
  KEY grants_community (`community_id`, `role`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS audits (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `at_ms` BIGINT NOT NULL,
  `staff_id` BIGINT NOT NULL,
  `role` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `community_id` BIGINT NOT NULL,
  `act` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `what` VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `object` VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `detail` VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  KEY audits_community (`community_id`, `at_ms`),
  KEY audits_object (`object`, `at_ms`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS vault_keys (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `wrapped` VARBINARY(200) NOT NULL,
  `made_ms` BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE IF EXISTS vault_keys;
DROP TABLE IF EXISTS audits;
DROP TABLE IF EXISTS grants;
DROP TABLE IF EXISTS staff;
DROP TABLE IF EXISTS identities;
DROP TABLE IF EXISTS persons;
DROP TABLE IF EXISTS households;
DROP TABLE IF EXISTS buildings;
DROP TABLE IF EXISTS grids;
DROP TABLE IF EXISTS streets;
DROP TABLE IF EXISTS districts;
ALTER TABLE communities DROP COLUMN `street_id`, DROP COLUMN `settings`;
