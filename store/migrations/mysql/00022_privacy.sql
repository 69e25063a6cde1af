-- +goose Up
CREATE TABLE IF NOT EXISTS forgotten (
  `account_hash` BINARY(16) NOT NULL PRIMARY KEY,
  `at_ms` BIGINT NOT NULL,
  KEY forgotten_age (`at_ms`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
SET @alter = (SELECT IF(COUNT(*) = 0,
  'ALTER TABLE media ADD KEY media_account (`account`)',
  'DO 0') FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'media' AND index_name = 'media_account');
PREPARE alter_media FROM @alter;
EXECUTE alter_media;
DEALLOCATE PREPARE alter_media;

-- +goose Down
ALTER TABLE media DROP KEY media_account;
DROP TABLE IF EXISTS forgotten;
