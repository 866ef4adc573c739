//! What servers say of too much at once.

use super::{Rule, says};
use crate::classify::Reason::*;

pub(super) const RULES: &[Rule] = &[
    says(Greylisted, 160, "グレイリスト* | liste grise | lista gris"),
    says(Greylisted, 140, "greylist* | greylisted for | gl01"),
    says(Greylisted, 130, "first time sender"),
    says(
        Greylisted,
        108,
        "grey + list* .. try | @grey @rbl | grey listed | grey listing | gray listed | \
         gray listing",
    ),
    says(
        Greylisted,
        98,
        "graylist* | grey + list* | gray + list* | postgrey | @postgrey | \
         first + time .. sender | new sender .. try | please come back later | come back in | \
         temporarily deferred .. first | triplet | verifying your ip | \
         not + yet + {accept} to deliver mail | intentional policy rejection .. later",
    ),
    says(
        Greylisted,
        50,
        "retry .. minutes | retry .. seconds | try again .. minutes | try again .. seconds",
    ),
    says(TooManyConnections, 160, "同時接続 | trop de connexions"),
    says(TooManyConnections, 130, "concurrency limit | too many connections from"),
    says(
        TooManyConnections,
        116,
        "client host {rejected} {much} {conns} | client host {rejected} + {much} {conns}",
    ),
    says(
        TooManyConnections,
        104,
        "too many simultaneous connections from | ports {down} | no free smtp process* | \
         no free process* | connection slots | out connection slots",
    ),
    says(
        TooManyConnections,
        97,
        "{much} {conns} | {much} .. {conns} | {much} concurrent | {much} simultaneous | \
         {much} parallel | concurrent {conns} | simultaneous {conns} | parallel {conns} | \
         {conns} limit | {conns} .. {exceed} | maximum number of {conns} | maximum {conns} | \
         max {conns} | number of {conns} | concurrency .. {exceed}",
    ),
    says(
        TooManyConnections,
        96,
        "too many sessions | maximum connection limit | too many smtp sessions",
    ),
    says(TooManyRecipients, 98, "rcpt number* | multi recipient bounce"),
    says(
        TooManyRecipients,
        97,
        "{much} {rcpts} | {much} .. {rcpts} | recipient limit | recipients .. limit | \
         recipients {exceed} | rcpts {exceed} | {exceed} .. number + {rcpts} | \
         maximum .. {rcpts} | max .. {rcpts} | number + {rcpts} | {rcpts} .. maximum | \
         {much} {invalid} {rcpts} | {rcpts} per {message} | {rcpts} .. per {conns} | \
         one recipient",
    ),
    says(
        TooManyRecipients,
        95,
        "multiple destination domains | destination domains per transaction | \
         too many + invalid recipients | too many bad recipients | recipient domains per",
    ),
    says(TooManyRecipients, 90, "excessive .. unknowns | excessive unknown {rcpts}"),
    says(TooManyRecipients, 60, "multiple + recipients"),
    says(RateLimited, 160, "频率 | 発信 {limit}"),
    says(
        RateLimited,
        140,
        "sender hourly quota | sender .. hourly quota | policy rejection quota | \
         hourly quota {exceed} | sender quota {exceed} | quota reached .. recharge | \
         number of allowed outgoing | limit .. outgoing {msgs} | \
         outgoing {msgs} .. {exceed} | relay quota",
    ),
    says(
        RateLimited,
        130,
        "limits for account | too many requests | login delay | messages quota reached | \
         send quota exceeded",
    ),
    says(RateLimited, 126, "submission quota | submissionquota*"),
    says(RateLimited, 120, "trop mails | trop {msgs}"),
    says(
        RateLimited,
        112,
        "daily limit reached | hourly limit reached | {sender} {addr} {rejected} .. limit",
    ),
    says(
        RateLimited,
        110,
        "sending quota | transfer quota | throttl* quota | ^ email quota {exceed} | \
         throttl* .. quota | daily .. quota {exceed} | session .. quota | messaging {limit} | \
         {exceed} .. messaging | credits {exceed} | throttl* | outmail quota | \
         outgoing quota | outbound quota | sent too many | too + fast | limit for processing",
    ),
    says(RateLimited, 108, "queue quota | organization queue quota"),
    says(
        RateLimited,
        100,
        "exceeded its quota for sending | quota for sending | domain frequency limited | \
         received too many messages from | too many messages from | \
         too many messages in session | threshold exceeded messages | \
         message threshold exceeded",
    ),
    says(
        RateLimited,
        98,
        "too many auth commands | too many authentication attempts | to many {msgs} | \
         can only send | only send .. per | hl + ifq | {much} data",
    ),
    says(
        RateLimited,
        96,
        "rate {limit} | rate .. {limit} | ratelimit* | {rate} {limit} | frequency limited | \
         {conns} rate | connection rate limit | connection frequency | unusual {rate} | \
         unusual sending | unusual .. volume | excessive volume | volume .. {exceed} | \
         {much} {msgs} | too + quickly | too + frequently | too + frequent | too + often | \
         {slow} down | try again {slow} | sending {limit} | sending .. limit {exceed} | \
         daily .. limit | daily .. quota | hourly .. limit | messages per {conns} | \
         messages per day | emails per hour | per hour | per minute | per day | relay limit | \
         message limit {exceed} | maximum messages | flood* | temporary rate | \
         limit {exceed} | sender rate | sending too | rp 001 | deferred .. excessive | \
         submission limit | quotaexceeded + sender | outbound .. limit | \
         too + much + {message} | too + many .. time | domain frequency | \
         frequency .. limited | {conns} frequency limited",
    ),
    says(
        RateLimited,
        92,
        "unusual rate .. mail originating | unusual rate unsolicited mail originating | \
         message threshold | exceeded threshold | has exceeded permitted limits | \
         max message per connection | maximum sending rate | message quota exceeded | \
         daily message quota | temporarily limited | peak smtp relay limit | peak smtp | \
         numerous attempts | excessive {msgs} | excessive + {msgs}",
    ),
    says(
        RateLimited,
        76,
        "{rate} limited | {slow} | volume | {exceed} .. {rate} | {rate} .. {exceed} | \
         {much} .. {msgs} | exceeded .. limit",
    ),
    says(RateLimited, 66, "reached .. limit"),
    says(RecipientRateLimited, 170, "{much} {msgs} for recipient | {much} {msgs} to recipient"),
    says(RecipientRateLimited, 150, "concurrent deliveries for {box} | deliveries for {box}"),
    says(
        RecipientRateLimited,
        120,
        "receives too many messages | receives too many | recipient quota {exceed}",
    ),
    says(RecipientRateLimited, 108, "too many recent messages"),
];
