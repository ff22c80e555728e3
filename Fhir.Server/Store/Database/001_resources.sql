-- Current versions stand in res (narrow), superseded ones in res_hist; the bodies of both in body. rid is stable per logical resource.
create table setting(name {text} primary key, value {blob} not null);
create table param(p bigint primary key, name {text} not null unique);
create table commits(t {rowid}, batch {blob} not null unique, at bigint not null);
create table body(b {rowid}, bytes {blob} not null);
-- live: 1 current, 0 deleted, -1 reserved by a reference to it (nothing written yet)
-- home, patient, thread, confined: the access keys (house.md 11); patient -1 = several, see res_patient;
-- confined 1 = only the thread's participants and the practice system of the thread's owner, 2 = only privacy officers (and the patient: her notices)
create table res(
  rid {rowid}, typ bigint not null, fid {text} not null, ver bigint not null, t bigint not null, at bigint not null,
  live bigint not null, method bigint not null, home bigint, patient bigint, thread bigint, confined bigint not null default 0,
  has bigint not null default 0, ixk {blob}, b bigint);
create unique index res_id on res(typ, fid);
create index res_t on res(typ, t);
create index res_all_t on res(t);
create index res_home on res(home, typ, rid);
create index res_patient_key on res(patient, typ, rid) where patient is not null;
create index res_thread on res(thread, rid) where thread is not null;
create table res_patient(patient bigint not null, rid bigint not null, primary key(patient, rid)){clustered};
create index res_patient_rid on res_patient(rid, patient);
create table res_hist(
  rid bigint not null, ver bigint not null, typ bigint not null, fid {text} not null, t bigint not null, at bigint not null,
  live bigint not null, method bigint not null, home bigint, patient bigint, thread bigint, confined bigint not null, b bigint,
  primary key(rid, ver)){clustered};
create index hist_t on res_hist(typ, t);
create index hist_all_t on res_hist(t);
-- Search indexes: every key is integers or bytes in their order. v = 0, or the hash of a composite's first part.
create table ix_tok(p bigint not null, v bigint not null, rid bigint not null, primary key(p, v, rid)){clustered};
create table ix_ref(p bigint not null, t bigint not null, rid bigint not null, primary key(p, t, rid)){clustered};
create table ix_date(p bigint not null, v bigint not null, lo bigint not null, hi bigint not null, rid bigint not null, primary key(p, v, lo, hi, rid)){clustered};
create index ix_date_hi on ix_date(p, v, hi, lo, rid);
create table ix_qty(p bigint not null, v bigint not null, u bigint not null, lo {blob} not null, hi {blob} not null, rid bigint not null, primary key(p, v, u, lo, hi, rid)){clustered};
create table ix_str(p bigint not null, v bigint not null, s {text} not null, x bigint not null, rid bigint not null, primary key(p, v, s, x, rid)){clustered};
-- Who may read a thread and its patient, and who cares for a patient: written by the consent gate and the care rules, read by every query.
create table participant(
  thread bigint not null, actor bigint not null, org bigint, patient bigint not null, owner bigint not null,
  from_at bigint not null, until_at bigint not null, consent bigint, primary key(thread, actor)){clustered};
create index participant_actor on participant(actor, thread);
create index participant_org on participant(org, thread);
create index participant_consent on participant(consent);
create table care(actor bigint not null, patient bigint not null, source bigint not null, from_at bigint not null, until_at bigint not null, primary key(actor, patient, source)){clustered};
create index care_source on care(source);
-- One row per write, in the same transaction.
create table audit_write(
  n {serial}, t bigint not null, at bigint not null, who {text} not null, client {text}, request {text}, act bigint not null,
  typ bigint not null, fid {text} not null, ver bigint not null, patient bigint, body {blob});
create index audit_write_at on audit_write(at);
-- Attachments in encrypted chunks by the hash of their content (house.md 17); claimed_t is null until a commit refers to it.
create table blob_chunk(hash {blob} not null, part bigint not null, bytes {blob} not null, primary key(hash, part));
create table blob_head(hash {blob} primary key, size bigint not null, at bigint not null, claimed_t bigint);
