-- +goose Up

CREATE TABLE rooms (
    id               uuid PRIMARY KEY, -- UUIDv7: its order is the order of creation
    room_code        text NOT NULL CHECK (room_code ~ '^[A-Z0-9]{6}$'),
    name             text NOT NULL,
    destination_name text NOT NULL,
    destination_lat  double precision NOT NULL CHECK (destination_lat BETWEEN -90 AND 90),
    destination_lng  double precision NOT NULL CHECK (destination_lng BETWEEN -180 AND 180),
    waypoints        jsonb NOT NULL DEFAULT '[]',
    max_members      integer NOT NULL CHECK (max_members BETWEEN 2 AND 50),
    status           text NOT NULL CHECK (status IN ('active', 'closed', 'expired')),
    expires_at       timestamptz NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    created_by       text NOT NULL,
    created_by_name  text NOT NULL,
    version          bigint NOT NULL,  -- grows with every change; caches are written only when newer
    next_order       integer NOT NULL  -- the join order that the next one in gets; never goes back
) WITH (fillfactor = 80); -- room on each page for the next version of its rows, so that joins touch no index

-- Unique among active rooms only: an ended room gives its code back.
CREATE UNIQUE INDEX rooms_active_code ON rooms (room_code) WHERE status = 'active';
-- Tells somebody with an old code whether that room closed or expired.
CREATE INDEX rooms_ended_code ON rooms (room_code, id DESC) WHERE status <> 'active';
CREATE INDEX rooms_expiry ON rooms (expires_at, id) WHERE status = 'active';
-- Those that ended a moment ago, whose caches may need repair.
CREATE INDEX rooms_ended ON rooms (updated_at) WHERE status <> 'active';

-- How many are in a room is always counted here and never kept beside it.
CREATE TABLE members (
    room_id    uuid NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    user_id    text NOT NULL,
    id         uuid NOT NULL,
    user_name  text NOT NULL,
    nickname   text NOT NULL,
    role       text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    status     text NOT NULL CHECK (status IN ('active', 'left', 'removed')),
    banned     boolean NOT NULL DEFAULT false,
    join_order integer NOT NULL,
    joined_at  timestamptz NOT NULL,
    left_at    timestamptz,
    last_seen  timestamptz NOT NULL,
    PRIMARY KEY (room_id, user_id),
    CHECK ((status = 'active') = (left_at IS NULL)),
    CHECK (NOT banned OR status = 'removed')
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX members_order ON members (room_id, join_order);
-- A user's rooms, newest first, without reading the ended ones of long ago.
CREATE INDEX members_user ON members (user_id, room_id DESC) WHERE status = 'active';

-- What happened and has not been told to the others yet.
CREATE TABLE outbox (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    room_id   uuid NOT NULL,
    version   bigint NOT NULL,
    type      text NOT NULL,
    user_id   text NOT NULL,
    user_name text NOT NULL,
    actor_id  text NOT NULL,
    reason    text NOT NULL,
    at        timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Read-only links for people without an account. Only a hash is kept: who reads the table cannot use them.
CREATE TABLE shares (
    id         uuid PRIMARY KEY,
    room_id    uuid NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);

CREATE INDEX shares_room ON shares (room_id, id);

-- +goose Down
DROP TABLE shares;
DROP TABLE outbox;
DROP TABLE members;
DROP TABLE rooms;
