-- Who did it stands once per distinct content; its key is the beginning of the hash of that content (AuditAgent).
create table audit_write_agent(
  agent {blob} primary key, who {text}, client {text}, issuer {text}, jti {text}, role {text}, practitioner_role {text},
  organization {text}, on_behalf_of {text}, scopes {text}, network {text});
insert into audit_write_agent(agent, who, client)
  select cast('before ' || row_number() over (order by who, client) as {blob}), who, client from (select distinct who, client from audit_write) as old;
-- n is gapless from the first hashed row on; rows from before the chain keep their n and have no hash.
alter table audit_write rename to audit_write_before;
drop index audit_write_at;
create table audit_write(
  n {rowid}, t bigint not null, at bigint not null, agent {blob} not null, request {text}, act bigint not null, typ bigint not null,
  fid {text} not null, ver bigint not null, patient bigint, flags bigint not null, body {blob}, hash {blob});
insert into audit_write(n, t, at, agent, request, act, typ, fid, ver, patient, flags, body)
  select o.n, o.t, o.at, a.agent, o.request, o.act, o.typ, o.fid, o.ver, o.patient, 0, o.body from audit_write_before o
  join audit_write_agent a on a.who = o.who and (a.client = o.client or (a.client is null and o.client is null));
drop table audit_write_before;
create index audit_write_at on audit_write(at);
