-- +goose Up

-- What a room shares on the map beside people, one row per room that ever had any of it. Geofences and meeting points
-- are few (20 each) and always read and written together. Whoever changes anything of the room, a call for help
-- included, locks this row first: so bounds hold, and the room hears of changes in their order.
CREATE TABLE location.places (
    room_id        text COLLATE "C" PRIMARY KEY,
    version        bigint NOT NULL,   -- grows with every change; Redis takes only a newer one
    route          jsonb,             -- without its points
    line           bytea,             -- the route's simplified points; see store/points.go
    geofences      jsonb NOT NULL DEFAULT '[]',
    meeting_points jsonb NOT NULL DEFAULT '[]',
    changed_at     timestamptz NOT NULL,
    CHECK ((route IS NULL) = (line IS NULL))
);

-- All points of the route as it was uploaded, apart: nothing but a download reads them.
CREATE TABLE location.routes (
    room_id text COLLATE "C" PRIMARY KEY REFERENCES location.places ON DELETE CASCADE,
    id      uuid NOT NULL,
    points  bytea NOT NULL
);

CREATE TABLE location.sos (
    id              uuid PRIMARY KEY,
    room_id         text COLLATE "C" NOT NULL REFERENCES location.places ON DELETE CASCADE,
    user_id         text COLLATE "C" NOT NULL,
    user_name       text NOT NULL,
    message         text NOT NULL,
    latitude        double precision,
    longitude       double precision,
    accuracy        double precision,
    recorded_at     timestamptz,
    state           text NOT NULL CHECK (state IN ('open', 'answered', 'cancelled')),
    raised_at       timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    ended_at        timestamptz,
    ended_by        text NOT NULL DEFAULT '',
    ended_by_name   text NOT NULL DEFAULT '',
    answer          text NOT NULL DEFAULT '',
    request         text COLLATE "C" NOT NULL, -- that raised it
    requested_again text COLLATE "C" NOT NULL, -- that updated it last
    CHECK ((state = 'open') = (ended_at IS NULL)),
    CHECK ((latitude IS NULL) = (longitude IS NULL) AND (latitude IS NULL) = (recorded_at IS NULL))
);

CREATE UNIQUE INDEX sos_open ON location.sos (room_id, user_id) WHERE state = 'open';
CREATE INDEX sos_room ON location.sos (room_id);
CREATE INDEX sos_user ON location.sos (user_id);

-- What the rooms have not been told yet. It empties itself.
CREATE TABLE location.outbox (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    room_id  text COLLATE "C" NOT NULL,
    envelope text NOT NULL, -- for sockets
    note     text NOT NULL, -- for chat; may be empty
    at       timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX outbox_room ON location.outbox (room_id, id);

-- +goose Down
DROP TABLE location.outbox;
DROP TABLE location.sos;
DROP TABLE location.routes;
DROP TABLE location.places;
