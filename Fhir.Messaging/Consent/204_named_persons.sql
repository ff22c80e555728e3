-- Who bore the roles (PractitionerRole ids) that a Consent names, when it named them: a denial means that person too, whatever becomes of the role.
-- person = the id of the Practitioner; '' = nobody bore it yet.
create table named_person(consent bigint not null, role {text} not null, person {text} not null, primary key(consent, role, person));
create index named_person_role on named_person(role, person);
