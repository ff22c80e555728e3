-- The messages that were processed: a second time they are answered, not stored. who: the hash of the sender and what the message is called; header: of its MessageHeader; id: the one that was stored.
create table message_taken(who {text} primary key, header {text} not null, id {text} not null, at bigint not null);
