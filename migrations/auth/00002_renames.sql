-- +goose Up
-- Until when tokens may live that carry a name from before the last rename; null = none.
ALTER TABLE auth.users ADD COLUMN renamed_until timestamptz;
CREATE INDEX users_renamed ON auth.users (renamed_until) WHERE renamed_until IS NOT NULL;
ALTER TABLE auth.outbox DROP CONSTRAINT outbox_kind_check,
    ADD CONSTRAINT outbox_kind_check CHECK (kind IN ('revoked', 'erased', 'device', 'renamed'));

-- +goose Down
DELETE FROM auth.outbox WHERE kind = 'renamed';
ALTER TABLE auth.outbox DROP CONSTRAINT outbox_kind_check,
    ADD CONSTRAINT outbox_kind_check CHECK (kind IN ('revoked', 'erased', 'device'));
ALTER TABLE auth.users DROP COLUMN renamed_until;
