-- +goose Up
CREATE TABLE IF NOT EXISTS accounts (
  `openid` TEXT NOT NULL PRIMARY KEY,
  `community_id` INTEGER NOT NULL,
  `estate_id` INTEGER NOT NULL,
  `following` INTEGER NOT NULL,
  `first_ms` INTEGER NOT NULL,
  `last_message_ms` INTEGER NOT NULL,
  `last_event_ms` INTEGER NOT NULL,
  `unfollowed_ms` INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS accounts_community ON accounts (`community_id`, `following`);

-- +goose Down
DROP TABLE IF EXISTS accounts;
