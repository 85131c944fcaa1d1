-- +goose Up

-- What members want to be shown of them, room by room. A row stays until the room ends; whoever has said nothing has none.
CREATE TABLE location.sharing (
    room_id      text COLLATE "C" NOT NULL,
    user_id      text COLLATE "C" NOT NULL,
    version      bigint NOT NULL CHECK (version > 0),
    precision    text NOT NULL CHECK (precision IN ('hidden', 'approximate', 'exact')),
    paused       boolean NOT NULL,
    paused_until timestamptz,
    shared_until timestamptz,
    past_at      timestamptz,
    past_level   text NOT NULL DEFAULT 'hidden' CHECK (past_level IN ('hidden', 'approximate', 'exact')),
    changed_at   timestamptz NOT NULL,
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX sharing_user ON location.sharing (user_id);
CREATE INDEX sharing_changed ON location.sharing (changed_at);

-- Privacy zones of a user: few, read and written together. zones is an array of
-- {id, name, latitude, longitude, radius, precision, s}.
CREATE TABLE location.zones (
    user_id    text COLLATE "C" PRIMARY KEY,
    version    bigint NOT NULL CHECK (version > 0),
    zones      jsonb NOT NULL,
    past_at    timestamptz,
    past_level text NOT NULL DEFAULT 'hidden' CHECK (past_level IN ('hidden', 'approximate', 'exact')),
    changed_at timestamptz NOT NULL
);
CREATE INDEX zones_changed ON location.zones (changed_at);

-- +goose Down
DROP TABLE location.zones;
DROP TABLE location.sharing;
