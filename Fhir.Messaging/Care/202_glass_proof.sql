-- One proof of who she is breaks one glass, however many tokens were made of it: issuer, person and moment of that proof.
alter table glass add column proof {text};
create unique index glass_proof on glass(proof);
