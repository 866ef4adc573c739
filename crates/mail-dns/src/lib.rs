//! What mail asks of DNS, sans-IO: names, outcomes, the stub exchange, MX plans.
