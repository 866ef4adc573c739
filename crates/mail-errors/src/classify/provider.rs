//! Providers whose codes mean more than the registry says.

use crate::{EnhancedStatusCode, ReplyCode};

use super::Reason::{self, *};

/// Who runs the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provider {
    /// Gmail and Google Workspace.
    Google,
    /// Outlook.com and Microsoft 365.
    Microsoft,
    /// Yahoo and AOL.
    Yahoo,
    /// iCloud.
    Apple,
    /// GMX, mail.com, web.de and IONOS.
    UnitedInternet,
    /// T-Online.
    TOnline,
    /// Orange and Wanadoo.
    Orange,
    /// La Poste.
    LaPoste,
    /// QQ and Tencent Exmail.
    Tencent,
    /// 163, 126 and yeah.net.
    NetEase,
    /// NTT docomo.
    Docomo,
    /// au and UQ of KDDI.
    Kddi,
    /// SoftBank and Y!mobile.
    SoftBank,
    /// Mail.ru.
    MailRu,
    /// Yandex.
    Yandex,
    /// Comcast.
    Comcast,
    /// Mimecast.
    Mimecast,
    /// Proofpoint.
    Proofpoint,
}

impl Provider {
    /// Finds the provider of a host: the name of an MX, or the name in a greeting. Any case, with
    /// or without the last dot.
    ///
    /// ```
    /// use mail_errors::classify::Provider;
    ///
    /// assert_eq!(Provider::of_host("gmail-smtp-in.l.google.com."), Some(Provider::Google));
    /// assert_eq!(Provider::of_host("notgoogle.com"), None);
    /// ```
    #[must_use]
    pub fn of_host(host: &str) -> Option<Self> {
        let host = host.strip_suffix('.').unwrap_or(host).as_bytes();
        let ends = |suffix: &str| {
            let Some(at) = host.len().checked_sub(suffix.len()) else { return false };
            let (before, end) = host.split_at(at);
            end.eq_ignore_ascii_case(suffix.as_bytes()) && matches!(before, [] | [.., b'.'])
        };
        HOSTS.iter().find(|(suffix, _)| ends(suffix)).map(|&(_, provider)| provider)
    }

    /// What the provider's codes speak for, where the registry says something else or nothing.
    pub(super) const fn means(
        self,
        code: ReplyCode,
        enhanced: Option<EnhancedStatusCode>,
    ) -> &'static [(Reason, u8)] {
        let detail = match enhanced {
            Some(enhanced) => (enhanced.subject(), enhanced.detail()),
            None => (0, 0),
        };
        match (self, code.get(), detail) {
            (Self::Google, 421 | 450 | 550, (7, 28)) => &[(RateLimited, 40)],
            (Self::Google, 550, (7, 26)) => &[(AuthFailed, 20)],
            (Self::Google, 450 | 452, (2, 1)) => &[(RecipientRateLimited, 55)],
            (Self::Microsoft, 550, (4, 1)) => &[(MailboxUnknown, 45)],
            (Self::Microsoft, 550, (7, 1 | 511 | 606)) => &[(IpBlocked, 20)],
            (Self::Yahoo, 421, (7, 0)) => &[(BadReputation, 25)],
            (Self::Yahoo, 554, (7, 9)) => &[(AuthDmarc, 35)],
            (Self::Apple, 554, (7, 1)) => &[(SpamContent, 20)],
            (Self::Apple, 450, (1, 1 | 2)) => &[(MailboxUnknown, 15)],
            (Self::TOnline, 554, _) => &[(IpBlocked, 30)],
            (Self::UnitedInternet, 554, _) => &[(IpBlocked, 20)],
            (Self::Orange | Self::LaPoste, 421, _) => &[(RateLimited, 20)],
            (Self::Docomo | Self::Kddi | Self::SoftBank, 550, (0, 0)) => &[(MailboxUnknown, 22)],
            (Self::Kddi, 550, (2, 0)) => &[(MailboxUnknown, 22)],
            (Self::Comcast, 554, _) => &[(IpBlocked, 20)],
            _ => &[],
        }
    }
}

const HOSTS: &[(&str, Provider)] = &[
    ("google.com", Provider::Google),
    ("googlemail.com", Provider::Google),
    ("outlook.com", Provider::Microsoft),
    ("hotmail.com", Provider::Microsoft),
    ("office365.us", Provider::Microsoft),
    ("mx.microsoft", Provider::Microsoft),
    ("yahoodns.net", Provider::Yahoo),
    ("yahoo.com", Provider::Yahoo),
    ("aol.com", Provider::Yahoo),
    ("icloud.com", Provider::Apple),
    ("me.com", Provider::Apple),
    ("apple.com", Provider::Apple),
    ("gmx.net", Provider::UnitedInternet),
    ("mail.com", Provider::UnitedInternet),
    ("web.de", Provider::UnitedInternet),
    ("kundenserver.de", Provider::UnitedInternet),
    ("ionos.com", Provider::UnitedInternet),
    ("t-online.de", Provider::TOnline),
    ("orange.fr", Provider::Orange),
    ("wanadoo.fr", Provider::Orange),
    ("laposte.net", Provider::LaPoste),
    ("qq.com", Provider::Tencent),
    ("mxhichina.com", Provider::Tencent),
    ("netease.com", Provider::NetEase),
    ("163.com", Provider::NetEase),
    ("126.com", Provider::NetEase),
    ("docomo.ne.jp", Provider::Docomo),
    ("ezweb.ne.jp", Provider::Kddi),
    ("au.com", Provider::Kddi),
    ("uqmobile.jp", Provider::Kddi),
    ("softbank.ne.jp", Provider::SoftBank),
    ("softbank.jp", Provider::SoftBank),
    ("ymobile.ne.jp", Provider::SoftBank),
    ("mail.ru", Provider::MailRu),
    ("yandex.net", Provider::Yandex),
    ("yandex.ru", Provider::Yandex),
    ("comcast.net", Provider::Comcast),
    ("mimecast.com", Provider::Mimecast),
    ("pphosted.com", Provider::Proofpoint),
    ("ppe-hosted.com", Provider::Proofpoint),
];
