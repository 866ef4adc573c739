//! Block lists by name.

use super::scan::{Found, SEARCHED, Token};

/// A block list that a reply names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocklist<'a> {
    name: &'a str,
    url: Option<&'a str>,
}

impl<'a> Blocklist<'a> {
    /// Returns the name of the list: that of its operator, or the zone that the reply names.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// Returns where to look the address up and have it removed: the URL that the reply gives, or
    /// the operator's page.
    #[must_use]
    pub const fn url(&self) -> Option<&'a str> {
        self.url
    }

    /// Finds the list in a reply that speaks of one. `known` tells which of [`KNOWN`] a token names.
    pub(super) fn find(
        text: &'a [u8],
        found: &Found<'_>,
        known: impl Fn(&Token) -> Option<u8>,
    ) -> Option<Self> {
        let text = text.get(..SEARCHED).unwrap_or(text);
        let known = found.tokens.iter().filter_map(known).min();
        let known = known.and_then(|at| KNOWN.get(usize::from(at)));
        let name = match known {
            Some((_, name, _)) => name,
            None => zone(text, found.tokens)?,
        };
        let own = found
            .url
            .and_then(|colon| {
                let start = text.get(..colon)?.iter().rposition(|octet| is_gap(*octet));
                text.get(start.map_or(0, |gap| gap + 1)..)
            })
            .unwrap_or_default()
            .split(|octet| is_gap(*octet))
            .filter(|chunk| chunk.starts_with(b"http://") || chunk.starts_with(b"https://"))
            .find(|chunk| known.is_none_or(|(words, ..)| words.split(' ').any(|w| holds(chunk, w))))
            .and_then(|chunk| std::str::from_utf8(chunk).ok());
        let own = own.map(|url| url.trim_end_matches(['.', ':', '\'']));
        Some(Self { name, url: own.or_else(|| known.map(|(.., url)| *url)) })
    }
}

/// The zone behind `blocked using` and its like: the first host name after the words.
fn zone<'a>(text: &'a [u8], tokens: &[Token]) -> Option<&'a str> {
    let first = tokens.first()?.span().start;
    let text = text.get(first..)?;
    let mut chunks = text.split(|octet| is_gap(*octet)).filter(|chunk| !chunk.is_empty());
    chunks.by_ref().find(|chunk| {
        let words = [&b"using"[..], b"by", b"at", b"in", b"server", b"on", b"from"];
        chunk.len() < 7 && words.iter().any(|word| chunk.eq_ignore_ascii_case(word))
    })?;
    chunks.take(4).filter_map(|chunk| std::str::from_utf8(chunk).ok()).find_map(|chunk| {
        let chunk = chunk.trim_end_matches(['.', ':']);
        let mut labels = chunk.split('.');
        let host = labels.clone().count() >= 2
            && labels.clone().all(|label| {
                !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            })
            && labels.next_back().is_some_and(|top| top.bytes().all(|b| b.is_ascii_alphabetic()));
        host.then_some(chunk)
    })
}

const fn is_gap(octet: u8) -> bool {
    matches!(octet, 0..=b' ' | b'<' | b'>' | b'(' | b')' | b'[' | b']' | b'"' | b';' | b',')
}

/// Tells whether the chunk holds the needle, which is in lower case.
fn holds(chunk: &[u8], needle: &str) -> bool {
    chunk.len() >= needle.len()
        && chunk.windows(needle.len()).any(|at| at.eq_ignore_ascii_case(needle.as_bytes()))
}

/// The words that name a list, the list, and where its operator answers questions.
pub(super) const KNOWN: &[(&str, &str, &str)] = &[
    ("spamhaus", "Spamhaus", "https://check.spamhaus.org/"),
    ("spamcop", "SpamCop", "https://www.spamcop.net/bl.shtml"),
    (
        "barracuda barracudacentral barracudanetworks",
        "Barracuda",
        "https://www.barracudacentral.org/lookups",
    ),
    ("sorbs", "SORBS", "http://www.sorbs.net/lookup.shtml"),
    ("uceprotect", "UCEPROTECT", "https://www.uceprotect.net/en/rblcheck.php"),
    ("abuseat", "CBL", "https://www.abuseat.org/lookup.cgi"),
    ("spamrl", "SpamRL", "https://spamrl.com/"),
    ("spamrats", "SpamRATS", "https://www.spamrats.com/lookup.php"),
    ("invaluement ivmsip", "invaluement", "https://www.invaluement.com/lookup/"),
    ("mailspike", "Mailspike", "https://mailspike.org/iplookup.html"),
    ("psbl surriel", "PSBL", "https://psbl.org/"),
    ("abusix", "Abusix", "https://lookup.abusix.com/"),
    ("hostkarma junkemailfilter", "Hostkarma", "https://ipadmin.junkemailfilter.com/remove.php"),
    ("spfbl", "SPFBL", "https://spfbl.net/"),
    ("nixspam manitu", "NiX Spam", "https://www.nixspam.net/"),
    ("backscatterer", "Backscatterer", "https://www.backscatterer.org/"),
    ("gbudb", "GBUdb Truncate", "https://www.gbudb.com/truncate/"),
    ("uribl", "URIBL", "https://lookup.uribl.com/"),
    ("surbl", "SURBL", "https://surbl.org/surbl-analysis"),
    ("trendmicro", "Trend Micro", "https://www.ers.trendmicro.com/reputations/index"),
    ("senderbase ironport", "Cisco Talos", "https://talosintelligence.com/reputation_center"),
    ("cloudmark", "Cloudmark", "https://csi.cloudmark.com/en/reset/"),
    ("proofpoint", "Proofpoint", "https://ipcheck.proofpoint.com/"),
    ("cobion", "IBM X-Force", "https://exchange.xforce.ibmcloud.com/"),
    ("sbl xbl pbl zen", "Spamhaus", "https://check.spamhaus.org/"),
    ("cbl", "CBL", "https://www.abuseat.org/lookup.cgi"),
    ("s3140 s3150", "Microsoft", "https://sender.office.com/"),
];
