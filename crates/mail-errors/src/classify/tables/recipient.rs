//! What servers say of recipients' wishes, and of their domains.

use super::{Rule, says};
use crate::classify::Reason::*;

pub(super) const RULES: &[Rule] = &[
    says(RecipientRefused, 160, "受信拒否 | 指定受信"),
    says(
        RecipientRefused,
        150,
        "sender not .. allowed senders | not in allowed senders | not allowed senders list",
    ),
    says(RecipientRefused, 130, "user's reject list | envelope blocked user entry | user entry"),
    says(
        RecipientRefused,
        120,
        "banned recipient | rcpt .. in blacklist | noreply address | no reply address | \
         human verification | closed user group",
    ),
    says(
        RecipientRefused,
        116,
        "recipient %address {listed} | recipient .. black listed | {box} {not} want | \
         recipient has been {listed} | recipient .. been blacklisted",
    ),
    says(RecipientRefused, 106, "{box} blocked you | you .. blocked by {box}"),
    says(
        RecipientRefused,
        104,
        "does not want {message} | not want {message} from | \
         sender not authenticated for group | delivery restriction check failed | \
         rst sender not authenticated | {listed} by {box} | {blocked} by {box} | \
         not authenticated by organization | not authenticated for public folder | \
         not authenticated .. for group | not authenticated + for + mailbox | \
         route does not {accept} | sender filtered | senderfilterconfig | receiver denied | \
         rdeny | closed system | approved external {addr} | not accept bounces | \
         access to {box} .. {rejected}",
    ),
    says(RecipientRefused, 102, "sender not allowed senders list"),
    says(RecipientRefused, 95, "not member of .. list"),
    says(RecipientRefused, 92, "rejected by destination domain | rejected by destination"),
    says(
        RecipientRefused,
        90,
        "not allowed to post | user rules | rejected due user rules | {box} preferences | \
         recipient refuses | user refuses | refuses to accept your | refuse to receive | \
         refuses to receive | blocked by .. recipient | protected by | account .. protected | \
         only accepting mail from specific | message filtered | has restricted sms | \
         not accepting any mail | rejected .. by recipients | \
         access denied rejected by recipient | not + pre approved | closed mailing list | \
         members only list | non member | not subscribed .. group | list of senders | \
         recipient's list of senders | recipients %address {blocked} | \
         recipients .. {blocked} | permanent failure .. recipients .. blocked | \
         fakemail user | secumail | not + allowed senders list",
    ),
    says(
        RecipientRefused,
        88,
        "{rejected} by {box} | user reject | user rejected | recipient .. not + want | \
         recipient .. blocked you | doesn't accept mail from sender | \
         not accepting mail from sender | not accept mail from you | \
         not accept messages from | not accepting messages from | does not wish | \
         not wish to receive | not in allowed + senders + list | \
         sender not + permitted .. recipient | not authorized to send .. to recipient | \
         not + allowed to send to recipient | not + authorized .. list | only members | \
         subscribers only | not + subscribed | members only | restricted recipient | \
         recipient restricted | resolver + rst + notauthorized | \
         resolver + rst + authrequired | recipient only accepts | only accepts mail from | \
         accepts mail only from | recipient's allow list | recipient whitelist | \
         whitelist .. recipient | personal blacklist | user's blacklist | \
         recipient's blacklist | recipient .. filtered | mailbox owner | moderated | \
         delivery restriction* | message delivery restricted | delivery not authorized | \
         privacy | internal only | internal senders | outside sender | external senders | \
         external sender",
    ),
    says(
        RecipientRateLimited,
        150,
        "receiving rate perm | recipient's per hour | message receive limit | \
         per hour .. receive | recipient .. exceeded .. limit | \
         recipient .. limit .. receive | receive per hour",
    ),
    says(
        RecipientRateLimited,
        97,
        "user .. receiving mail .. rate | user .. receiving .. too + quickly | \
         receiving mail .. too quickly | receiving mail .. rate | \
         receiving .. prevents additional | recipient .. rate limit* | \
         recipient .. too many messages | recipient .. too many emails | \
         recipient .. too many mails | mailbox received too much | \
         mailbox received too many | mailbox .. too much email | recipient received too | \
         thread limit {exceed} | receiving rate | recipient .. receive .. limit | \
         account .. receiving .. limit | has exceeded .. receiving | mailbox busy | \
         mailbox .. busy | thread limit | mailbox .. concurrent | mailbox .. lock* | \
         receive limit | receiving limit | message rate .. recipient | \
         recipient limit .. hour",
    ),
    says(DomainUnknown, 160, "ドメイン .. 見つかりません | 域名 .. 不存在"),
    says(
        DomainUnknown,
        112,
        "message expired dns query failed | message expired .. info no records | \
         unknown + host | unknown + domain",
    ),
    says(DomainUnknown, 100, "bad destination system | destination system address"),
    says(
        DomainUnknown,
        97,
        "{not} .. mail exchanger | not have any mx | dns .. no data | no data .. dns | \
         no data by dns",
    ),
    says(
        DomainUnknown,
        94,
        "{unknown} + {host} | {host} + {unknown} | {unknown} + mail + host | no such {host} | \
         {host} {not} {found} | {host} .. {not} + {found} | {host} {not} {exist} | \
         {host} .. not {exist} | {host} name not {found} | {host} no longer {exist} | \
         {host} {absent} | {not} + {found} {host} | {host} {not} reachable | \
         {host} .. not reachable | {host} lookup {fail} | {host} lookup did not | \
         recipient domain .. {not} | %host + {not} {exist} | %host + {not} {found} | \
         {unknown} %host | resolving mx | resolve mx | mx server for | unrouteable | \
         unroutable | unrouteable mail | all relevant mx | no mx | no valid mx | \
         no route + to domain | no route to address | nxdomain | name + not + resolved | \
         cannot resolve {host} | could not resolve {host} | can't resolve | \
         couldn't find any host | couldn't find + host | cannot find exchanger | \
         infonorecords | infodomainnonexistent | dns query failed | dns lookup fail* | \
         dns .. returned no | no mail + servers .. domain | no mail exchanger* | \
         domain .. doesn't exist | domain .. does not exist | no + address + associated | \
         no a record | no dns | domain + part {invalid} | mail domain .. not | \
         name service error | name server .. not found | host or domain name | type mx | \
         nodename nor servname | no data known | domainname | authoritative answer | \
         relayhost not | {fail} to resolve | unresolvable | illegal host domain | \
         not + hosted here | domain + not + hosted | domain not + served",
    ),
    says(
        DomainUnknown,
        90,
        "name or service not known | domain must exist | domain .. must exist | mail domain | \
         does not exist .. domain | no route for current | could not find a gateway | \
         dns records .. could not be found | nonexistent domain | nonexistentdomain | \
         non existent domain | info no records | host name lookup failure | \
         name lookup failure | hosted tenant",
    ),
    says(DomainUnknown, 58, "{invalid} + {host} | {host} + {invalid}"),
    says(DomainNoMail, 120, "not used for mail"),
    says(DomainNoMail, 98, "mx .. no smtp service | indicated no smtp service"),
    says(
        DomainNoMail,
        97,
        "{host} .. {not} + accept* + mail | {host} .. never + accepts mail | \
         host does not accept mail | domain does not accept mail | does not accept mail | \
         doesn't accept mail | does not accept + messages | does not accept + email | \
         domain .. not + accept | not accept any mail | not accepting mail + domain | \
         null mx | nullmx | recipient .. null mx | null + mx + record | domain .. no mail | \
         smtp + turned off | smtp disabled | server does not accept | no smtp service here | \
         not + receive mail | does not receive mail | does not receive email | \
         machine does not accept | %host .. not + accept mail | host domain does not accept | \
         recipient address has null mx",
    ),
];
