//! What TLS has to offer to SASL.

use mail_errors::Secret;
use mail_sasl::ChannelBindings;
use mail_wire::TlsInfo;

/// Returns what an exchange over this TLS can be bound to. RFC 9266, RFC 5929.
pub(crate) fn bindings(tls: &TlsInfo) -> ChannelBindings {
    ChannelBindings::new()
        .exporter(tls.exporter().cloned())
        .end_point(tls.end_point().map(Secret::from))
}
