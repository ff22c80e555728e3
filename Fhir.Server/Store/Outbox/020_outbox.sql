-- What must still leave, one row per destination. state: 0 queued, 1 sent, 2 accepted, 3 rejected, 4 parked.
-- payload = the rid of what is sent, target = the rid of whom it is for; both belong to the channel's owner.
create table outbox(
  n {serial}, channel {text} not null, destination {text} not null, order_key bigint not null, message_id {text} not null unique,
  payload bigint not null, target bigint not null, state bigint not null, attempts bigint not null, due_at bigint not null, lease_until bigint not null,
  created_at bigint not null, at bigint not null, detail {text});
create index outbox_waiting on outbox(channel, due_at) where state < 2;
create index outbox_order on outbox(channel, destination, order_key, n) where state <> 2;
create index outbox_payload on outbox(payload);
-- The ledger: one row per change of state.
create table outbox_event(n bigint not null, k bigint not null, state bigint not null, at bigint not null, detail {text}, primary key(n, k)){clustered};
