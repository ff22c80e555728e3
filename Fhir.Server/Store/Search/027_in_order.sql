-- What an organisation keeps, in the order it was written: a page of it stops early.
drop index res_home;
create index res_home on res(home, typ, t);
-- The values of composites are looked up by resource too.
drop index ix_qty_rid;
create index ix_qty_rid on ix_qty(rid, p, v, u, lo, hi);
