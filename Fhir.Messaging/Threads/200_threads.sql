-- thread = the header's rid; t = the last commit that changed anything a participant sees, msg_t = the last that brought a message.
-- state: 0 open, 1 closed, 2 stopped; document = the rid of the summary's DocumentReference.
create table thread(
  thread bigint primary key, patient bigint not null, owner bigint not null, opened_by bigint not null, state bigint not null,
  last_seq bigint not null, last_at bigint not null, msg_t bigint not null, t bigint not null, document bigint){clustered};
create index thread_t on thread(t);
create index thread_document on thread(document) where document is not null;
-- seq is gapless from 1; a resend is known by the sender's client id and the hash of the content.
create table message(
  thread bigint not null, seq bigint not null, rid bigint not null unique, sender bigint not null, client_id {text}, hash {blob} not null,
  primary key(thread, seq)){clustered};
create unique index message_client on message(sender, client_id) where client_id is not null;
-- One row per participant: how far the thread is, how far she read. Commits: t = anything changed for her, others' receipts included;
-- row_t = what her inbox shows changed; read_t = she read on; gone_t = she was shut out (0 when she is in).
create table inbox(
  owner bigint not null, thread bigint not null, last_seq bigint not null, last_at bigint not null, read_seq bigint not null,
  t bigint not null, row_t bigint not null, read_t bigint not null, gone_t bigint not null, primary key(thread, owner)){clustered};
create index inbox_recent on inbox(owner, last_at, thread);
create index inbox_t on inbox(owner, t);
create table receipt(thread bigint not null, owner bigint not null, seq bigint not null, at bigint not null, primary key(thread, owner, seq)){clustered};
-- Who uploaded a Binary: only she may attach it.
create table upload(binary_rid bigint primary key, who {text} not null){clustered};
-- The consents of a patient, for the gate; and the ways by which it reviews and expires participants.
create table patient_consent(patient bigint not null, consent bigint not null, primary key(patient, consent)){clustered};
create index participant_patient on participant(patient, thread);
create index participant_until on participant(until_at);
