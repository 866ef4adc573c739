//! What servers say of the way, and of themselves.

use super::{Rule, says};
use crate::classify::Reason::*;

pub(super) const RULES: &[Rule] = &[
    says(Network, 160, "接続 {fail}"),
    says(Network, 130, "recipient's server .. unavailable | not check mx | {host} not found try"),
    says(
        Network,
        104,
        "unable to find .. relay | dropped connection | server timeout | \
         data from client {trouble}",
    ),
    says(Network, 100, "mx lookup {fail}"),
    says(
        Network,
        97,
        "connection {rejected} socket | ^ connection refused | \
         connect .. connection refused | i o timeout | dial tcp | dialing | connection died | \
         {not} .. establish .. connection | conversation .. timed out | \
         while sending .. {message} | while receiving | dropped by remote host | \
         closed by remote host | host + unreachable | connection refused connect | \
         connection went away | proxy session {fail} | proxy session setup {fail} | \
         target ip + responded | target ip address responded",
    ),
    says(
        Network,
        90,
        "connection refused | connection reset | connection lost | lost connection | \
         connection dropped | connection + closed | connection + {timeout} | \
         connect .. {timeout} | {not} connect | {fail} to connect | could not connect | \
         connection {fail} | no route to host | network + unreachable | host unreachable | \
         network {trouble} | connection {trouble} | broken pipe | no answer from | \
         operation timed | unable to establish | winsock | socket error | bad connection | \
         while communicating | unable to open connection",
    ),
    says(Network, 85, "servfail | eservfail"),
    says(Network, 80, "{not} reach"),
    says(Network, 45, "timeout | timed out"),
    says(RoutingLoop, 130, "received header .. exceed* | received header count*"),
    says(RoutingLoop, 110, "best preference mx"),
    says(
        RoutingLoop,
        97,
        "too many hops | too many received | hop + count | {message} {loop} | \
         {loop} detected | {loop} back | looping | {loop} | back to myself | back to itself | \
         routing loop | received headers | maximum hop*",
    ),
    says(
        Expired,
        120,
        "message expired connection {rejected} | retried .. maximum | retried .. times | \
         maximum .. retried | delivery failed .. attempts",
    ),
    says(
        Expired,
        96,
        "giving up on | long failure period | failing for long time | \
         server did not respond | multiple retries | allowed queue period | \
         not collected after | has been delayed | message delayed | \
         timeout closing connection | timeout .. closing | message expired .. connection | \
         message expired cannot connect | message expired connection reset | \
         message expired dns",
    ),
    says(
        Expired,
        95,
        "message expired | message {timeout} | delivery time {timeout} | \
         delivery .. {timeout} | {conns} {timeout} | in queue too long | queue .. expired | \
         too long .. queue | not going to try again | retry time {timeout} | retry timeout | \
         retry .. {exceed} | retries .. {exceed} | past expiration | \
         could not be delivered .. days | could not be delivered .. hours | \
         undelivered .. days | time limit | undeliverable .. for | all delivery attempts | \
         max + retry | maximum retr* | lifetime | attempted failover | alternate hosts | \
         error .. communicating .. attempted | message .. queue + too long | retry limit | \
         maximum time | envelope expired | not delivered within | not responding",
    ),
    says(
        SystemFull,
        96,
        "mail + system + full | mailsystem full | system full | system + storage | \
         insufficient + system + storage | insufficient system | no space left device | \
         no space on device | not enough free space | not enough space on | spool .. full | \
         disk full | out of disk | insufficient system resources | insufficient + resources | \
         out of memory | insufficient queue | queue .. full | insufficient disk | low disk",
    ),
    says(
        MailerError,
        104,
        "command output | command output procmail | exit code | procmail + exit",
    ),
    says(MailerError, 98, "command time limit {exceed} | mail to command restricted"),
    says(
        MailerError,
        88,
        "operating system error | mailer error | pipe to | command died | exit status | \
         exited with | x unix | procmail | maildrop + error | prog mailer | \
         {unknown} mailer error | process failed | child process | delivery agent | \
         can't create output | permission denied | illegal seek | local delivery {fail}",
    ),
    says(SystemError, 170, "already locked | maildrop locked | lock busy"),
    says(SystemError, 160, "一時的"),
    says(
        SystemError,
        130,
        "user path | filter end message {fail} | dns error .. spf | authenticate at present | \
         dns error while checking | insufficient permission*",
    ),
    says(
        SystemError,
        120,
        "no such device | dot lock | error on maildir | domain failure | \
         access {rejected} + try + again + later",
    ),
    says(SystemError, 118, "misconfigured forwarding"),
    says(SystemError, 116, "unable to scan | not + scan | scan {fail}"),
    says(
        SystemError,
        112,
        "address verification {trouble} | address verification request* | \
         temporary {auth} failure | transport {trouble} | resolver {fail} | \
         {auth} .. temporary system | {virus} scanner .. {trouble} | \
         {virus} scanner .. {timeout} | connecting to {virus} scanner | \
         {trouble} .. {virus} scanner | server not ready | while writing | lock file | \
         failed to lock | local host .. mx record | mx record points to local",
    ),
    says(
        SystemError,
        110,
        "address verification in progress | verification in progress | license expired | \
         aborted local",
    ),
    says(
        SystemError,
        108,
        "temporary .. dns lookup failure | temporary dmarc | dns lookup failure temporary",
    ),
    says(
        SystemError,
        100,
        "cannot update mailbox | no such file | reconfiguration in progress | reconfiguration",
    ),
    says(
        SystemError,
        97,
        "input output error | input output | can not open .. file | cannot open .. file | \
         dkim signing {fail} | backend {down} | backend not running",
    ),
    says(SystemError, 96, "connection was closed abruptly"),
    says(
        SystemError,
        95,
        "unable to chdir | home directory | problem with child | too many results",
    ),
    says(
        SystemError,
        92,
        "cannot authenticate .. temporary | temporary system problem | could not load drd | \
         no mdb | mdb properties | interrupted system call | encountered error while | \
         remote server misconfigured | timeout waiting for input | \
         missing or bad storedriver | aliasing .. broken | temporarily unable | \
         temporarily unable to process | service {temporary} {down} | \
         server {temporary} {not} available | {unknown} {trouble} | \
         server temporarily {rejected}",
    ),
    says(SystemError, 90, "service not active | server not active"),
    says(SystemError, 88, "too much load | delivery attempts will continue"),
    says(
        SystemError,
        78,
        "{internal} {trouble} | {internal} .. {trouble} | {system} {trouble} | \
         {system} .. {trouble} | {system} {down} | {system} .. {down} | {down} {system} | \
         {temporary} {internal} | {temporary} {system} | {temporary} lookup {fail} | \
         {temporary} {down} | temporary local problem | local configuration | \
         {trouble} in processing | service not available | service currently unavailable | \
         service shutting | shutting down | service {down} | too busy | \
         resources + {temporary} | resources .. unavailable | resource .. unavailable | \
         system resource* | system not | cannot process | unable to process | \
         could not load | verification + {temporary} | unable to verify | could not verify | \
         cannot verify | expansion problem | mailing list expansion | alias expansion | \
         alias loop | not + accepting + messages | not accepting network messages | \
         not accepting mail | unable to accept | cannot accept | can't accept | overload* | \
         high load | load average | server load | load too high | maintenance | \
         out of service | dns lookup failure | dns {fail} | dns {timeout} | \
         {temporary} .. dns | lookup {fail} | ldap | inuse | gsmtp internal | \
         queue file write | write error | i o error | program failure | malfunction | \
         certificate verification error internal | failed to be replicated",
    ),
    says(SystemError, 45, "unavailable | busy | not available"),
    says(
        SystemError,
        42,
        "{temporary} {trouble} | {temporary} .. {trouble} | {temporary} {fail} | \
         temporarily {rejected}",
    ),
    says(
        SystemError,
        40,
        "try + {later} | {later} | temporar* | deferred | closing transmission | \
         closing connection",
    ),
    says(ProtocolError, 150, "invalid input"),
    says(ProtocolError, 106, "improper .. pipelining | cannot be used with binarymime"),
    says(
        ProtocolError,
        98,
        "syntax mail from | syntax rcpt to | syntax + mail | syntax + rcpt | \
         syntax + {helo} | sequence {trouble} | line parse {trouble} | \
         {auth} mode unsupported | {tls} already | starttls .. repeated | \
         unauthenticated commands | null bdat | protocol synchronization | \
         no recipients specified | rcpt to .. empty | should not be empty | {auth} aborted | \
         authentication exchange line too long | address contains illegal | \
         restricted characters .. address | illegal characters .. {box} name | \
         turn {rejected} | vrfy {rejected} | expn {rejected} | etrn {rejected} | \
         command line too long | nonmail {command} | {helo} before mail | \
         {auth} not enabled | ssl attempted | nul characters .. smtp | issue a reset | \
         line delimiter | bounce .. single .. recipient | dsn .. multiple recipients | \
         one sender per",
    ),
    says(
        ProtocolError,
        97,
        "protocol violation | smtp protocol violation | not allowed to pipeline | \
         no + data before greeting | bad commands",
    ),
    says(
        ProtocolError,
        96,
        "too many {fail} | bare cr or lf | unsupported .. extension | unsupported esmtp",
    ),
    says(ProtocolError, 95, "not following .. protocol"),
    says(ProtocolError, 92, "line too long"),
    says(
        ProtocolError,
        90,
        "{command} {trouble} | wrong state | protocol status | protocol deviation | \
         mail before rcpt | rcpt before data",
    ),
    says(
        ProtocolError,
        88,
        "{command} {unknown} | {unknown} {command} | {command} not + recogni* | \
         {command} not implemented | not implemented | unimplemented | {command} {rejected} | \
         unrecognized {command} | syntax .. {command} | bad sequence | {command} sequence | \
         sequence .. command* | out of sequence | out + order | bad syntax | \
         {invalid} {command} | too many {trouble} | too many + bad | too many + unknown | \
         too many syntax | protocol {trouble} | pipelining | need {command} | need rcpt | \
         need mail | need + helo | send helo | helo first | say helo | ehlo first | \
         polite people | no valid recipients + data | unsupported {command} | \
         parameters .. not | nested mail | sender already | already specified | line limit | \
         command too long | line limit exceeded | unexpected {command} | \
         synchronization error | spoke too soon | you talk too soon | premature* | \
         before greeting | out of band | valid rcpt | rcpt first | mail first | 5 5 1",
    ),
    says(ProtocolError, 70, "{command} {invalid} | {command} not {accept} | parameter .. not"),
    says(
        Suppressed,
        150,
        "marked inactive | found inactive addresses | ^ message rejected address blacklisted",
    ),
    says(
        Suppressed,
        130,
        "suppression list | suppressed | suppress* .. {addr} | previously bounced | \
         recently bounced | history of bounc* | known bad address | hard bounced | \
         unsubscribed {addr} | bounced {addr} | has unsubscribed | {box} unsubscribed | \
         unsubscribed from",
    ),
    says(Unknown, 100, "permanently rejected {message}"),
    says(Unknown, 92, "unknown error"),
    says(Unknown, 90, "temporary + failure"),
    says(
        Unknown,
        80,
        "action aborted | service refused .. essayer | service refuse .. refused | \
         temporary + error | temporary + problem",
    ),
    says(Unknown, 75, "{message} temporarily deferred"),
    says(Unknown, 62, "try + {later}"),
    says(Unknown, 42, "{message} {rejected} | {message} not accepted"),
];
