-- Scheduled catalog versions that were withdrawn, or replaced, before they came into force. From here
-- on platforms.catalogs counts the versions that were published and those that were withdrawn.
create table withdrawn_catalogs (
    platform text not null,
    version  integer not null,
    at       integer not null,           -- microseconds since 1970, UTC
    hash     blob not null,              -- over all of it
    primary key (platform, version)
) strict, without rowid;
