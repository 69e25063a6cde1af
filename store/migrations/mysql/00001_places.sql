-- +goose Up
CREATE TABLE IF NOT EXISTS communities (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `code` VARCHAR(16) NOT NULL,
  `name` VARCHAR(100) NOT NULL,
  `phone` VARCHAR(40) NOT NULL,
  `hours` VARCHAR(100) NOT NULL,
  `timezone` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `created_ms` BIGINT NOT NULL,
  UNIQUE KEY communities_code (`code`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS estates (
  `id` BIGINT NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `name` VARCHAR(100) NOT NULL,
  UNIQUE KEY estates_name (`community_id`, `name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS scenes (
  `scene` VARCHAR(64) NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `estate_id` BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE IF EXISTS scenes;
DROP TABLE IF EXISTS estates;
DROP TABLE IF EXISTS communities;
