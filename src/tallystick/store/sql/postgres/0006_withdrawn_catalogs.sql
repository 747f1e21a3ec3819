-- Scheduled catalog versions that were withdrawn, or replaced, before they came into force. From here
-- on platforms.catalogs counts the versions that were published and those that were withdrawn.
create table tallystick.withdrawn_catalogs (
    platform text collate "C" not null,
    version  bigint not null,
    at       bigint not null,             -- microseconds since 1970, UTC
    hash     bytea not null,              -- over all of it
    primary key (platform, version)
);
