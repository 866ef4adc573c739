//! What servers say of the sending server: its address and its name.

use super::{Rule, says};
use crate::classify::Reason::*;

pub(super) const RULES: &[Rule] = &[
    says(
        IpBlocklisted,
        160,
        "adresse ip source bloquee | 黑名单 | ブラックリスト | liste noire | lista negra | \
         schwarze liste",
    ),
    says(
        IpBlocklisted,
        150,
        "ers qil | ers rbl | ers dul | see .. @spamcop | see .. @sorbs | \
         client host {rejected} .. @lookup | @sophos .. @lookup",
    ),
    says(
        IpBlocklisted,
        130,
        "found in dns blacklist | scbl | {ip} found in .. blacklist | \
         {ip} found in .. blocklist",
    ),
    says(IpBlocklisted, 124, "connection refused .. @{dnsbl}"),
    says(IpBlocklisted, 120, "dial up list | dialup list"),
    says(IpBlocklisted, 118, "ip .. {listed} by {box}"),
    says(
        IpBlocklisted,
        116,
        "connections not .. @spamhaus | connections .. @spamhaus | accepted .. @spamhaus",
    ),
    says(IpBlocklisted, 106, "sending {spam}"),
    says(IpBlocklisted, 105, "ip in .. spam list* | inclusion + ip"),
    says(
        IpBlocklisted,
        96,
        "ip .. on .. block list | multi blacklist | rejected based blacklist | in an rbl | \
         listed as abusive | policy block list | blocklisting in effect | blocked by ivmsip | \
         network .. blacklisted",
    ),
    says(
        IpBlocklisted,
        94,
        "{blocked} using @{dnsbl} | {blocked} using | {blocked} .. using @{dnsbl} | \
         {blocked} by @{dnsbl} | {blocked} .. @{dnsbl} | {ip} .. @{dnsbl} | \
         {listed} .. @{dnsbl} | {rejected} .. @{dnsbl} | @{dnsbl} .. {listed} | \
         @{dnsbl} .. {rejected} | {ip} {listed} | {ip} .. {listed} | {listed} {ip} | \
         found .. @{dnsbl} | see .. @{dnsbl} | visit .. @{dnsbl} | by @{dnsbl} | @spamhaus | \
         @spamcop | @sorbs | @barracudacentral | @barracudanetworks | @uceprotect | \
         @abuseat | @abusix | @spamrl | @spamrats | @invaluement | @mailspike | @senderbase | \
         dnsbl | dns based | rblsmtpd | {ip} .. block list | block list | black list | \
         %ip + {listed} | %ip .. {listed} | {listed} .. %ip | %ip {blocked} @{dnsbl} | \
         %ip .. @{dnsbl} | %ip .. in + list | {sender} {rejected} .. @{dnsbl} | @cloudmark | \
         blocklist | blacklist | blacklisted | blocklisted | real time block | \
         realtime block* | real time black | realtime black* | email reputation database | \
         black hole | blackhole | spammer list | listed by | open + relay | open proxy | \
         exploited host | currently sending spam | geoip | problem occurred .. bl | \
         part network .. block list",
    ),
    says(IpBlocklisted, 70, "@{dnsbl} | {listed} on"),
    says(IpBlocked, 180, "banned sender %ip"),
    says(IpBlocked, 160, "abus detecte | too many unwanted messages"),
    says(IpBlocked, 140, "bad sender ip | allowed to send mail + %host"),
    says(
        IpBlocked,
        130,
        "connection dos | spam source {blocked} | recent spam source | {rejected} spam site | \
         refused spam site | esmtp not accepting {msgs} | ip .. suspended | \
         ip temporarily suspended",
    ),
    says(
        IpBlocked,
        120,
        "ip .. excessive authentication | policy restrictions ip based | ers customized block",
    ),
    says(IpBlocked, 116, "^ connection refused .. %ip | bad sender's ip"),
    says(
        IpBlocked,
        112,
        "refused from %ip | ip .. filtered and | dictionary attack* | from + country | \
         your country",
    ),
    says(IpBlocked, 110, "refused due abuse | remote ip check"),
    says(IpBlocked, 100, "identified as spammer | ip identified spammer | weren't sent"),
    says(IpBlocked, 97, "black ip | openrelay check | no access for ip | unauthorized interface"),
    says(
        IpBlocked,
        94,
        "no access from mail server | access from ip | access from ip .. blocked | \
         ip {addr} .. {blocked} | invalid ip | sender ip address {rejected} | \
         client host blocked for spamming | blocked for spamming | suspected spam ip | \
         suspected bounce attacks | extreme bad | dynamic ips | spam ips | \
         spams from your ip | too many spams | not currently accepting mail from your ip | \
         not accepting mail from your ip | go away | use the smtp server of your isp | \
         you are sending spam | looks .. like spammer | remotehost looks | \
         sending mta .. not passed validation | esmtp not accepting connections | \
         not accepted from this ip | traffic not accepted | banned sending ip .. removal | \
         access denied banned sending | does not accept email over ipv6 | \
         this ip .. temporarily blocked | this ip .. blocked | refused to talk | \
         confirm this mail server | server requires confirmation | denial of service",
    ),
    says(
        IpBlocked,
        92,
        "mailserver not allowed | server not allowed to send | access from your host | \
         your mailserver {blocked}",
    ),
    says(
        IpBlocked,
        90,
        "{ip} + {blocked} | {ip} {blocked} | {blocked} {ip} | {blocked} .. {ip} | \
         client host {rejected} | bad ip | connection {rejected} | connection {rejected} by | \
         connections {rejected} | connections .. not be accepted | \
         connections + from .. {rejected} | not accepting connections | \
         no smtp connections from | not + allowed to connect | {host} not allowed to | \
         messages .. not sent | too many unwanted | unwanted messages | \
         hl ipb ip not .. list | %ip + {blocked} | from %ip + {rejected} | \
         messages from %ip | delist* | host network not allowed | \
         client host rejected .. spammer | client host rejected relaying .. spammer | \
         host .. not allowed | rejected based geographic* | symantec zodiac | ipv6 sending | \
         banned sending | your server .. {blocked} | blocked see | blocked see @proofpoint | \
         ip .. not + allowed | ip .. not in | ip .. not {accept} | ip .. {rejected} | \
         {ip} .. spammer | geographic* | blocked .. region | mail from ip .. {rejected} | \
         no access from | no mail from | not accept mail from your | \
         does not accept mail from your | comcast block | block for spam | \
         access denied .. ip | access {rejected} .. %ip | \
         access to + mail + system .. rejected | cannot accept .. from your | \
         your host .. {blocked} | your host .. {rejected} | dynamic ip | dynamic + pool | \
         dialup | dial up | residential | dynamic address* | generic ptr | ip %ip problem | \
         ask + postmaster | firewall | spam + source | source of spam | spam .. from your | \
         blocked for spam | blocked for abuse | abuse {rejected} | sent spam | \
         spamming .. {ip} | spamtrap* | spam trap* | intrusion prevention",
    ),
    says(
        IpBlocked,
        88,
        "not allowed access | access from your location | access to submit | \
         access .. to submit",
    ),
    says(IpBlocked, 78, "banned"),
    says(IpBlocked, 74, "{rejected} .. abuse | network .. not {accept} | %ip .. {rejected}"),
    says(IpBlocked, 48, "abuse | blocked by | blocked"),
    says(Policy, 40, "{blocked}"),
    says(BadReputation, 120, "{spam} complaints | too many complaints"),
    says(
        BadReputation,
        103,
        "rejected due .. poor reputation | access .. rejected .. poor reputation | \
         due to .. reputation",
    ),
    says(
        BadReputation,
        98,
        "{reputation} problems | suspicious .. low reputation | rate limited .. reputation | \
         poor reputation on",
    ),
    says(
        BadReputation,
        93,
        "{reputation} | bad reputation | ip reputation | unexpected volume | \
         deferred .. unexpected volume .. user {complaint} | tss04 messages | \
         rate limited due ip {reputation} | user {complaint} | {complaint} from users | \
         complaint rate | excessive complaints | temporarily deferred .. complaints",
    ),
    says(BadReputation, 90, "karma"),
    says(BadReputation, 60, "untrusted | not + trusted"),
    says(NoPtr, 160, "逆引き"),
    says(NoPtr, 150, "fcrdns"),
    says(NoPtr, 130, "ip name .. forged | ip name lookup"),
    says(NoPtr, 110, "pool {addr} | resolve address .. mail server | resolve .. hostname"),
    says(NoPtr, 104, "regarding ptr record* | ptr records and authentication"),
    says(
        NoPtr,
        97,
        "forward dns entry | not have ptr | doesn't have ptr | does not point to sending | \
         corresponding forward | no rdns | dns check failure | nameserver query",
    ),
    says(
        NoPtr,
        95,
        "no {ptr} | {ptr} record* | reverse + dns | {ptr} .. {not} | {ptr} .. {fail} | \
         {ptr} lookup | missing {ptr} | {not} .. {ptr} | without {ptr} | require* .. {ptr} | \
         reverse .. hostname | {ptr} .. generic | reverse mapping | reverse resolution | \
         reverse name | reverse ip | reverse address | reverse entry | \
         cannot find your reverse | cannot find your hostname | find .. hostname | \
         unverifyable sending | unverifyable sending ips | dns failure reverse | \
         reverse dns {fail} | fix reverse dns | unverifiable sending | \
         hostname .. mismatch* | mismatch* client ip | forward confirmed | forward dns | \
         may not be mail exchanger | not mail exchanger | ip .. does not resolve | \
         ip .. not resolve | client .. does not resolve | ip .. no .. hostname | \
         client host .. cannot find | host {not} + resolve* | unresolvable hostname | \
         dns + ptr | hostname does not | no + dns + name | nordns | iprev* | \
         {rejected} .. {ptr}",
    ),
    says(NoPtr, 55, "{ptr}"),
    says(BadHelo, 150, "non fqdn {helo} | fqdn {helo}"),
    says(BadHelo, 130, "helo domain must"),
    says(
        BadHelo,
        104,
        "{helo} command rejected need fully qualified | {helo} command rejected | \
         {helo} {rejected}",
    ),
    says(
        BadHelo,
        100,
        "{helo} .. argument {invalid} | {helo} .. argument .. {invalid} | bad {helo} | \
         {helo} stage",
    ),
    says(
        BadHelo,
        98,
        "helohost {trouble} | {helo} must contain | {helo} requires domain | {helo} .. fqdn | \
         {command} {helo} requires domain",
    ),
    says(
        BadHelo,
        96,
        "{helo} .. {rejected} | {helo} command {rejected} | {invalid} {helo} | \
         {helo} {invalid} | {helo} .. {invalid} | {helo} name | {helo} hostname | \
         {helo} .. not | {helo} .. mismatch | {helo} argument | {helo} .. does not | \
         polite .. {helo} | fully qualified hostname | fully + qualified | {helo} .. forged | \
         forged {helo} | helo .. dns | {helo} .. resolve",
    ),
    says(BadHelo, 92, "introduce yourself"),
    says(BadHelo, 80, "impersonat*"),
    says(BadHelo, 50, "^ {helo}"),
];
