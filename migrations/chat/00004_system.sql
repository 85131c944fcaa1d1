-- +goose Up

-- kind is that of a system message, which nobody has said; sender_id is then
-- whom it is about, and data a JSON object, kept as text because the same bytes
-- are shown from the cache and from here. mentions are user ids.
ALTER TABLE chat.messages
    ADD COLUMN kind     text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN data     text NOT NULL DEFAULT '',
    ADD COLUMN mentions text[] COLLATE "C" NOT NULL DEFAULT '{}';

-- +goose Down
ALTER TABLE chat.messages DROP COLUMN kind, DROP COLUMN data, DROP COLUMN mentions;
