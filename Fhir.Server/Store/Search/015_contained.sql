-- Resources that stand inside others: they are found by rows in the same index tables under rids below zero, which no resource of its own has.
create table contained(rid {rowid}, owner bigint not null, typ bigint not null, fid {text} not null, has bigint not null);
create index contained_owner on contained(owner, typ);
create index contained_typ on contained(typ, owner);
