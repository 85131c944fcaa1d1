-- +goose Up
CREATE TABLE auth.users (
    id            uuid PRIMARY KEY,
    name          text NOT NULL CHECK (char_length(name) BETWEEN 2 AND 50),
    -- Names that look the same have the same key: case, width and spaces folded away.
    name_key      text NOT NULL CONSTRAINT users_name_key UNIQUE,
    password_hash text, -- null: an open name, which signs in without a password
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL
);

CREATE TABLE auth.sessions (
    id           uuid PRIMARY KEY,
    user_id      uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    user_agent   text NOT NULL,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    -- The latest expiry of any token issued for the session: how long its revocation must be remembered.
    tokens_until timestamptz NOT NULL,
    ended_at     timestamptz
);
CREATE INDEX sessions_user ON auth.sessions (user_id, created_at DESC);
CREATE INDEX sessions_ended ON auth.sessions (tokens_until) WHERE ended_at IS NOT NULL;
CREATE INDEX sessions_expiry ON auth.sessions (expires_at);

CREATE TABLE auth.refresh_tokens (
    hash        bytea PRIMARY KEY, -- SHA-256 of the token
    session_id  uuid NOT NULL REFERENCES auth.sessions ON DELETE CASCADE,
    expires_at  timestamptz NOT NULL,
    spent_at    timestamptz,
    spent_agent text
);
CREATE INDEX refresh_tokens_session ON auth.refresh_tokens (session_id);
CREATE INDEX refresh_tokens_expiry ON auth.refresh_tokens (expires_at);

-- Networks from which a user's password was given rightly; keyed hashes, so that the table tells nothing by itself.
CREATE TABLE auth.known_addresses (
    user_id      uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    address_hash bytea NOT NULL,
    last_used_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, address_hash)
);

CREATE TABLE auth.device_tokens (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    name       text NOT NULL,
    hash       bytea NOT NULL UNIQUE, -- SHA-256 of the token
    rooms      uuid[] NOT NULL,       -- empty: all of the user's rooms
    created_at timestamptz NOT NULL
);
CREATE INDEX device_tokens_user ON auth.device_tokens (user_id, created_at DESC);

-- Erased accounts, for as long as tokens of theirs may live; the id alone says nothing about a person.
CREATE TABLE auth.erased_users (
    user_id      uuid PRIMARY KEY,
    tokens_until timestamptz NOT NULL
);

CREATE TABLE auth.signing_keys (
    id          text PRIMARY KEY,
    public_key  bytea NOT NULL,
    sealed_key  bytea NOT NULL, -- AES-256-GCM: nonce, ciphertext; the id is authenticated with it
    created_at  timestamptz NOT NULL,
    active_from timestamptz NOT NULL
);

-- What Redis and the other services must hear of, written in the transaction of the change itself.
CREATE TABLE auth.outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('revoked', 'erased', 'device')),
    session_id   uuid,
    user_id      uuid,
    device_hash  bytea,
    tokens_until timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now()
);

-- +goose StatementBegin
CREATE FUNCTION auth.wake_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('auth_outbox', '');
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER wake_outbox AFTER INSERT ON auth.outbox FOR EACH STATEMENT EXECUTE FUNCTION auth.wake_outbox();

-- +goose Down
DROP TABLE auth.outbox, auth.signing_keys, auth.erased_users, auth.device_tokens, auth.known_addresses,
    auth.refresh_tokens, auth.sessions, auth.users;
DROP FUNCTION auth.wake_outbox;
