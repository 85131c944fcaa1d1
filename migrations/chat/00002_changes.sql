-- +goose Up

-- Edits, deletions and reactions are changes of a message. Each takes the next
-- number (rev) of its room; a message carries the number of its newest one.
ALTER TABLE chat.rooms ADD COLUMN last_rev bigint NOT NULL DEFAULT 0 CHECK (last_rev >= 0);

-- changed_entry is the stream entry of the newest change. Entries of a stream
-- only grow, so one that is not newer was handled before.
ALTER TABLE chat.messages
    ADD COLUMN rev           bigint NOT NULL DEFAULT 0 CHECK (rev >= 0),
    ADD COLUMN changed_entry text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN edited_at     timestamptz,
    ADD COLUMN deleted_at    timestamptz,
    ADD COLUMN deleted_by    text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN reactions     jsonb NOT NULL DEFAULT '[]';

-- What clients name a message by, and what a client that was away missed.
CREATE INDEX messages_id ON chat.messages (room_id, id);
CREATE INDEX messages_rev ON chat.messages (room_id, rev) WHERE rev > 0;

-- +goose Down
DROP INDEX chat.messages_rev;
DROP INDEX chat.messages_id;
ALTER TABLE chat.messages
    DROP COLUMN rev, DROP COLUMN changed_entry, DROP COLUMN edited_at,
    DROP COLUMN deleted_at, DROP COLUMN deleted_by, DROP COLUMN reactions;
ALTER TABLE chat.rooms DROP COLUMN last_rev;
