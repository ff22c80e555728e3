-- The same rows by resource: to check a range, sort or follow references for resources found otherwise. New resources have
-- the highest rid, so these grow at their end. Tokens and most composites need none: they are checked by their exact value.
create index ix_ref_rid on ix_ref(rid, p, t);
create index ix_date_rid on ix_date(rid, p, lo, hi) where v = 0;
create index ix_qty_rid on ix_qty(rid, p, u, lo, hi) where v = 0;
create index ix_str_rid on ix_str(rid, p, v, s, x);
