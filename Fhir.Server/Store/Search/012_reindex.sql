-- Index rows that an older version of the program did not keep, made while others write: the resources up to rid top, of which those up to last are done.
create table reindex(name {text} primary key, last bigint not null, top bigint not null);
