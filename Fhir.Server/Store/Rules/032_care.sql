-- One resource may name somebody for several periods: the periods are part of the key.
create table care_period(
  actor bigint not null, patient bigint not null, source bigint not null, from_at bigint not null, until_at bigint not null, kind bigint not null,
  primary key(actor, patient, source, from_at)){clustered};
insert into care_period(actor, patient, source, from_at, until_at, kind) select actor, patient, source, from_at, until_at, kind from care;
drop table care;
alter table care_period rename to care;
create index care_source on care(source);
