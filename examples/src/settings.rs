//! What a person types into a mail program.

use std::fmt;

use mail_errors::diagnosis::Language;

use crate::config::{Ports, Service};

/// The servers of a post office, as the account dialogue of a mail program asks for them.
///
/// ```
/// use mail_errors::diagnosis::Language;
/// use mail_examples::config::Ports;
/// use mail_examples::settings::Settings;
///
/// let settings = Settings::new("mail.example.org", Ports::default());
/// let english = settings.told(Language::English).to_string();
/// assert!(english.contains("Incoming mail (IMAP)"));
/// assert!(english.contains("2993"));
/// let japanese = settings.told(Language::Japanese).to_string();
/// assert!(japanese.contains("受信メールサーバー（IMAP）"));
/// ```
#[derive(Debug, Clone)]
pub struct Settings {
    server: String,
    ports: Ports,
}

impl Settings {
    /// Takes the name or address under which the mail program finds the server, and the ports
    /// that were opened in the end (a port of 0 is left out: that service does not run).
    #[must_use]
    pub fn new(server: impl Into<String>, ports: Ports) -> Self {
        Self { server: server.into(), ports }
    }

    /// Tells them in a language.
    #[must_use]
    pub fn told(&self, language: Language) -> impl fmt::Display + '_ {
        Told { settings: self, words: Words::of(language) }
    }
}

struct Told<'a> {
    settings: &'a Settings,
    words: &'static Words,
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (words, settings) = (self.words, self.settings);
        let groups = [
            (words.incoming_imap, [Service::Imap, Service::Imaps], words.password),
            (words.incoming_pop3, [Service::Pop3, Service::Pop3s], words.password_or_apop),
            (words.outgoing_smtp, [Service::Submission, Service::Submissions], words.password),
        ];
        for (title, services, authentication) in groups {
            for service in services {
                let port = settings.ports.of(service);
                if port == 0 {
                    continue;
                }
                let encryption = if service.is_implicit_tls() { "SSL/TLS" } else { "STARTTLS" };
                writeln!(f, "{title}")?;
                writeln!(f, "  {}{}", words.server, settings.server)?;
                writeln!(f, "  {}{port}", words.port)?;
                writeln!(f, "  {}{encryption}", words.encryption)?;
                writeln!(f, "  {}{authentication}", words.authentication)?;
                writeln!(f, "  {}{}", words.user, words.user_is)?;
            }
        }
        writeln!(f, "{}", words.certificate)
    }
}

struct Words {
    incoming_imap: &'static str,
    incoming_pop3: &'static str,
    outgoing_smtp: &'static str,
    server: &'static str,
    port: &'static str,
    encryption: &'static str,
    authentication: &'static str,
    password: &'static str,
    password_or_apop: &'static str,
    user: &'static str,
    user_is: &'static str,
    certificate: &'static str,
}

impl Words {
    fn of(language: Language) -> &'static Self {
        match language {
            Language::Japanese => &JAPANESE,
            // A language that came later is told in English until its words are here.
            Language::English | _ => &ENGLISH,
        }
    }
}

/// Labels of one width, so that the values stand below each other.
const ENGLISH: Words = Words {
    incoming_imap: "Incoming mail (IMAP)",
    incoming_pop3: "Incoming mail (POP3)",
    outgoing_smtp: "Outgoing mail (SMTP)",
    server: "Server:         ",
    port: "Port:           ",
    encryption: "Encryption:     ",
    authentication: "Authentication: ",
    password: "Normal password",
    password_or_apop: "Normal password (APOP only for accounts made for it)",
    user: "User name:      ",
    user_is: "the login name of the account, usually the whole mail address",
    certificate: "The server may have signed its certificate itself: the mail program then asks once.",
};

/// A Japanese character is as wide as two Latin ones.
const JAPANESE: Words = Words {
    incoming_imap: "受信メールサーバー（IMAP）",
    incoming_pop3: "受信メールサーバー（POP3）",
    outgoing_smtp: "送信メールサーバー（SMTP）",
    server: "サーバー名：　",
    port: "ポート番号：　",
    encryption: "暗号化方式：　",
    authentication: "認証方式：　　",
    password: "通常のパスワード認証",
    password_or_apop: "通常のパスワード認証（APOPは専用に作成したアカウントのみ）",
    user: "ユーザー名：　",
    user_is: "アカウントのログイン名（通常はメールアドレス全体）",
    certificate: "サーバー証明書が自己署名の場合、メールソフトが最初に一度だけ確認を求めます。",
};

#[cfg(test)]
mod tests {
    use super::*;

    fn told(language: Language) -> String {
        let mut ports = Ports::default();
        ports.set(Service::Pop3s, 0);
        Settings::new("mail.example.org", ports).told(language).to_string()
    }

    #[test]
    fn ok_english() {
        let wanted = "\
Incoming mail (IMAP)
  Server:         mail.example.org
  Port:           2143
  Encryption:     STARTTLS
  Authentication: Normal password
  User name:      the login name of the account, usually the whole mail address
Incoming mail (IMAP)
  Server:         mail.example.org
  Port:           2993
  Encryption:     SSL/TLS
";
        let text = told(Language::English);
        assert!(text.starts_with(wanted), "{text}");
        assert_eq!(text.matches("Server:").count(), 5, "a port of 0 is left out");
        assert!(!text.contains("2525"), "people do not send over the port for other hosts");
    }

    #[test]
    fn ok_japanese_tells_the_same() {
        let text = told(Language::Japanese);
        for port in ["2143", "2993", "2110", "2587", "2465"] {
            assert!(text.contains(&format!("ポート番号：　{port}\n")), "{text}");
        }
        assert_eq!(text.lines().count(), told(Language::English).lines().count());
        assert!(text.contains("送信メールサーバー（SMTP）\n  サーバー名：　mail.example.org\n"));
    }
}
