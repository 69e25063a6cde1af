-- +goose Up
CREATE TABLE IF NOT EXISTS accounts (
  `openid` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  `community_id` BIGINT NOT NULL,
  `estate_id` BIGINT NOT NULL,
  `following` TINYINT(1) NOT NULL,
  `first_ms` BIGINT NOT NULL,
  `last_message_ms` BIGINT NOT NULL,
  `last_event_ms` BIGINT NOT NULL,
  `unfollowed_ms` BIGINT NOT NULL,
  KEY accounts_community (`community_id`, `following`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE IF EXISTS accounts;
