-- A batch or transaction that is done later: who sent it (what her token said), from where, and how; the Bundle until it is done, and what became of it.
create table job_batch(job {rowid}, token {blob} not null, network {text}, base {text} not null, home {text}, remarks bigint not null, body {blob}, answer {blob});
