-- The stream of reads and refused accesses: append-only, own file on SQLite, group-committed before the body leaves.
create table audit_read(
  n {serial}, at bigint not null, who {text} not null, client {text}, request {text}, act bigint not null,
  typ bigint not null, fid {text}, query {text}, outcome bigint not null, returned {blob});
create index audit_read_at on audit_read(at);
