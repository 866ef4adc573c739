//! What servers say of who may use them, and how.

use super::{Rule, says};
use crate::classify::Reason::*;

pub(super) const RULES: &[Rule] = &[
    says(RelayDenied, 190, "recipient not local"),
    says(RelayDenied, 160, "retransmissao negada"),
    says(RelayDenied, 150, "local user only | not in route list"),
    says(RelayDenied, 140, "domain not served | not served here"),
    says(RelayDenied, 130, "spam relaying"),
    says(
        RelayDenied,
        120,
        "domain not local | not a local domain | not local domain | forward path | \
         {relay} disabled",
    ),
    says(
        RelayDenied,
        110,
        "isn't local account | not local account | not local recipient | \
         relay from .. {rejected}",
    ),
    says(RelayDenied, 104, "accepting {message} for domain | accept {message} for domain"),
    says(RelayDenied, 100, "local users only"),
    says(
        RelayDenied,
        98,
        "{relay} access {rejected} | {relay} {rejected} | {relay} not + {accept} | \
         {relay} .. not + {accept} | {relay} .. {rejected} | {not} + {relay} | \
         {not} + {accept} + to + relay | not permitted to relay | unable to relay | \
         {rejected} {relay} | {rejected} to relay | we do not relay | relay through | \
         relaying through | relaying mail | open relay attempt | third party relay | \
         credentials for relay | rcpthosts | not allowed relay | relay operation | \
         relay only | not a gateway | not a relay | gatewaying | not local .. domain | \
         domain isn't in | isn't allowed to be relayed | mail to .. not handled here | \
         don't handle mail for | do not handle mail for | not handle .. domain | \
         not accept mail for | not accepting mail for | not a recognized domain | \
         no + such + domain at + location | domain not handled | not responsible for domain | \
         this host .. not + configured .. accept | must have pop | \
         rejected recipient domain | not in my list of allowed hosts | \
         not in list .. allowed hosts | {host} not in + {list} .. allowed",
    ),
    says(RelayDenied, 95, "remote domain* | delivery not allowed to {addr}"),
    says(
        RelayDenied,
        92,
        "insecure .. relay | insecure mail relay | send .. directly to our servers | \
         not authorized .. send .. directly | not authorized to send email directly | \
         use smtp relay | {not} .. {relay} | not an open relay | \
         specified domain not allowed | mail gate | not configured to relay | \
         allowed rcpthost",
    ),
    says(RelayDenied, 85, "{addr} not handled"),
    says(RelayDenied, 80, "domain not configured"),
    says(AuthRequired, 185, "{addr} {rejected} not logged in"),
    says(AuthRequired, 130, "need .. auth first | unauthenticated mail not {accept}"),
    says(
        AuthRequired,
        120,
        "receive .. before sending | pop before | permission to submit | \
         unauthenticated senders not allowed | check .. mail with .. pop | not logged in",
    ),
    says(AuthRequired, 104, "authorize .. before sending | smtp after pop3 | smtp after pop"),
    says(
        AuthRequired,
        96,
        "{auth} {need} | {auth} .. {need} | {need} {auth} | {need} .. {auth} | \
         authenticate before | not authenticated | client .. not + authenticated | \
         not logged | log in first | smtp auth | smtp authentication | pop before smtp | \
         pop + before | check mail first | must check .. mail | must log | anonymous mail | \
         send anonymous | turn on smtp authentication | relay check local | \
         relay check local {fail} | submission port | 587",
    ),
    says(
        AuthRequired,
        94,
        "identity change* | authentication .. non local | turn on smtp | \
         requires authentication when",
    ),
    says(AuthRejected, 160, "无权 | 認証エラー | 密码 错误 | code d'authentification"),
    says(AuthRejected, 150, "user has no permission | user no permission"),
    says(
        AuthRejected,
        120,
        "too many {auth} failures | too many failed attempts | many authentication failures",
    ),
    says(AuthRejected, 112, "{credential} no longer | passwd null | passwd .. null"),
    says(
        AuthRejected,
        100,
        "too many authentication {trouble} | too many authentication {fail} | \
         authentication cancelled | authentication canceled",
    ),
    says(
        AuthRejected,
        97,
        "{auth} {fail} | {auth} .. {fail} | {fail} {auth} | {auth} {rejected} | \
         {auth} .. {invalid} | {invalid} {auth} | {auth} credentials {invalid} | \
         {invalid} {credential} | {credential} .. {invalid} | {credential} .. not {accept} | \
         {credential} + {rejected} | {credential} .. {fail} | {credential} {need} | \
         application specific password | app password | user .. or password | \
         login + attempts | too many login | log in via | web login | log in with browser | \
         auth mechanism | mechanism .. not supported | unrecognized authentication | \
         unrecognized auth* | authentication type | authentication mechanism | \
         authentication credentials | authentication disabled | smtpclientauthentication | \
         basic authentication | authentication method | encryption required authentication | \
         expired password | password expired | unauthorized | access denied .. password | \
         sasl .. {fail}",
    ),
    says(
        AuthRejected,
        94,
        "submitter failed | authentication not allowed | authentication failure",
    ),
    says(AuthRejected, 92, "authorization {fail} | authorization {rejected}"),
    says(TlsRequired, 180, "wasn't sent over .. tls | not sent over .. tls"),
    says(TlsRequired, 130, "tls keylength | tls fingerprint"),
    says(TlsRequired, 104, "wasn't sent over tls | not sent over tls"),
    says(TlsRequired, 100, "lack of security | security level"),
    says(
        TlsRequired,
        97,
        "{tls} {need} | {tls} .. {need} | {need} {tls} | {need} .. {tls} | issue starttls | \
         starttls command + first | use starttls | not support {tls} | \
         not .. support .. tls | {tls} not supported | {tls} not available | {tls} {fail} | \
         {tls} negotiation | {tls} handshake | {tls} .. {fail} | {fail} .. starttls | \
         {tls} {rejected} | secure connection | encryption too weak | encryption {need} | \
         without encryption | certificate | non secure | non ssl | mta sts | dane | tlsa | \
         plaintext {auth} disallowed | plaintext .. disallowed | plaintext .. disabled | \
         {tls} .. version | {tls} currently",
    ),
    says(
        TlsRequired,
        95,
        "{tls} connection | not .. over tls | sent over tls | {tls} {need} not supported | \
         mta sts validation | high strength ciphers | tlsa invalid | dnssec invalid | \
         certificate expired | certificate host mismatch",
    ),
    says(TlsRequired, 66, "{tls}"),
];
