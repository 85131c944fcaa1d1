-- +goose Up

-- One row per room that was ever written in: the number of its newest message.
-- It outlives the messages, so that seq never starts again while the room lives.
CREATE TABLE chat.rooms (
    room_id  text COLLATE "C" PRIMARY KEY,
    last_seq bigint NOT NULL CHECK (last_seq > 0),
    ended_at timestamptz
);
CREATE INDEX rooms_ended ON chat.rooms (ended_at) WHERE ended_at IS NOT NULL;

-- Partitioned by day, so that retention drops tables and deletes no rows.
-- client_key tells retries apart: 'c:' and what the client gave, or 's:' and
-- the stream entry. entry is the stream entry that stored the row: the same
-- entry again is a redelivery (publish again), another one a client's retry.
CREATE TABLE chat.messages (
    room_id     text COLLATE "C" NOT NULL,
    seq         bigint NOT NULL CHECK (seq > 0),
    id          uuid NOT NULL,
    sender_id   text COLLATE "C" NOT NULL,
    sender_name text NOT NULL,
    client_key  text COLLATE "C" NOT NULL,
    entry       text COLLATE "C" NOT NULL,
    content     text NOT NULL,
    reply_to    text NOT NULL,
    created_at  timestamptz NOT NULL
) PARTITION BY RANGE (created_at);

-- A unique index on the parent would have to contain created_at and so hold
-- nothing. Each partition gets its own two instead (here, and where the
-- service makes the daily ones); across days the single writer sees to it.
CREATE TABLE chat.messages_default PARTITION OF chat.messages DEFAULT;
CREATE UNIQUE INDEX messages_default_seq ON chat.messages_default (room_id, seq);
CREATE UNIQUE INDEX messages_default_key ON chat.messages_default (room_id, sender_id, client_key);

-- +goose Down
DROP TABLE chat.messages;
DROP TABLE chat.rooms;
