-- Where the table was made anew for the chain, its index went with the old one.
create index if not exists audit_write_posted on audit_write(fid) where act = 9;
