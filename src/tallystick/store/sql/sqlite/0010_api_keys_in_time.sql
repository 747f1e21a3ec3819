-- The life of an API key: when it ends by itself, when it was used last (to the hour), who made and
-- who revoked it with which API key, and the key that it takes the place of.
alter table api_keys add column expires_at integer;   -- microseconds since 1970, UTC
alter table api_keys add column last_used_at integer; -- microseconds since 1970, UTC
alter table api_keys add column created_by text;
alter table api_keys add column created_key text;
alter table api_keys add column revoked_by text;
alter table api_keys add column revoked_key text;
alter table api_keys add column replaces text;
