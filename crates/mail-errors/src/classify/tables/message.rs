//! What servers say of messages.

use super::{Rule, says};
use crate::classify::Reason::*;

pub(super) const RULES: &[Rule] = &[
    says(
        MessageTooLarge,
        160,
        "zu gross | zu groß | trop volumineux | trop gros | demasiado grande | 大きすぎ | \
         サイズ .. {exceed} | サイズ {limit} | 大小 .. 超 | 邮件 .. 过大 | taille .. limite",
    ),
    says(MessageTooLarge, 104, "too much mail data"),
    says(
        MessageTooLarge,
        98,
        "mailsize limit | length .. {exceed} | {attachment} .. {exceed} .. {limit} | \
         number of {attachment} .. {exceed}",
    ),
    says(
        MessageTooLarge,
        97,
        "{message} too + {large} | headers too + {large} | {message} .. too + {large} | \
         {message} {size} {exceed} | {message} {size} .. {exceed} | \
         {size} .. {exceed} .. {limit} | {size} {exceed} | {exceed} .. {size} {limit} | \
         {exceed} .. message size | {exceed} {size} | size {limit} | {limit} {size} | \
         message {size} limit | message {exceed} .. {size} | message .. {exceed} maximum | \
         message .. larger than | too large message | too big for | too large for | \
         line too long message | databytes | recipsizelimit | sendersizelimit | \
         message + file too + big | exceeded google's message size | message size | \
         exceeds {limit} + {size} | exceeds .. mb | attachment too {large}",
    ),
    says(
        MessageTooLarge,
        92,
        "{size} .. reached | message .. {exceed} .. kb | message file too {large} | \
         fixed limit",
    ),
    says(ContentMalformed, 130, "no valid from addresses | invalid from addresses"),
    says(ContentMalformed, 112, "line length"),
    says(ContentMalformed, 110, "{invalid} sender header | missing final"),
    says(
        ContentMalformed,
        97,
        "{message} malformed | {fail} to parse {message} | data format {trouble} | \
         mime nesting | encoding domain | {message} format {invalid} | mime structure | \
         bare line feed | header not crlf | header lines | partial final lines | @smtplf | \
         subject mandatory | subject required",
    ),
    says(ContentMalformed, 96, "contains nul | contains null | nul characters"),
    says(
        ContentMalformed,
        95,
        "missing .. address .. header | missing valid address | blank from | \
         from address .. valid from | addresses not allowed from | disallowed header | \
         unicode character* | encoded word* | encoded word syntax | \
         encoded word syntax not permitted message header | base64 encoding | \
         binary content | headers .. contain | mime complexity | mime headers | \
         message header size | header size {exceed} | header not {accept} | \
         headers not .. compliant | message compliant | rfc .. section | \
         from + header .. missing | missing + required header*",
    ),
    says(
        ContentMalformed,
        93,
        "rfc 5322 | rfc5322 | rfc 2822 | rfc2822 | rfc 822 | rfc822 compliant | \
         not + rfc .. compliant | rfc compliant | rfc compliance | not compliant | \
         non compliant | duplicate header | transaction failed duplicate header | \
         headers too {large} | media error | duplicate .. headers | multiple {header} | \
         multiple .. headers | missing {header} header | missing .. header | missing + from | \
         missing date | missing subject | missing message id | messageid | \
         message id header | {invalid} {header} header | {invalid} header | \
         {invalid} .. header | header .. {invalid} | header error | header syntax | \
         headers .. improperly | header .. missing | header field | header too long | \
         too many header* | header size | bare lf | bare newline | bare cr | bare linefeed* | \
         bare carriage | stray newline | lines too long | line too long | 8 bit | 8bit data | \
         8 bit data message header | non ascii | improper use | improperly formatted | \
         malformed message | malformed header* | malformed {header} | bad header* | \
         bad mime | mime .. error | mime .. malformed | nested mime | mime parts | \
         too many mime | mime boundary | unqualified address | header sender | \
         from header .. {invalid} | from header .. address | from header | \
         {message} .. no + from | date header | {message} not rfc | null character* | \
         nul byte* | control character* | syntax error header* | badly formed | \
         poorly formatted | illegal character | invalid character | 5322",
    ),
    says(
        ContentMalformed,
        90,
        "resent from | not conform | headers missing | headers specify | header and body | \
         @barelf | wrongly formatted | incorrectly formatted | formatted incorrectly | \
         not properly formatted",
    ),
    says(ContentMalformed, 80, "{invalid} structure | {invalid} data in message | mime {rejected}"),
    says(ContentRejected, 170, "{listed} mime"),
    says(ContentRejected, 160, "添付ファイル"),
    says(ContentRejected, 150, "id .. banned | banned .. @exe"),
    says(ContentRejected, 120, "banned content | unacceptable attachment"),
    says(ContentRejected, 100, "regular expression | matches .. expression"),
    says(
        ContentRejected,
        98,
        "banned exe | reject .. banned | containing .. macros | vba macros | \
         disallowed attach* | high risk file | blacklisted .. file extension | attach type | \
         sensitive word* | subject not {accept} | subject + not {accept}",
    ),
    says(
        ContentRejected,
        92,
        "illegal attachment | potentially executable | form of attachment | \
         attachment .. used by | images or other attachments | content presents | \
         unsafe content",
    ),
    says(
        ContentRejected,
        90,
        "{attachment} .. {rejected} | {attachment} .. not {accept} | \
         {rejected} {attachment} | {rejected} .. attachment | prohibited content | \
         file type | file extension | attachment type | attachment extension | \
         message .. blocked because .. content | content .. presents .. potential | \
         security issue | potential security | encrypted archive | password protected | \
         unsafe attachment | dangerous attachment | executable .. not",
    ),
    says(ContentRejected, 70, "rejected by filter"),
    says(
        ContentRejected,
        50,
        "content {rejected} | content not {accept} | message + content {rejected}",
    ),
    says(EncodingUnsupported, 130, "smtputf8 not | conversion failure"),
    says(
        EncodingUnsupported,
        108,
        "smtputf8 | not support unicode | internationalised mailbox | character set* | \
         non western",
    ),
    says(EncodingUnsupported, 104, "non unicode | unicode {message} | unicode {addr} | eight bit"),
    says(
        EncodingUnsupported,
        96,
        "8bitmime | binarymime | conversion + required | conversion .. not supported | \
         conversion .. prohibited | encoding not supported | charset not supported | \
         unsupported encoding | unsupported charset | utf8 .. not {accept} | utf 8 .. not | \
         internationalized | eai not | non ascii addresses | idn not | media not supported | \
         media type .. not supported | understand .. charset | understand charset",
    ),
    says(SpamContent, 170, "{blocked} using @dbl"),
    says(SpamContent, 165, "mailfrom domain {listed} | {listed} mailfrom domain"),
    says(SpamContent, 160, "垃圾 | 迷惑メール"),
    says(SpamContent, 150, "{rejected} by antispam | przez system antyspamowy"),
    says(SpamContent, 130, "{addr} {blocked} using @dbl"),
    says(SpamContent, 114, "unsolicited commercial"),
    says(
        SpamContent,
        110,
        "{listed} {url} {message} | {url} in {message} .. {listed} | \
         spam like characteristics | ^ message blacklisted | spamming not allowed | \
         {rejected} by dcc",
    ),
    says(
        SpamContent,
        108,
        "spam pattern | {spam} .. threshold exceeded | score .. exceeds threshold | \
         {blocked} using spam",
    ),
    says(
        SpamContent,
        106,
        "{blocked} using @uribl | {blocked} using .. @uribl | {blocked} using .. @surbl | \
         {message} contains {url} .. {listed}",
    ),
    says(
        SpamContent,
        93,
        "suspicious .. content .. links | nature content | mail score | message scoring | \
         score over | scored .. points | spamtext | embedded {spam} | spam is embedded | \
         judged {spam} | content judged spam | judged .. spam | content looks | \
         message {rejected} {spam} | message {rejected} .. {spam} | due to {spam} | \
         {rejected} due {spam} | {spam} or virus content | \
         {message} {rejected} .. {spam} or {virus} | {spam} or {virus} classification | \
         accept .. because {spam} | mass mailer | low priority | url .. {blocked} | \
         url in {message} | {spam} points | {spam} .. score | message .. is {spam} | \
         refused .. spam content",
    ),
    says(SpamContent, 90, "{message} data {rejected}"),
    says(
        SpamContent,
        88,
        "spam content | spam or virus | like spam | {message} .. {spam} + {message} | \
         looks + like {spam} | appears .. {spam} | considered {spam} | identified {spam} | \
         classified {spam} | detected {spam} | {spam} detected | {spam} + {message} | \
         flagged {spam} | recognized {spam} | marked {spam} | categorized {spam} | \
         contains {spam} | contain {spam} | suspicion {spam} | suspected {spam} | \
         probable {spam} | probably {spam} | possible {spam} | likely {spam} | \
         {message} .. likely .. unsolicited | high probability + spam | spam + scoring | \
         spam level | spam threshold | {spam} .. threshold {exceed} | junk mail threshold | \
         spam or junk | score .. too high | spam hits | {spam} {rejected} | \
         {rejected} {spam} | {rejected} .. as {spam} | {rejected} because {spam} | \
         {message} {spam} | no + spam | antispam | anti spam | spam + filter | spam filter* | \
         spam policy | spam source content | spamassassin | spam agent | spamsignature | \
         mcspamsignature | @uribl | {blocked} using @multi @uribl | \
         {blocked} using @multi @surbl | @surbl | @multi + @surbl | {url} .. {listed} | \
         contains .. url | {message} .. contains .. {url} | {url} message .. {rejected} | \
         spam url | url .. spam | link .. spam | spamvertised | domain .. body .. listed | \
         phishing | phish | content denied | mail content denied | suspicious content | \
         content .. suspicious | suspicious + message | unacceptable content | \
         questionable content | bulk {message} | ube | uce | unwanted content | spamware | \
         dspam | bogofilter | cloudmark | message content rejected | mail content | \
         fingerprint | gtube | pyzor | razor | vade | vaderetro | heuristic* | bayes* | \
         antyspamowy",
    ),
    says(SpamContent, 60, "false positive | content filter"),
    says(SpamContent, 45, "{spam} | content .. {rejected}"),
    says(Virus, 98, "virus + spam | infected {message}"),
    says(
        Virus,
        96,
        "{virus} | {rejected} .. {virus} | {virus} detected | contains {virus} | clamav | \
         eicar",
    ),
    says(Virus, 90, "threat found | threat {message} found | threat detected | oletools"),
    says(Policy, 130, "disabled by user from"),
    says(
        Policy,
        100,
        "spoofed {message} | rejecting spoofed | spoofed {sender} | {sender} spoofed | \
         spoofing {sender}",
    ),
    says(
        Policy,
        98,
        "{policy} error | restricted by {policy} | due to policy restrictions | \
         tenant allow block list | delivery requirement* | not meet .. requirements | \
         not authorized to use + service | blocked by your organization",
    ),
    says(Policy, 92, "^ access {rejected}"),
    says(Policy, 80, "delivery not authorized message refused | not authorized message refused"),
    says(
        Policy,
        78,
        "not accepted for policy reasons | email not accepted for policy | \
         {rejected} for {policy} reasons | organizational settings | organization policy | \
         security policies | content examination",
    ),
    says(
        Policy,
        62,
        "{policy} {rejected} | {rejected} .. {policy} | due to {policy} | \
         {policy} violation* | violat* {policy} | {policy} reason* | {policy} prohibition | \
         administratively denied | administratively prohibited | denied by policy | \
         local policy | policy restrictions | security {policy} | security {rejected} | \
         transport rule* | rejected by + organization | resolver rule* | \
         tenantinboundattribution | dlp | content policy | anti spoofing | \
         header based .. spoofing | anti spoofing {policy} | blocked by header | violations | \
         mail flow rule | policyviolation | corporate policy | company policy | \
         failed to delivery | verweigert",
    ),
    says(Policy, 60, "access {rejected} | not welcome"),
    says(Policy, 34, "{policy} | security | prohibited | not permitted | administrative*"),
];
