-- +goose Up
-- All versions are above 0. That the condition says so keeps this index out of statements that ask for active rooms and
-- nothing of their end: a plan for one by its code, made while the table was empty, would read all of it.
DROP INDEX rooms_expiry;
CREATE INDEX rooms_expiry ON rooms (expires_at, id) WHERE status = 'active' AND version > 0;

-- +goose Down
DROP INDEX rooms_expiry;
CREATE INDEX rooms_expiry ON rooms (expires_at, id) WHERE status = 'active';
