-- +goose Up
-- The location service keeps nothing in Postgres yet: live positions are in Redis for five minutes. The schema and its
-- role exist from the start, so that recorded tracks can come without a change to any deployment.
SELECT 1;

-- +goose Down
SELECT 1;
