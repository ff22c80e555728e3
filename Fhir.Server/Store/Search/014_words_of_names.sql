-- The different texts that names are made of, each once however many bear it, and the three letters in a row (packed) that each holds.
create table ix_word(w {rowid}, s {text} not null);
create table ix_gram(g bigint not null, w bigint not null, primary key(g, w)){clustered};
