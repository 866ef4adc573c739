//! What the lines of an answer say: one line or many, as the command has it.

use mail_errors::ParseError;
use mail_wire::{BareNewline, DotUnstuffer, Terminator};

use crate::{
    Capabilities, Capability, Defects, Deviation, LanguageListing, Profile, Response, Status,
    UniqueId, UniqueIdListing, Verb, Violation, parse,
};

use super::{Client, Event, Stage, Timer, receive::Reading};

impl Client {
    /// A line that should be a status, or a challenge.
    pub(super) fn status(&mut self, line: &[u8], mut defects: Defects) {
        let profile = self.config.profile;
        if self.is_challenged()
            && let Some(challenge) = parse::challenge(line, profile, &mut defects)
        {
            self.tolerated_all(&defects);
            return self.challenged(challenge);
        }
        let is_greeting = self.stage == Stage::Greeting;
        if line == b"." && !is_greeting && defects.tolerate(profile, Deviation::StrayTerminator, 0)
        {
            return self.tolerated_all(&defects);
        }
        match parse::response(line, profile, &mut defects) {
            Ok(response) => {
                let response = response.into_owned();
                self.response(line.len(), response, defects);
            }
            Err(error) => self.over(Err(Violation::NotAResponse(error))),
        }
    }

    /// A line of an answer that has many.
    pub(super) fn item(&mut self, line: &[u8], mut defects: Defects) {
        let profile = self.config.profile;
        let single = self.flight.front().is_some_and(|sent| sent.single);
        // One line was asked for, and many were awaited because it was none: maybe in vain.
        if single && parse::response(line, Profile::STRICT, &mut Defects::new()).is_ok() {
            self.finish_many();
            return self.status(line, defects);
        }
        // RFC 1939 3: a dot alone ends the answer; any other dot at the start is a stuffed one.
        let line = match line {
            b"." => {
                self.tolerated_all(&defects);
                return self.finish_many();
            }
            [b'.', rest @ ..] => rest,
            line => line,
        };
        if self.is_over_long(line.len() + 1) {
            return;
        }
        match &mut self.reading {
            Reading::Capabilities(offers) => {
                let read = offers.add(line, &mut defects);
                self.tolerated_all(&defects);
                if let Err(error) = read {
                    self.tell(|handle| Event::Malformed { handle, error });
                }
            }
            Reading::Scan => {
                let listing = parse::scan_listing(line, profile, &mut defects);
                self.tell_parsed(listing, &defects, |handle, listing| Event::Listed {
                    handle,
                    listing,
                });
            }
            Reading::Ids => {
                let listing = self.unique_id_listing(line, &mut defects);
                self.tell_parsed(listing, &defects, |handle, listing| Event::Id {
                    handle,
                    listing,
                });
            }
            Reading::Languages => {
                let listing = parse::language_listing(line).map(LanguageListing::into_owned);
                self.tell_parsed(listing, &defects, |handle, listing| Event::Language {
                    handle,
                    listing,
                });
            }
            Reading::Status | Reading::Body(_) => {}
        }
    }

    /// Counts a line of a list, which has so many octets. Tells whether it is one too many, which is
    /// the end.
    pub(super) fn is_over_long(&mut self, octets: usize) -> bool {
        let limits = &self.config.limits;
        let (more, most, end) = match self.reading {
            Reading::Capabilities(_) => {
                let limit = limits.capabilities;
                (octets, limit, Violation::TooManyCapabilities { limit })
            }
            Reading::Scan | Reading::Ids | Reading::Languages => {
                let limit = limits.listing;
                let most = usize::try_from(limit).unwrap_or(usize::MAX);
                (1, most, Violation::ListingTooLong { limit })
            }
            Reading::Status | Reading::Body(_) => return false,
        };
        self.listed = self.listed.saturating_add(more);
        let is_over = self.listed > most;
        if is_over {
            self.over(Err(end));
        }
        is_over
    }

    fn unique_id_listing(
        &self,
        line: &[u8],
        defects: &mut Defects,
    ) -> Result<UniqueIdListing, ParseError> {
        let listing = parse::unique_id_listing(line, self.config.profile, defects)?;
        let most = self.config.limits.unique_id.max(UniqueId::MAX);
        match listing.id() {
            Some(id) if id.as_bytes().len() > most => {
                let at = line.len() - id.as_bytes().len() + most;
                Err(ParseError::at(line, at, "end of the unique id"))
            }
            Some(_) | None => Ok(listing),
        }
    }

