-- The other way round, for the verification: which patients the index names for a row.
create index audit_patient_row on audit_patient(written, n);
