-- +goose Up
CREATE TABLE IF NOT EXISTS invitations (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `code_hash` BINARY(16) NOT NULL,
  `sign` BINARY(16) NOT NULL,
  `staff_id` BIGINT NOT NULL,
  `role` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `community_id` BIGINT NOT NULL,
  `over_id` BIGINT NOT NULL,
  `grids` VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `name` VARBINARY(300) NOT NULL,
  `asked_for` BIGINT NOT NULL,
  `made_ms` BIGINT NOT NULL,
  `given_by` BIGINT NOT NULL,
  `until_ms` BIGINT NOT NULL,
  `used_ms` BIGINT NOT NULL,
  `used_by` BIGINT NOT NULL,
  `revoked_ms` BIGINT NOT NULL,
  UNIQUE KEY invitations_code (`code_hash`),
  KEY invitations_open (`asked_for`, `used_ms`, `until_ms`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS invite_tries (
  `account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `wrong` INT NOT NULL,
  `first_ms` BIGINT NOT NULL,
  `locked_ms` BIGINT NOT NULL,
  PRIMARY KEY (`account`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS handovers (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `from_id` BIGINT NOT NULL,
  `to_id` BIGINT NOT NULL,
  `made_ms` BIGINT NOT NULL,
  `made_by` BIGINT NOT NULL,
  `until_ms` BIGINT NOT NULL,
  `back_ms` BIGINT NOT NULL,
  UNIQUE KEY handovers_once (`from_id`, `community_id`, `back_ms`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS handover_items (
  `handover_id` BIGINT NOT NULL,
  `kind` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `item_id` BIGINT NOT NULL,
  PRIMARY KEY (`handover_id`, `kind`, `item_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE IF EXISTS handover_items;
DROP TABLE IF EXISTS handovers;
DROP TABLE IF EXISTS invite_tries;
DROP TABLE IF EXISTS invitations;