    /// The first line of an answer, which has so many octets.
    fn response(&mut self, octets: usize, response: Response<'static>, mut defects: Defects) {
        let profile = self.config.profile;
        if self.stage == Stage::Greeting {
            self.tolerated_all(&defects);
            return self.greeted(response);
        }
        self.clock.clear(Timer::Answer);
        let Some(sent) = self.flight.front() else { return self.unasked(response) };
        let (verb, single) = (sent.verb, sent.single);
        if response.status() == Status::Err {
            self.tolerated_all(&defects);
            return self.answered(response);
        }
        if self.awaits_prompt() && defects.tolerate(profile, Deviation::OkForChallenge, 0) {
            self.tolerated_all(&defects);
            return self.challenged(response.line().as_bytes());
        }
        self.note_unlisted(verb, &mut defects);
        let many = match verb {
            Verb::Capa => Some(Reading::Capabilities(Capabilities::new(profile))),
            Verb::List if !single => Some(Reading::Scan),
            Verb::Uidl if !single => Some(Reading::Ids),
            Verb::Lang if !single => Some(Reading::Languages),
            Verb::Retr | Verb::Top => Some(Reading::Body(self.unstuffer())),
            Verb::List
            | Verb::Uidl
            | Verb::Lang
            | Verb::User
            | Verb::Pass
            | Verb::Apop
            | Verb::Auth
            | Verb::Stls
            | Verb::Utf8
            | Verb::Stat
            | Verb::Dele
            | Verb::Rset
            | Verb::Noop
            | Verb::Quit => None,
        };
        if let Some(many) = many {
            self.tolerated_all(&defects);
            return self.begin_many(many, response);
        }
        let text = response.line().as_bytes();
        let at = octets - text.len();
        let mut found = Defects::new();
        match verb {
            Verb::Stat => {
                let listing = parse::drop_listing(text, profile, &mut found);
                defects.add(&found, at);
                self.tell_parsed(listing, &defects, |handle, listing| Event::Stat {
                    handle,
                    listing,
                });
            }
            Verb::List => {
                let listing = parse::scan_listing(text, profile, &mut found);
                if listing.is_err() && self.is_many_for_one(text, &mut defects) {
                    return self.begin_many(Reading::Scan, response);
                }
                defects.add(&found, at);
                self.tell_parsed(listing, &defects, |handle, listing| Event::Listed {
                    handle,
                    listing,
                });
            }
            Verb::Uidl => {
                let listing = self.unique_id_listing(text, &mut found);
                if listing.is_err() && self.is_many_for_one(text, &mut defects) {
                    return self.begin_many(Reading::Ids, response);
                }
                defects.add(&found, at);
                self.tell_parsed(listing, &defects, |handle, listing| Event::Id {
                    handle,
                    listing,
                });
            }
            Verb::User
            | Verb::Pass
            | Verb::Apop
            | Verb::Auth
            | Verb::Capa
            | Verb::Stls
            | Verb::Utf8
            | Verb::Lang
            | Verb::Retr
            | Verb::Top
            | Verb::Dele
            | Verb::Rset
            | Verb::Noop
            | Verb::Quit => self.tolerated_all(&defects),
        }
        self.answered(response);
    }

    /// Waits for the lines behind the first.
    fn begin_many(&mut self, many: Reading, response: Response<'static>) {
        self.reading = many;
        (self.moved, self.listed) = (0, 0);
        self.has_nul = false;
        self.first_line = Some(response);
    }

    /// Tells whether lines follow although one was asked for: what it should say is not in the
    /// first.
    fn is_many_for_one(&mut self, text: &[u8], defects: &mut Defects) -> bool {
        let is_number = text.first().is_some_and(u8::is_ascii_digit);
        let profile = self.config.profile;
        let many = !is_number && defects.tolerate(profile, Deviation::ManyLinesForOne, 0);
        if many {
            self.tolerated_all(defects);
        }
        many
    }

    /// How a message is read behind the first line of its answer.
    fn unstuffer(&self) -> DotUnstuffer {
        let unstuffer = DotUnstuffer::new(self.config.bodies);
        let is_tolerated = self.config.profile.tolerates(Deviation::DotAndBareNewline);
        if !is_tolerated || self.config.bodies == BareNewline::Reject {
            return unstuffer;
        }
        // What ends its first line in LF alone ends the others so.
        unstuffer.ended_by(if self.is_bare { Terminator::LfLines } else { Terminator::Lf })
    }

    /// Notes, once each, that TOP or UIDL works although it is not offered.
    fn note_unlisted(&mut self, verb: Verb, defects: &mut Defects) {
        let (told, capability) = match verb {
            Verb::Top => (&mut self.unlisted.0, Capability::Top),
            Verb::Uidl => (&mut self.unlisted.1, Capability::Uidl),
            Verb::User
            | Verb::Pass
            | Verb::Apop
            | Verb::Auth
            | Verb::Capa
            | Verb::Stls
            | Verb::Utf8
            | Verb::Lang
            | Verb::Stat
            | Verb::List
            | Verb::Retr
            | Verb::Dele
            | Verb::Rset
            | Verb::Noop
            | Verb::Quit => return,
        };
        let is_known = self.capabilities.as_ref().is_some_and(|offers| !offers.has(&capability));
        if !*told && is_known {
            *told = defects.tolerate(self.config.profile, Deviation::UnlistedCommand, 0);
        }
    }
}
