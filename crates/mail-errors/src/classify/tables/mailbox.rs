//! What servers say of mailboxes.

use super::{Rule, says};
use crate::classify::Reason::*;

pub(super) const RULES: &[Rule] = &[
    says(MailboxUnknown, 160, "utente {unknown}"),
    says(MailboxUnknown, 150, "recipient syntax error | recipient address syntax error"),
    says(MailboxUnknown, 130, "syntax error address"),
    says(
        MailboxUnknown,
        120,
        "{box} temporarily unavailable | %address temporarily unavailable | \
         bad address syntax | address temporarily unavailable",
    ),
    says(MailboxUnknown, 112, "recipient undeliverable"),
    says(MailboxUnknown, 110, "not in my local list"),
    says(
        MailboxUnknown,
        108,
        "verification failed %address unrouteable | {box} verification failed",
    ),
    says(
        MailboxUnknown,
        100,
        "n'existe + pas | existiert nicht | existiert hier nicht | nicht gefunden | \
         no existe | 不存在 | kein {box} | nie istnieje | nie ma takiego | nessun utente",
    ),
    says(
        MailboxUnknown,
        98,
        "{box} not + listed | not listed .. book | not have final .. delivery",
    ),
    says(MailboxUnknown, 97, "deliver to + bogus"),
    says(MailboxUnknown, 96, "no .. entry for {addr} | no redirect entry"),
    says(
        MailboxUnknown,
        92,
        "{box} + {unknown} | {unknown} + {box} | no such {box} | no such person | \
         no such + {addr} | {box} .. does not {exist} | {box} .. doesn't {exist} | \
         {box} not {exist} | {box} {not} {exist} | {box} {not} + {found} | \
         {not} + {found} {box} | no {box} here | no {box} by name | no {box} found | \
         not {box} here | not + {valid} {box} | not + {valid} .. {box} | \
         {box} not + {valid} | not known {box} | {box} not known | user doesn't .. account | \
         %address + {not} {exist} | %address + {not} {found} | %address + {unknown} | \
         {unknown} + %address | no mail box | mail box .. not {found} | {box} {not} + known | \
         no account .. by name | no account .. with | {unknown} + virtual {box} | \
         {unknown} + local {box} | {unknown} or illegal alias | {unknown} local part | \
         {unknown} localpart | local part {unknown} | unrouteable local part | \
         local delivery {unknown} {box} | {box} {absent} | {absent} {box} | {addr} {absent} | \
         {box} .. {absent} | non existent {box} | non existant {box} | \
         {box} no longer {exist} | {box} no longer server | {box} no longer with | \
         no longer {box} here | {box} left company | no longer employed | no longer works | \
         no longer with company | no longer in + service | no {box} named | recipnotfound | \
         recipientnotfound | unknownrecipient | unknownuser | userunknown | mailboxnotfound | \
         resolver + adr + notfound | user not registered | not registered user | \
         {box} could not be {found} | {box} couldn't be {found} | not + our customer | \
         {box} undefined | not + listed in directory | not + listed public | \
         not + listed in + {box} | not + in directory | user directory not | \
         no + matching {box} | no + match {box} | unable to validate recipient | \
         address + lookup failed | adresse + d'au moins | {box} + n'existe",
    ),
    says(
        MailboxUnknown,
        90,
        "{not} know {box} | {recognise} that {box} | {box} {not} .. {recognise} | \
         no {box} with that | here {not} {box} | {addr} {not} registered | \
         {box} {not} + present | bogus {addr} | bogus + {addr} | bogus {box} | \
         local part too long",
    ),
    says(
        MailboxUnknown,
        88,
        "{addr} not known | no one with .. {addr} | not found .. ldap | {addr} not exists | \
         {box} errato | {addr} errato | doesn't handle mail for {box} | \
         {addr} not recognized | {box} not in .. list | {box} {not} have account | \
         {not} {exist} {box} | {addr} .. not available here | \
         recipient address must contain | {box} .. not a local account",
    ),
    says(
        MailboxUnknown,
        85,
        "{invalid} + {box} | {box} + {invalid} | {box} .. {invalid} | \
         {invalid} + final + delivery | {box} + {addr} + {unknown} | {addr} + {invalid} | \
         {addr} + destinataire + {invalid} | {invalid} + {addr} | {addr} {not} + {exist} | \
         {addr} {not} + {found} | {addr} no longer | {addr} .. does not {exist} | \
         {addr} .. doesn't {exist} | {addr} + {unknown} | {unknown} + {addr} | \
         {addr} not valid | not valid {addr} | no mailbox | unable to deliver to {box} | \
         {box} not {accept} .. here | not {accept} .. for {box} | \
         delivery not authorized {box} | cannot deliver to | \
         email account .. tried .. reach .. not exist | address couldn't be found | \
         address could not be found | wasn't found at | there no one | no one by name | \
         no one here | nobody by name | nobody here | isn't in list | \
         recipient lookup failed | recipient verify failed | recipient callout | \
         callout verification failed recipient | could not be resolved | \
         verify + failed + recipient | user email address .. not found | \
         destination address {rejected} | destination {addr} {invalid} | \
         destination mailbox address | bad destination | bad recipient | bad address | \
         recipient {not} + ok | mailbox name not allowed | mailbox + syntax | \
         address syntax | user not {found} | unable to find | {box} not + ok | \
         not a member of domain | {box} cannot be verified | {box} {not} be verified",
    ),
    says(
        MailboxUnknown,
        84,
        "{box} syntax not {accept} | not {accept} {addr} like | no such mail drop | \
         {message} {not} {exist} | {message} .. does not {exist}",
    ),
    says(
        MailboxUnknown,
        80,
        "{box} .. {unknown} | {unknown} .. {box} | {addr} not present | {box} not present | \
         {box} missing | not email address | vdeliver* {box} | \
         {box} could not be delivered to | {addr} wrong | my badrcptto | badrecipientto | \
         validrcptto | not in my validrcptto | can't accept user | cannot accept user | \
         rejected recipients | rejected + one + or more recipients | \
         following recipients .. undeliverable | no + thank you rejected | \
         unknown e address | adresse .. {invalid} | not our customer | no such id | such id | \
         adresse d .. {invalid} | 542 rejected | {box} home directory | \
         envelope recipient .. denied | not + local {addr} | {box} .. {accept} .. not | \
         invalidrecipient | {addr} unrecognized | account .. domain .. not {exist} | \
         tenant .. not found | only + for local users | nobody with | \
         {box} verification {trouble}",
    ),
    says(MailboxUnknown, 76, "%address + {rejected}"),
    says(MailboxUnknown, 72, "unavailable {box} | unavailable mail {box}"),
    says(
        MailboxUnknown,
        70,
        "mailbox + unavailable | mailbox not available | mailbox currently unavailable | \
         {box} unavailable | recipient address rejected access denied | \
         mailbox unavailable access denied | cannot deliver mail for | \
         recipient not accepted | permanent failure .. recipients | \
         not accepted .. recipient | account not available | undeliverable {addr} | \
         address undeliverable | unverified address | undeliverable recipient | \
         no + valid recipient | not + deliverable | no + recipients | user .. has no | \
         recipient verify",
    ),
    says(MailboxUnknown, 68, "{addr} unavailable"),
    says(MailboxUnknown, 62, "not exists | ^ address {rejected}"),
    says(MailboxUnknown, 60, "not + our user | {box} not local | could not resolve address"),
    says(MailboxUnknown, 50, "mail to %address not {accept}"),
    says(
        MailboxUnknown,
        45,
        "^ {box} + {addr} + {rejected} | recipient address {rejected} | \
         recipient + {rejected} | {rejected} + recipient | does not {exist} | \
         doesn't {exist} | no such | {unknown} | not {found} | not + like + recipient | \
         {invalid} local part",
    ),
    says(
        MailboxUnknown,
        44,
        "{addr} + {rejected} | ^ {addr} {rejected} | {box} {rejected} | no valid recipients | \
         recipient not allowed",
    ),
    says(
        MailboxDisabled,
        160,
        "{addr} 使われておりません | {box} 使われておりません | {addr} 利用できません | boite .. archivee",
    ),
    says(MailboxDisabled, 150, "local mailbox .. unavailable .. disabled"),
    says(
        MailboxDisabled,
        112,
        "{box} .. inactivity | {box} locked .. suspended | {disabled} due inactivity | \
         not receiving mail at + {addr}",
    ),
    says(MailboxDisabled, 110, "never logged"),
    says(
        MailboxDisabled,
        95,
        "{box} {disabled} | {box} temporarily {disabled} | {box} temporary {disabled} | \
         {disabled} {box} | disabled recipient address | inactive email address | \
         inactive {addr} | email account .. tried .. reach .. disabled | \
         {box} .. unavailable .. disabled | account .. disabled | account .. inactive | \
         account .. suspended | account .. locked | account .. deactivated | \
         account .. closed | account not active | {box} not active | {box} not activated | \
         no active {box} | mailbox .. frozen | mailbox .. disabled | mailbox .. suspended | \
         mailbox .. locked | mailbox .. inactive | mailbox .. blocked | user .. suspended | \
         user .. disabled | user .. inactive | user .. locked | suspend service | \
         recipient suspend | recipient .. suspended | recipient .. disabled | \
         {addr} no longer valid | {addr} no longer active | {addr} no longer available | \
         {addr} no longer in use | {box} no longer active | {box} no longer available | \
         {box} no longer in use | mailbox no longer valid | user no longer valid | \
         no longer accepts mail | {addr} .. deactivated | {addr} .. disabled | \
         {addr} .. suspended | mailboxdisabled | accountdisabled | domain .. suspended | \
         domain .. disabled | domain .. locked | domain .. expired | delivery .. suspended | \
         cannot be delivered .. account | account administratively | temporary locked | \
         archived recipient | archived account | {box} archived | not been activated",
    ),
    says(
        MailboxDisabled,
        93,
        "not an active {addr} | not an active {box} | not accepting mail anymore | \
         not allowed to receive | no longer accepting",
    ),
    says(
        MailboxDisabled,
        92,
        "compte .. bloque | {box} .. ha expirado | {box} .. inactivo | konto .. zablokowane | \
         konto .. nieaktywne | {addr} .. bloccato | {box} .. bloccato",
    ),
    says(
        MailboxDisabled,
        90,
        "no longer valid | %address .. no longer | %address + no longer valid | \
         address no longer accepts | mailbox .. not used | extended inactivity | \
         over quota perm | {box} .. is terminated | {box} currently {disabled} | \
         temporarily inactive | mailbox cannot be accessed | mail receiving disabled | \
         %address deactivated | currently suspended | distribution list not active | \
         {addr} {temporary} {down}",
    ),
    says(MailboxDisabled, 86, "now {disabled}"),
    says(MailboxDisabled, 80, "unverified {box}"),
    says(
        MailboxFull,
        160,
        "boite .. pleine | boite .. plein | zuviele mails | benutzer .. zuviele {msgs} | \
         postfach .. voll | buzon .. lleno | casella .. piena | 容量不足",
    ),
    says(MailboxFull, 130, "{box} .. too many messages stored"),
    says(MailboxFull, 120, "than space available | domain size limit | service over limit"),
    says(
        MailboxFull,
        112,
        "{box} quota {exceed} | maximum mailbox size | mailbox size | box space not enough | \
         space not enough | full mailbox | full inbox | messages .. mailbox {exceed} | \
         {box} reached .. quota | {box} .. disk quota",
    ),
    says(MailboxFull, 110, "maximum allowed number of {msgs}"),
    says(
        MailboxFull,
        108,
        "{box} exceeds allowed size | {box} .. exceeds .. size | {box} .. over .. quota | \
         mailfolder .. over",
    ),
    says(
        MailboxFull,
        96,
        "{box_or_quota} {full} | {box_or_quota} .. full | {quota} {full} | \
         {quota} .. {full} | {full} {quota} | over quota | out of storage | \
         not enough storage {box} | no space left {box} | exceeded .. storage | \
         exceeded .. quota | exceed .. quota | exhausted .. storage | disk quota | \
         disk full {box} | {box} .. disk full | {box} .. quota | quota .. {box} | \
         quotaexceed* | mailboxfull | storage limit | mailbox limit | mailbox .. exceeded | \
         mailbox .. limit | too many messages .. {box} | too many messages .. server | \
         too many mails .. server | {box} .. too many messages | \
         insufficient + storage {box} | insufficient disk + space | maildir over | \
         maildir + delivery .. quota | no room {box} | mailbox reached | allocated storage | \
         over .. storage | overdrawn | over the limit {box} | would exceed mailbox | \
         would exceed quota | mailbox capacity",
    ),
    says(
        MailboxFull,
        93,
        "exceeding .. quota | temporarily over {quota} | exceeded .. disk space | \
         disk space limit | exceeding receiving limits | does not have enough space | \
         not have enough space | not sufficient disk space | not enough disk | \
         insufficient space | space .. used up | quota violation | quota usage | \
         mailfolder full | mail file size exceeds | blocks limit | inode limit | \
         maximum allowed storage | mailbox would exceed | diskspace | reached .. quota | \
         account storage | exceeded storage allocation quota | storage allocation {exceed} | \
         overquota",
    ),
    says(MailboxFull, 80, "folder full"),
    says(MailboxFull, 55, "{quota} | mailbox .. {exceed}"),
    says(MailboxMoved, 160, "変更 されました"),
    says(
        MailboxMoved,
        96,
        "{box} .. has + {moved} | {box} {moved} | {addr} .. {moved} by | been replaced by | \
         address changed | new address | user not local .. try | user not local please | \
         not local .. try | forwarding address | no longer here .. try | \
         please try + forward | try forward path",
    ),
    says(MailboxMoved, 20, "not our user"),
];
