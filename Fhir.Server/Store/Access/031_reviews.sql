-- What waits for a privacy officer is little among all that patients have.
create index res_review on res(typ, rid) where confined = 2;
