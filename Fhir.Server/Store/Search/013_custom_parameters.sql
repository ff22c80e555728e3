-- Search parameters that a deployer stored as SearchParameter resources (rid), one row for each base type. p is in param too, and never given again.
create table custom_parameter(
  p bigint primary key, rid bigint not null, typ bigint not null, code {text} not null, kind bigint not null,
  expression {text} not null, targets {text} not null, url {text} not null);
create unique index custom_parameter_code on custom_parameter(typ, code);
create index custom_parameter_rid on custom_parameter(rid);
