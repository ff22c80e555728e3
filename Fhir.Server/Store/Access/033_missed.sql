-- What was written in a thread while a participant was out of it: it stays unseen to her when she is let in again.
create table missed(actor bigint not null, rid bigint not null, primary key(actor, rid)){clustered};
