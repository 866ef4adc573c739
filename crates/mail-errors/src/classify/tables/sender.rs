//! What servers say of senders, and of proofs that they are who they say.

use super::{Rule, says};
use crate::classify::Reason::*;

pub(super) const RULES: &[Rule] = &[
    says(
        SenderRejected,
        160,
        "{sender} domain not {found} | 送信元 {rejected} | 发件人 {rejected} | 发件人 {invalid} | \
         {sender} .. 不存在 | {sender} .. existiert nicht | {sender} .. no existe | \
         {sender} .. nie istnieje",
    ),
    says(SenderRejected, 150, "@sendasdeniedexception | sendasdenied*"),
    says(SenderRejected, 140, "return email domain {invalid} | from address .. authenticated user"),
    says(
        SenderRejected,
        130,
        "disabled for sending | your domain not {exist} | your domain .. not {exist} | \
         not identify sender | sending account .. banned | unauthorized sender | \
         policy restrictions domain based | account .. suspended .. contact us | \
         sandbox subdomains | empty address | empty sender | suspected spam sender | \
         demo domains | mx for from | account not allowed to send | \
         not allowed to send email | conform with authentication | sending + domain",
    ),
    says(
        SenderRejected,
        120,
        "return {addr} | return email | mail from unrecognized | domain not .. mx entries",
    ),
    says(
        SenderRejected,
        118,
        "verification failed .. sender verify failed | sender verify {fail} | \
         outgoing {message} {disabled} | outgoing {disabled}",
    ),
    says(SenderRejected, 114, "null senders | domain of + {sender} {addr} | identical sender"),
    says(
        SenderRejected,
        112,
        "unroutable sender | unrouteable sender | sender .. unrouteable | \
         sender .. unroutable | envelope blocked user | envelope blocked | {invalid} dns mx | \
         {sender} {addr} syntax | inclusion + your email address | your email address not in",
    ),
    says(
        SenderRejected,
        110,
        "not accept {msgs} from sender | not accept .. from this sender | \
         ^ email address {listed} | email address blacklisted | verify domain | \
         testing emails",
    ),
    says(
        SenderRejected,
        108,
        "{sender} {addr} .. null mx | {sender} .. null mx | {sender} {addr} not valid | \
         {sender} {addr} .. not valid | sender account disabled or not | \
         sender account disabled | {host} in mail from",
    ),
    says(
        SenderRejected,
        104,
        "banned sender | {sender} in + my black list | sending .. {box} {disabled} | \
         sending {disabled} | not allowed to send mail",
    ),
    says(
        SenderRejected,
        102,
        "^ mail from .. {box} | ^ mailfrom .. {box} | {sender} {addr} must | \
         sender %address .. {listed} | sender .. black listed | possible forgery | forgery | \
         forged {sender} | not who you say",
    ),
    says(
        SenderRejected,
        100,
        "domain name required for sender | required for sender | permission* to send as | \
         not have permission* .. send .. sender | permissions .. send .. sender | \
         denied domain",
    ),
    says(
        SenderRejected,
        98,
        "mail from {invalid} | denies sender | black mail {addr} | {sender} unvalidated | \
         {sender} not + validated | fake {sender} | no access for domain | \
         no access for user | {sender} name not valid | not allowed to send from | \
         not permitted to send from | not authorized to send from | \
         unauthorized use of {sender} | sender doesn't match | sender does not match | \
         sender .. not + same | not same as .. username | domain may not {exist} or dns | \
         postmaster verification failed | unable to validate {sender} | unauthorized domain",
    ),
    says(
        SenderRejected,
        97,
        "mail from mismatch* | not {accept} to send from .. header | \
         from .. not authorised to send",
    ),
    says(
        SenderRejected,
        95,
        "{sender} {addr} {rejected} | {sender} {addr} {rejected} {box} {unknown} | \
         {sender} {addr} {rejected} .. {box} .. {unknown} | \
         {sender} {addr} {rejected} .. {not} .. {found} | sender has no | \
         sender .. no + a .. mx | from domain .. valid from | provide + valid from | \
         %host + {not} {exist} e2110 | sender + {rejected} | sender .. {rejected} + domain | \
         sender {unknown} | sender {invalid} | {invalid} {sender} | {unknown} sender | \
         sender not {accept} | sender not {found} | sender not + {exist} | \
         sender not verified | not authorized sender | sender domain | \
         sender + domain .. {not} | domain of sender | domain + sender .. {not} | \
         sender's domain | sender verification {fail} | sender verification | verify sender | \
         sender callout | sender .. does not exist | email address not verified | \
         sender .. doesn't exist | from domain {invalid} | envelope sender | envelope from | \
         mailfrom domain | from address {invalid} | purported responsible | \
         emetteur {invalid} | expediteur {invalid} | absender {rejected} | absenderadresse | \
         not owned by user | not owned | sender mismatch | sender login mismatch | \
         sender + rewriting | null sender | empty envelope | null reverse | \
         bounce messages .. not | backscatter | bounces not | valid from | valid sender | \
         verified sender | verify + from address | from + address .. {invalid} | \
         badmailfrom | not + local sender | sender blacklisted | sender blocked | \
         sender denied | sender + listed | blocked sender | identity not verified | \
         from domain | from + auth not + same",
    ),
    says(SenderRejected, 94, "account not {accept} to send {message}"),
    says(
        SenderRejected,
        90,
        "mail from domain {not} | {addr} .. been + blacklisted | \
         email address .. blacklisted | your domain .. blacklisted | \
         domain .. blacklisted .. sender | batv* | {not} .. dsns | unsigned dsn | \
         no third party | returned mail not | envelope {blocked} | manually blocked senders | \
         header .. blocked senders | sender in my black list | bogus mail from | \
         outbound sender | sender spammer | mail sending {rejected} | \
         sender + {box} {disabled} | sender .. account disabled | does not exist e2110 | \
         %host does not exist e2110 | not a registered gateway | fully qualified email | \
         empty email | sender account | unregistered domains | unresolvable rfc 5321 | \
         not authorized to send on behalf | on behalf | sender {policy} | \
         access denied sender | sender + access denied | sender .. blacklist | \
         sandbox domain | domain must resolve",
    ),
    says(SenderRejected, 55, "^ {sender} .. {rejected}"),
    says(AuthSpf, 150, "because {spf}"),
    says(AuthSpf, 130, "{spf} .. {helo}"),
    says(AuthSpf, 112, "per it's spf | {spf} record"),
    says(
        AuthSpf,
        98,
        "{spf} .. didn't pass | {spf} did not pass | {spf} .. not .. pass | {spf} hard fail | \
         bad spf",
    ),
    says(
        AuthSpf,
        97,
        "{spf} .. {fail} | {fail} .. {spf} | {spf} {check} | {spf} .. not + {accept} | \
         {spf} | @openspf | not designated sender | not a permitted sender | \
         not designate* permitted | sender policy framework | \
         not + authorized to send .. domain | does not designate | \
         not + allowed to send mail from | not allowed .. mail from domain | @pobox",
    ),
    says(AuthSpf, 90, "sender id"),
    says(AuthDkim, 150, "because dkim"),
    says(
        AuthDkim,
        98,
        "dkim .. didn't pass | dkim does not pass | dkim .. did not pass | not + signed",
    ),
    says(
        AuthDkim,
        97,
        "dkim {check} | dkim .. not | dkim | dkim .. {fail} | dkim signature | \
         {fail} .. dkim | domainkeys | no dkim",
    ),
    says(AuthDmarc, 150, "because .. dmarc"),
    says(AuthDmarc, 110, "no dmarc alignment | dmarc alignment"),
    says(
        AuthDmarc,
        104,
        "dmarc rejection | unauthenticated .. dmarc policy | due .. dmarc policy | due dmarc",
    ),
    says(AuthDmarc, 98, "{dmarc} | {dmarc} {policy} | dmarc .. {fail}"),
    says(AuthFailed, 140, "both spf | failing both | spf and dkim"),
    says(AuthFailed, 120, "header not aligned | not aligned .. authenticated"),
    says(
        AuthFailed,
        106,
        "not have authentication information | authentication information or fails | \
         fails to pass authentication",
    ),
    says(
        AuthFailed,
        100,
        "aligned .. spf or dkim | isn't aligned | not aligned | not meet .. authentication | \
         doesn't meet .. authentication | required authentication level | \
         authenticate with either | authenticate with spf | \
         requires .. senders .. authenticate | failing both spf dkim | \
         sender .. not passed validation | {message} unauthenticated | \
         {sender} unauthenticated",
    ),
    says(
        AuthFailed,
        99,
        "spf .. dkim | dkim .. spf | sender {auth} {check} | multiple {auth} check* | \
         {auth} {check} {fail} | {message} .. {auth} .. {check} .. {fail} | \
         passing {auth} check* | pass {auth} check* | authentication + checks | \
         authentication information .. dmarc | unauthenticated email | \
         unauthenticated message | unauthenticated mail | not + authenticated sender domain | \
         lack of authentication | doesn't pass authentication | not pass authentication | \
         does not pass .. authentication | arc {fail} | sender + authentication | \
         email authentication | domain authentication",
    ),
];
