-- +goose Up

-- How far each member has read; only ever forward. entry is the stream entry
-- that brought it there: the same one again is a redelivery.
CREATE TABLE chat.reads (
    room_id text COLLATE "C" NOT NULL REFERENCES chat.rooms (room_id) ON DELETE CASCADE,
    user_id text COLLATE "C" NOT NULL,
    seq     bigint NOT NULL CHECK (seq > 0),
    entry   text COLLATE "C" NOT NULL,
    read_at timestamptz NOT NULL,
    PRIMARY KEY (room_id, user_id)
);

-- +goose Down
DROP TABLE chat.reads;
