-- Tries to open a record by an identifier and a birth date that fitted nobody: kept for an hour (kind 0), and that a privacy officer was told (kind 1).
create table care_guess(id {text} primary key, actor bigint not null, at bigint not null, kind bigint not null);
create index care_guess_actor on care_guess(actor, at);
