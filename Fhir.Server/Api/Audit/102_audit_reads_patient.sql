-- Whose each row is: filled behind the streams, each row of them once. written: 1 = a row of audit_write, 0 = of audit_read.
create table audit_patient(patient bigint not null, at bigint not null, written bigint not null, n bigint not null, primary key(patient, at, written, n)){clustered};
-- How far it is filled: the last n of each chain of audit_read, and of audit_write (chain -1).
create table audit_filled(chain bigint primary key, n bigint not null);
