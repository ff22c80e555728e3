-- Which elements the files of an export hold, divided by commas; empty = all.
alter table job add column elements {text} not null default '';
