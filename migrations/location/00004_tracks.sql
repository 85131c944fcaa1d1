-- +goose Up

-- Rooms that allow recording. Without a row a room does not.
CREATE TABLE location.recording_rooms (
    room_id    text COLLATE "C" PRIMARY KEY,
    allowed_by text COLLATE "C" NOT NULL,
    allowed_at timestamptz NOT NULL
);

-- Who wants to be recorded, or wanted to: what arrived from since on, and before until. A fix that is stored later, for it
-- waited, is held against this: nobody is recorded without having agreed, and what was erased does not come back.
CREATE TABLE location.recordings (
    room_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    since   timestamptz NOT NULL,
    until   timestamptz,
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX recordings_user ON location.recordings (user_id);

-- From when on a member of a room that allows recording may see the others' tracks: nobody sees a way of the time before.
CREATE TABLE location.track_viewers (
    room_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    since   timestamptz NOT NULL,
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX track_viewers_user ON location.track_viewers (user_id);

-- Partitioned by week, so that retention drops tables; the service makes the weeks as fixes come. The key makes a fix
-- that is stored again the same one. level is what others may know: 0 nothing, 1 about where, 2 all.
CREATE TABLE location.track_points (
    user_id     text COLLATE "C" NOT NULL,
    room_id     text COLLATE "C" NOT NULL,
    device      text COLLATE "C" NOT NULL,
    at          timestamptz NOT NULL, -- when it was measured
    received_at timestamptz NOT NULL,
    latitude    double precision NOT NULL,
    longitude   double precision NOT NULL,
    accuracy    real,
    speed       real,
    bearing     real,
    altitude    real,
    level       smallint NOT NULL CHECK (level BETWEEN 0 AND 2),
    PRIMARY KEY (user_id, room_id, device, at)
) PARTITION BY RANGE (at);

-- What there is of whom, so that nobody counts points to find out. seen_* is of the points that others may see.
CREATE TABLE location.track_devices (
    user_id  text COLLATE "C" NOT NULL,
    room_id  text COLLATE "C" NOT NULL,
    device   text COLLATE "C" NOT NULL,
    first_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL,
    seen_first_at timestamptz,
    seen_last_at  timestamptz,
    PRIMARY KEY (user_id, room_id, device)
);
CREATE INDEX track_devices_last ON location.track_devices (last_at);

-- Tracks that users have brought. Points are in chunks of one segment each, packed; see store/imports.go.
CREATE TABLE location.imported_tracks (
    id         uuid PRIMARY KEY,
    user_id    text COLLATE "C" NOT NULL,
    name       text NOT NULL,
    digest     bytea NOT NULL, -- SHA-256 of the file: the same one again is the same track
    points     integer NOT NULL,
    segments   integer NOT NULL,
    distance   double precision NOT NULL,
    first_at   timestamptz, -- NULL = the file has no times of any use
    last_at    timestamptz,
    created_at timestamptz NOT NULL,
    UNIQUE (user_id, digest)
);

CREATE TABLE location.imported_chunks (
    track_id uuid NOT NULL REFERENCES location.imported_tracks ON DELETE CASCADE,
    n        integer NOT NULL,
    segment  integer NOT NULL,
    points   bytea NOT NULL,
    PRIMARY KEY (track_id, n)
);

-- +goose Down
DROP TABLE location.imported_chunks;
DROP TABLE location.imported_tracks;
DROP TABLE location.track_devices;
DROP TABLE location.track_points;
DROP TABLE location.track_viewers;
DROP TABLE location.recordings;
DROP TABLE location.recording_rooms;
