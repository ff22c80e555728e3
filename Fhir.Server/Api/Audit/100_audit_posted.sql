-- Posted AuditEvents are found by the id they were given.
create index audit_write_posted on audit_write(fid) where act = 9;
