-- +goose Up
CREATE TABLE IF NOT EXISTS tries (
  `key_hash` BINARY(16) NOT NULL PRIMARY KEY,
  `wrong` INT NOT NULL,
  `last_ms` BIGINT NOT NULL,
  `until_ms` BIGINT NOT NULL,
  KEY tries_last (`last_ms`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS former_identities (
  `account_hash` BINARY(16) NOT NULL PRIMARY KEY,
  `person_id` BIGINT NOT NULL,
  `how` VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `consent` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `since_ms` BIGINT NOT NULL,
  `left_ms` BIGINT NOT NULL,
  KEY former_identities_person (`person_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS claims (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `grid_id` BIGINT NOT NULL,
  `kind` VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `state` VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `passed` TINYINT(1) NOT NULL,
  `account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `by_account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `open_key` VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NULL,
  `person_id` BIGINT NOT NULL,
  `household_id` BIGINT NOT NULL,
  `name` VARBINARY(300) NOT NULL,
  `door` VARBINARY(500) NOT NULL,
  `frozen` TINYINT(1) NOT NULL,
  `how` VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `consent` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `since_ms` BIGINT NOT NULL,
  `made_ms` BIGINT NOT NULL,
  `decided_ms` BIGINT NOT NULL,
  `decided_by` BIGINT NOT NULL,
  UNIQUE KEY claims_open (`open_key`),
  KEY claims_queue (`community_id`, `state`, `made_ms`),
  KEY claims_account (`account`, `state`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
SET @alter = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE accounts ADD KEY accounts_unfollowed (`following`, `unfollowed_ms`)',
  'DO 0') FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'accounts' AND index_name = 'accounts_unfollowed');
PREPARE alter_accounts FROM @alter;
EXECUTE alter_accounts;
DEALLOCATE PREPARE alter_accounts;

-- +goose Down
ALTER TABLE accounts DROP KEY accounts_unfollowed;
DROP TABLE IF EXISTS claims;
DROP TABLE IF EXISTS former_identities;
DROP TABLE IF EXISTS tries;
