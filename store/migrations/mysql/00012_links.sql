-- +goose Up
CREATE TABLE IF NOT EXISTS links (
  `ref_hash` VARCHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  `account` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `community_id` BIGINT NOT NULL,
  `kind` VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `title` VARCHAR(40) NOT NULL,
  `args` TEXT NOT NULL,
  `made_ms` BIGINT NOT NULL,
  `expires_ms` BIGINT NOT NULL,
  `browser` VARCHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `pair_browser` VARCHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `pair_ms` BIGINT NOT NULL,
  `draws` INT NOT NULL,
  `misses` INT NOT NULL,
  `state` INT NOT NULL,
  `holder` VARCHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `lease_ms` BIGINT NOT NULL,
  `progress` VARCHAR(200) NOT NULL,
  `blob_key` VARCHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `blob_name` VARCHAR(200) NOT NULL,
  `blob_bytes` BIGINT NOT NULL,
  `result` MEDIUMTEXT NOT NULL,
  `result_key` VARCHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `fetches` INT NOT NULL,
  KEY links_account (`account`, `pair_ms`),
  KEY links_expires (`expires_ms`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE IF EXISTS links;
