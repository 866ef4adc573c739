//! SASL exchanges for mail, both ends, as steps.
