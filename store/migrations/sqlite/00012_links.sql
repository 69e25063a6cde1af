-- +goose Up
CREATE TABLE IF NOT EXISTS links (
  `ref_hash` VARCHAR(43) NOT NULL PRIMARY KEY,
  `account` VARCHAR(64) NOT NULL,
  `community_id` BIGINT NOT NULL,
  `kind` VARCHAR(40) NOT NULL,
  `title` VARCHAR(40) NOT NULL,
  `args` TEXT NOT NULL,
  `made_ms` BIGINT NOT NULL,
  `expires_ms` BIGINT NOT NULL,
  `browser` VARCHAR(43) NOT NULL,
  `pair_browser` VARCHAR(43) NOT NULL,
  `pair_ms` BIGINT NOT NULL,
  `draws` INT NOT NULL,
  `misses` INT NOT NULL,
  `state` INT NOT NULL,
  `holder` VARCHAR(43) NOT NULL,
  `lease_ms` BIGINT NOT NULL,
  `progress` VARCHAR(200) NOT NULL,
  `blob_key` VARCHAR(26) NOT NULL,
  `blob_name` VARCHAR(200) NOT NULL,
  `blob_bytes` BIGINT NOT NULL,
  `result` TEXT NOT NULL,
  `result_key` VARCHAR(26) NOT NULL,
  `fetches` INT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS links_account ON links (`account`, `pair_ms`);
CREATE INDEX IF NOT EXISTS links_expires ON links (`expires_ms`);

-- +goose Down
DROP TABLE IF EXISTS links;
