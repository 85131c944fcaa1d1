-- +goose Up
-- What is to be found when an account is renamed or erased.
CREATE INDEX members_gone ON members (user_id) WHERE status <> 'active';
CREATE INDEX rooms_creator ON rooms (created_by);

-- +goose Down
DROP INDEX rooms_creator;
DROP INDEX members_gone;
