-- +goose Up
SET @alter = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE accounts ADD COLUMN `community_ms` BIGINT NOT NULL DEFAULT 0, ADD COLUMN `sent_in_window` INT NOT NULL DEFAULT 0, ADD KEY accounts_members (`community_id`, `openid`, `community_ms`)',
  'DO 0') FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'accounts' AND column_name = 'community_ms');
PREPARE alter_accounts FROM @alter;
EXECUTE alter_accounts;
DEALLOCATE PREPARE alter_accounts;
CREATE TABLE IF NOT EXISTS moves (
  `community_id` BIGINT NOT NULL,
  `account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `since_ms` BIGINT NOT NULL,
  `until_ms` BIGINT NOT NULL,
  PRIMARY KEY (`community_id`, `account`, `since_ms`, `until_ms`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE IF EXISTS moves;
ALTER TABLE accounts DROP KEY accounts_members, DROP COLUMN `community_ms`, DROP COLUMN `sent_in_window`;
