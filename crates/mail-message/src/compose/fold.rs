//! Writes one field, folded (RFC 5322 section 2.2.3).

use crate::byte_set::ByteSet;
use crate::compose::Mailbox;
use crate::encoded_word;
use crate::lexer::quote;

/// Writes words behind a field's name and begins a new line where the next would not fit. Each of
/// the finishing methods ends the field.
#[derive(Debug)]
pub(crate) struct FieldWriter<'a> {
    out: &'a mut Vec<u8>,
    column: usize,
}

impl<'a> FieldWriter<'a> {
    /// Begins a field. The name is one of ours, so it needs no check.
    pub(crate) fn new(out: &'a mut Vec<u8>, name: &'static str) -> Self {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        Self { out, column: name.len() + 1 }
    }

    /// Writes a short value of ours as it is.
    pub(crate) fn raw(mut self, value: &str) {
        self.word(value.as_bytes());
        self.end();
    }

    /// Writes a value of ours that may be folded at any blank.
    pub(crate) fn words(mut self, value: &str) {
        for word in value.split(' ') {
            self.word(word.as_bytes());
        }
        self.end();
    }

    /// > unstructured                                       RFC 5322 section 3.2.5
    pub(crate) fn text(mut self, text: &str) {
        if is_plain(text, |octet| octet.is_ascii_graphic()) {
            for word in text.split(' ') {
                self.word(word.as_bytes());
            }
        } else {
            self.encoded(text);
        }
        self.end();
    }

    /// > mailbox-list = (mailbox *("," mailbox))            RFC 5322 section 3.4
    pub(crate) fn mailboxes(mut self, mailboxes: &[Mailbox]) {
        for (n, mailbox) in mailboxes.iter().enumerate() {
            if n > 0 {
                self.out.push(b',');
                self.column += 1;
            }
            let Some(name) = mailbox.name() else {
                self.word(mailbox.address().as_bytes());
                continue;
            };
            self.phrase(name);
            self.word(format!("<{}>", mailbox.address()).as_bytes());
        }
        self.end();
    }

    /// > phrase = 1*word / obs-phrase                       RFC 5322 section 3.2.5
    fn phrase(&mut self, text: &str) {
        if is_plain(text, |octet| octet.is_ascii() && ByteSet::ATEXT.has(octet)) {
            for word in text.split(' ') {
                self.word(word.as_bytes());
            }
        } else if text.bytes().all(|octet| (b' '..=b'~').contains(&octet)) && !text.contains("=?") {
            // Many readers decode encoded-words in quotes, though RFC 2047 5 forbids it.
            let mut word = Vec::new();
            quote(text.as_bytes(), &mut word);
            self.word(&word);
        } else {
            self.encoded(text);
        }
    }

    fn encoded(&mut self, text: &str) {
        // With less room than the smallest one needs, the first goes to a line of its own.
        let room = MAX_LINE.saturating_sub(self.column + 1);
        let first = if room < MIN_ENCODED_ROOM { MAX_LINE } else { room };
        for word in encoded_word::encode(text, first) {
            self.word(word.as_bytes());
        }
    }

    fn word(&mut self, word: &[u8]) {
        if word.is_empty() {
            return;
        }
        if self.column + 1 + word.len() > MAX_LINE {
            self.out.extend_from_slice(b"\r\n");
            self.column = 0;
        }
        self.out.push(b' ');
        self.out.extend_from_slice(word);
        self.column += 1 + word.len();
    }

    fn end(self) {
        self.out.extend_from_slice(b"\r\n");
    }
}

/// Tells whether text can stand as it is: words of the set, parted by single blanks, of which none
/// is too long for a line or could be taken for an encoded-word.
fn is_plain(text: &str, set: impl Fn(u8) -> bool) -> bool {
    text.is_empty()
        || !text.contains("=?")
            && text
                .split(' ')
                .all(|word| (1..MAX_LINE).contains(&word.len()) && word.bytes().all(&set))
}

/// Where a line is folded. RFC 5322 section 2.1.1 asks for 78 octets, RFC 2047 section 2 for 76 on
/// a line that holds an encoded-word; one of those is left for a comma.
const MAX_LINE: usize = 75;

/// Octets of an encoded-word that holds a single character.
const MIN_ENCODED_ROOM: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(text: &str) -> String {
        let mut out = Vec::new();
        FieldWriter::new(&mut out, "Subject").text(text);
        String::from_utf8(out).unwrap()
    }

    fn to(name: &str) -> String {
        let mut out = Vec::new();
        let mailbox = Mailbox::new("a@b.test").unwrap().named(name).unwrap();
        FieldWriter::new(&mut out, "To").mailboxes(&[mailbox]);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn ok_plain_text_stays_and_folds_before_76() {
        assert_eq!(subject("hello, world"), "Subject: hello, world\r\n");
        assert_eq!(subject(""), "Subject:\r\n");
        let folded = subject("word ".repeat(40).trim_end());
        assert!(folded.lines().count() > 2);
        assert!(folded.lines().all(|line| line.len() <= 75));
    }

    #[test]
    fn ok_what_would_not_survive_is_encoded() {
        let cases = [" a", "a ", "a  b", "a\tb", "=?x", "\u{7f}", "é"];
        for text in cases.into_iter().chain([&*"x".repeat(78)]) {
            let written = subject(text);
            assert!(written.starts_with("Subject: =?UTF-8?"), "{written}");
            assert!(written.lines().all(|line| line.len() <= 76), "{written}");
        }
    }

    #[test]
    fn ok_names_as_atoms_quoted_or_encoded() {
        assert_eq!(to("John Doe"), "To: John Doe <a@b.test>\r\n");
        assert_eq!(to("Joe Q. Public"), "To: \"Joe Q. Public\" <a@b.test>\r\n");
        assert_eq!(to(r#"a"b\"#), "To: \"a\\\"b\\\\\" <a@b.test>\r\n");
        assert_eq!(to("伊名"), "To: =?UTF-8?B?5LyK5ZCN?= <a@b.test>\r\n");
        assert_eq!(to("=?UTF-8?Q?a?="), "To: =?UTF-8?B?PT9VVEYtOD9RP2E/PQ==?= <a@b.test>\r\n");
        assert_eq!(to("Evil <x@y>, b"), "To: \"Evil <x@y>, b\" <a@b.test>\r\n");
    }

    #[test]
    fn ok_encoded_names_keep_to_76_wherever_they_begin() {
        let mut out = Vec::new();
        let mailboxes: Vec<_> = (0..40)
            .map(|n| {
                let mailbox = Mailbox::new(&format!("{}@b.test", "a".repeat(n + 1))).unwrap();
                mailbox.named(&"é🦀".repeat(n + 1)).unwrap_or_else(|_| panic!("too long at {n}"))
            })
            .collect();
        FieldWriter::new(&mut out, "To").mailboxes(&mailboxes);
        let written = String::from_utf8(out).unwrap();
        assert!(written.lines().all(|line| line.len() <= 76), "{written}");
    }
}
