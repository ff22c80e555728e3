-- What an import has still to do: pieces of NDJSON, taken away when they are done; for whom it is written, and which lines were refused.
create table job_import(job {rowid}, who {text} not null, client {text}, issuer {text}, token {text}, request {text}, scopes {text} not null, home {text}, pieces bigint not null);
create table job_input(job bigint not null, k bigint not null, first bigint not null, bytes {blob} not null, primary key(job, k));
create table job_refused(job bigint not null, line bigint not null, outcome {blob} not null, primary key(job, line));
