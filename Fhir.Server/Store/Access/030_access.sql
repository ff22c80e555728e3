-- label: the sensitivity of a version (meta.security): 0 normal, 1 restricted, 2 very restricted.
alter table res add column label bigint not null default 0;
alter table res_hist add column label bigint not null default 0;
-- Why a care relation holds: 0 a resource of the patient's own practice says so, 1 declared with a reason.
alter table care add column kind bigint not null default 0;
-- What a patient's consents deny: to a PractitionerRole, Practitioner or Organization (0 = everyone), for a type (-1 = all).
-- exempt 1 = "nobody, except": while it holds, that actor is not meant by what the same source denies (actor and type match in the same way).
create table denial(
  patient bigint not null, actor bigint not null, typ bigint not null, from_at bigint not null, until_at bigint not null, source bigint not null,
  exempt bigint not null default 0, primary key(patient, actor, typ, source, exempt, from_at)){clustered};
create index denial_actor on denial(actor, patient);
create index denial_source on denial(source);
-- Broken glass: append-only, one act per token. until_at is at most 30 minutes after from_at; task = the rid of the review.
create table glass(
  actor bigint not null, patient bigint not null, from_at bigint not null, until_at bigint not null, task bigint not null, token {text} not null,
  primary key(actor, patient, from_at)){clustered};
create unique index glass_token on glass(token);
-- What a participant's consent covers, each until a moment: until_at = sees the thread at all, receives_until = is written to by others,
-- sends_until = writes herself, letters_until = documents and attachments too.
alter table participant add column receives_until bigint not null default 9223372036854775807;
alter table participant add column sends_until bigint not null default 9223372036854775807;
alter table participant add column letters_until bigint not null default 9223372036854775807;
