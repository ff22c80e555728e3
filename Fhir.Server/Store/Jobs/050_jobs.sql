-- Work that is kept beyond its request: who asked, until when it is kept, and how far it is. as_of: the moment that it shows.
-- state: 0 waits or runs under its lease, 1 done, 2 failed. progress: how many pieces of it are done.
create table job(
  n {serial}, id {text} not null unique, kind bigint not null, owner {text} not null, request {text} not null, made_at bigint not null,
  until_at bigint not null, as_of bigint not null, state bigint not null, progress bigint not null, lease_until bigint not null);
create index job_owner on job(owner);
create index job_until on job(until_at);
-- The versions that a job hands out, as they were chosen in one statement; live 0 = it was deleted.
create table job_item(job bigint not null, k bigint not null, live bigint not null, typ bigint not null, rid bigint not null, ver bigint not null, primary key(job, k)){clustered};
