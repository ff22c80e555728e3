-- What a resource is found by stands beside its row: every search reads rows, and only updates need this.
create table res_keys(rid {rowid}, ixk {blob} not null);
insert into res_keys(rid, ixk) select rid, ixk from res where ixk is not null;
alter table res drop column ixk;
