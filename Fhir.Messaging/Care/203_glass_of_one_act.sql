-- One proof breaks the glass of one person once; she may be registered more than once, and all her records are opened in that one act.
drop index glass_token;
drop index glass_proof;
create unique index glass_token on glass(token, patient);
create unique index glass_proof on glass(proof, patient);
