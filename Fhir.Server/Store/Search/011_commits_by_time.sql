-- What was written since a moment (_lastUpdated=ge…) starts at the first commit since then.
create index commits_at on commits(at, t);
