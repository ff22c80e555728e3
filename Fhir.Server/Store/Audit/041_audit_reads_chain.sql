create table audit_read_agent(
  agent {blob} primary key, who {text}, client {text}, issuer {text}, jti {text}, role {text}, practitioner_role {text},
  organization {text}, on_behalf_of {text}, scopes {text}, network {text});
insert into audit_read_agent(agent, who, client)
  select cast('before ' || row_number() over (order by who, client) as {blob}), who, client from (select distinct who, client from audit_read) as old;
-- n = chain * 2^40 + seq (ReadNumber): one chain per writer; chain 0 holds the rows from before there were chains, without a hash.
alter table audit_read rename to audit_read_before;
drop index audit_read_at;
create table audit_read(
  n {rowid}, at bigint not null, agent {blob} not null, request {text}, act bigint not null, typ bigint not null, fid {text},
  query {text}, outcome bigint not null, flags bigint not null, returned {blob}, hash {blob});
insert into audit_read(n, at, agent, request, act, typ, fid, query, outcome, flags, returned)
  select o.n, o.at, a.agent, o.request, o.act, o.typ, o.fid, o.query, o.outcome, 0, o.returned from audit_read_before o
  join audit_read_agent a on a.who = o.who and (a.client = o.client or (a.client is null and o.client is null));
drop table audit_read_before;
create index audit_read_at on audit_read(at);
-- The heads of all chains, signed together; the same lines stand in a file outside the database.
create table audit_head(series {text} not null, k bigint not null, line {text} not null, primary key(series, k)){clustered};
