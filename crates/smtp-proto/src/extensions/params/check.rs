//! Parameters held against what was offered: RFC 5321 4.1.1.11, and the limits of the extensions.

use crate::{
    ByMode, Capabilities, CommandFault, Defects, Deviation, Extension, Extensions, Hold, Offer,
    Profile,
};

use super::{MailParams, Param, Range, RcptParams, iter};

impl<T: AsRef<[u8]>> MailParams<T> {
    /// Holds them against what was offered: which extensions, and within which limits. What
    /// `profile` tolerates is reported into `defects`, with its offset in
    /// [the text](Self::as_wire); nothing may follow from it.
    ///
    /// # Errors
    /// [`CommandFault::UnknownParameter`] or [`CommandFault::NotOffered`] for what no offer covers,
    /// [`CommandFault::NotImplemented`] for BODY=BINARYMIME without BINARYMIME;
    /// [`CommandFault::TooSoon`], [`CommandFault::HeldTooLong`] or [`CommandFault::Unsolicited`]
    /// for what an offer excludes, or a deadline (RFC 4865 5.2.2). SIZE is not among them: what is over its limit is refused for
    /// what it is (RFC 1870 6.1).
    pub fn check<C: AsRef<[u8]>>(
        &self,
        offered: &Capabilities<C>,
        profile: Profile,
        defects: &mut Defects,
    ) -> Result<(), CommandFault> {
        // Exchange sends AUTH=<> to servers that do not offer AUTH.
        let harmless = self.read.auth.is_some_and(|auth| auth.of(self.raw.as_ref()) == b"<>");
        let given = Given {
            text: self.as_wire(),
            extensions: self.extensions(),
            unknown: self.read.other,
            auth_is_harmless: harmless,
        };
        given.check(offered.extensions(), profile, defects)?;
        let read = &self.read;
        if read.by.is_none() && read.hold.is_none() && read.solicit.is_none() {
            return Ok(());
        }
        // RFC 4865 5.2.2: kept back for longer than there is time to deliver it.
        if let (Some(by), Some(Hold::For(held))) = (read.by, read.hold)
            && i64::from(by.seconds()) < i64::from(held.get())
        {
            return Err(CommandFault::HeldTooLong);
        }
        offered.iter().try_for_each(|offer| self.check_terms(&offer))
    }

    /// Holds them against the limits of an offer.
    fn check_terms(&self, offer: &Offer<&[u8]>) -> Result<(), CommandFault> {
        if let (Offer::DeliverBy(Some(least)), Some(by)) = (offer, self.read.by) {
            // RFC 2852 4: what cannot be kept is not promised.
            if by.mode() == ByMode::Return && i64::from(by.seconds()) < least.get().into() {
                return Err(CommandFault::TooSoon);
            }
        } else if let (Offer::FutureRelease(most), Some(hold)) = (offer, self.read.hold) {
            if !most.holds(hold) {
                return Err(CommandFault::HeldTooLong);
            }
        } else if let (Offer::NoSoliciting(Some(unwanted)), Some(given)) =
            (offer, self.solicitation())
        {
            // RFC 3865 2: these keywords are not taken from anybody.
            if given.iter().any(|one| unwanted.iter().any(|no| no.eq_ignore_ascii_case(one))) {
                return Err(CommandFault::Unsolicited);
            }
        }
        Ok(())
    }
}

impl<T: AsRef<[u8]>> RcptParams<T> {
    /// Holds them against what was offered. What `profile` tolerates is reported into `defects`,
    /// with its offset in [the text](Self::as_wire); nothing may follow from it.
    ///
    /// # Errors
    /// [`CommandFault::UnknownParameter`] or [`CommandFault::NotOffered`] for what no offer covers.
    pub fn check<C: AsRef<[u8]>>(
        &self,
        offered: &Capabilities<C>,
        profile: Profile,
        defects: &mut Defects,
    ) -> Result<(), CommandFault> {
        let given = Given {
            text: self.as_wire(),
            extensions: self.extensions(),
            unknown: self.read.other,
            auth_is_harmless: false,
        };
        given.check(offered.extensions(), profile, defects)
    }
}

/// The parameters of a command, as far as they depend on what was offered.
struct Given<'a> {
    text: &'a [u8],
    extensions: Extensions,
    unknown: Option<Range>,
    auth_is_harmless: bool,
}

impl Given<'_> {
    /// RFC 5321 4.1.1.11: what was not offered may not be used.
    fn check(
        &self,
        offered: Extensions,
        profile: Profile,
        defects: &mut Defects,
    ) -> Result<(), CommandFault> {
        if let Some(unknown) = self.unknown
            && !defects.tolerate(profile, Deviation::UnknownParameter, unknown.start as usize)
        {
            return Err(CommandFault::UnknownParameter);
        }
        for extension in self.extensions.without(offered).iter() {
            let tolerated = if extension == Extension::Auth && self.auth_is_harmless {
                Some((Deviation::UnofferedAuth, &["AUTH"][..]))
            } else if extension == Extension::Dsn {
                Some((Deviation::UnofferedDsn, &["RET", "ENVID", "NOTIFY", "ORCPT"][..]))
            } else {
                None
            };
            if let Some((deviation, keywords)) = tolerated
                && defects.tolerate(profile, deviation, self.offset_of(keywords))
            {
                continue;
            }
            // RFC 5321 4.2.3: 504 for a value that is not done of a parameter that is.
            let is_value =
                extension == Extension::BinaryMime && offered.has(Extension::EightBitMime);
            return Err(match is_value {
                true => CommandFault::NotImplemented,
                false => CommandFault::NotOffered,
            });
        }
        Ok(())
    }

    /// Returns where the first of these stands.
    fn offset_of(&self, keywords: &[&str]) -> usize {
        let is_one = |one: &Param<'_>| {
            keywords.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(one.keyword))
        };
        let found = iter(self.text).find(is_one);
        found.map_or(0, |one| one.keyword.as_ptr() as usize - self.text.as_ptr() as usize)
    }
}
