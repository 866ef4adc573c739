//! Whose untagged data is: the command that asked for it, or nobody.

use std::num::NonZeroU32;

use bytes::Bytes;

use super::{
    BodyStart, Client, Event, Handle,
    plan::{Asks, InFlight, Kinds},
};
use crate::{
    BodyText, Capabilities, Code, FetchAttribute, FetchAttributes, Fetched, MailboxName, Response,
    ResponseText,
};

/// Who asked for some data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// This command.
    Command(Handle),
    /// A command that is the session's own or was forgotten: nobody is told.
    Silent,
    /// Nobody.
    None,
}

impl Client {
    /// Takes untagged data in and tells it.
    pub(super) fn untagged(&mut self, response: Response<'_>) {
        if let Response::Expunge(number) = response {
            return self.expunged(number);
        }
        if let Response::Fetch(fetched) = response {
            return self.fetched(fetched);
        }
        if let Some(mailbox) = self.opening.as_mut().or(self.mailbox.as_mut()) {
            mailbox.apply(&response);
        }
        if let Response::Capability(list) = &response {
            self.told_capabilities(list);
        } else if let Response::Status { text, .. } = &response {
            self.learn_capabilities(text);
        }
        let asker = self.asker(|asks| asked(asks, &response));
        self.tell(asker, response);
    }

    /// Keeps what a response code tells of the server.
    pub(super) fn learn_capabilities(&mut self, text: &ResponseText<'_>) {
        if let Some(Code::Capability(list)) = text.code() {
            self.told_capabilities(list);
        }
    }

    fn told_capabilities(&mut self, list: &Capabilities<'_>) {
        self.capabilities = Some(list.clone().into_owned());
        self.told_since_login = true;
    }

    /// A FETCH response is complete. Its texts that were streamed have been told.
    fn fetched(&mut self, fetched: Fetched<'_>) {
        if let Some(mailbox) = self.opening.as_mut().or(self.mailbox.as_mut()) {
            mailbox.apply(&Response::Fetch(fetched.clone()));
        }
        let asker = match self.text.take() {
            Some(text) => self.still(text.asker),
            None => self.fetch_asker(&fetched),
        };
        if let Asker::Command(handle) = asker {
            self.tell_texts(handle, &fetched);
        }
        self.tell(asker, Response::Fetch(fetched));
    }

    /// Texts that came joined to their response are told as those that were streamed; at most as
    /// many as the command asks for, so that one response cannot become a million events.
    fn tell_texts(&mut self, handle: Handle, fetched: &Fetched<'_>) {
        let own = self.flight.iter().find(|command| command.handle == Some(handle));
        let Some(Asks::Fetch { texts, .. }) = own.map(|command| &command.asks) else { return };
        let mut left = *texts;
        let number = fetched.number;
        let uid = fetched.attributes.uid().or_else(|| self.uid_of(number));
        let mut before = Vec::new();
        for attribute in fetched.attributes.iter() {
            let Some(octets) = attribute.text().and_then(BodyText::as_bytes) else {
                before.push(attribute);
                continue;
            };
            if left == 0 {
                return;
            }
            left -= 1;
            let binary = matches!(attribute.text(), Some(BodyText::Binary(_)));
            let text = BodyText::Streamed { octets: octets.len() as u64, binary };
            self.events.push_back(Event::BodyStart(BodyStart {
                handle,
                number,
                uid,
                before: FetchAttributes::new(std::mem::take(&mut before)),
                attribute: with_text(&attribute, text),
                octets: octets.len() as u64,
            }));
            if !octets.is_empty() {
                let octets = Bytes::copy_from_slice(octets);
                self.events.push_back(Event::Body { handle, octets });
            }
            self.events.push_back(Event::BodyEnd { handle });
        }
    }

    fn expunged(&mut self, number: NonZeroU32) {
        self.expunges += 1;
        let mailbox = self.opening.as_mut().or(self.mailbox.as_mut());
        let uid = mailbox.and_then(|mailbox| mailbox.expunge(number));
        let handle = match self.asker(|asks| matches!(asks, Asks::Expunge | Asks::Move)) {
            Asker::Command(handle) => Some(handle),
            Asker::Silent | Asker::None => None,
        };
        self.events.push_back(Event::Expunged { handle, number, uid });
    }

    fn tell(&mut self, asker: Asker, response: Response<'_>) {
        self.events.push_back(match asker {
            Asker::Command(handle) => Event::Data { handle, response: response.into_owned() },
            Asker::None => Event::Unsolicited(response.into_owned()),
            Asker::Silent => return,
        });
    }

    /// Finds the command in flight that asks for it.
    fn asker(&self, asks: impl Fn(&Asks) -> bool) -> Asker {
        self.flight.iter().find(|command| asks(&command.asks)).map_or(Asker::None, asker_of)
    }

    /// Finds the command that asked for what the response tells.
    fn fetch_asker(&self, fetched: &Fetched<'_>) -> Asker {
        let told = fetched.attributes.iter().map(|attribute| Kinds::of(&attribute));
        let told = told.fold(Kinds::default(), Kinds::and);
        self.asker_of_message(fetched.number, fetched.attributes.uid(), told)
    }

    /// Finds the command that asked for these kinds of things of this message.
    pub(super) fn asker_of_message(
        &self,
        number: NonZeroU32,
        uid: Option<NonZeroU32>,
        told: Kinds,
    ) -> Asker {
        let exists = self.mailbox.as_ref().map_or(0, super::Mailbox::exists);
        let uid = uid.or_else(|| self.uid_of(number));
        let is_last = number.get() == exists;
        self.asker(|asks| match asks {
            Asks::Fetch { uid: by_uid, wanted, kinds, .. } => {
                // Nobody sends texts unasked, so one belongs here even if its UID comes later.
                let is_text = told.has(Kinds::TEXT) && kinds.has(Kinds::TEXT);
                let own = if *by_uid { uid } else { Some(number) };
                told.has(*kinds) && own.map_or(is_text, |own| wanted.has(own.get(), is_last))
            }
            Asks::Store { uid: by_uid, wanted } => {
                let own = if *by_uid { uid } else { Some(number) };
                told.has(Kinds::FLAGS) && own.is_some_and(|own| wanted.has(own.get(), is_last))
            }
            Asks::Nothing
            | Asks::Capability
            | Asks::Enable
            | Asks::Id
            | Asks::Namespace
            | Asks::List { .. }
            | Asks::Lsub
            | Asks::Status(_)
            | Asks::Select
            | Asks::Search
            | Asks::Expunge
            | Asks::Move => false,
        })
    }

    /// Returns the UID of a message, if the session has learnt it.
    pub(super) fn uid_of(&self, number: NonZeroU32) -> Option<NonZeroU32> {
        let mailbox = self.mailbox.as_ref()?;
        mailbox.numbers().uid(number.get()).and_then(NonZeroU32::new)
    }
}

pub(super) fn asker_of(command: &InFlight) -> Asker {
    match command.handle {
        Some(handle) if !command.forgotten => Asker::Command(handle),
        Some(_) | None => Asker::Silent,
    }
}

/// Tells whether a command that asks for `asks` is answered by this response. FETCH and EXPUNGE
/// have rules of their own.
fn asked(asks: &Asks, response: &Response<'_>) -> bool {
    match response {
        Response::Capability(_) => matches!(asks, Asks::Capability),
        Response::Enabled(_) => matches!(asks, Asks::Enable),
        Response::Id(_) => matches!(asks, Asks::Id),
        Response::Namespace(_) => matches!(asks, Asks::Namespace),
        Response::List(_) => matches!(asks, Asks::List { .. }),
        Response::Lsub(_) => matches!(asks, Asks::Lsub),
        Response::MailboxStatus(status) => is_status_of(asks, &status.mailbox),
        Response::Search(_) | Response::Esearch(_) => matches!(asks, Asks::Search),
        Response::Flags(_) | Response::Exists(_) | Response::Recent(_) => {
            matches!(asks, Asks::Select)
        }
        Response::Status { text, .. } => match text.code() {
            Some(
                Code::PermanentFlags(_)
                | Code::UidNext(_)
                | Code::UidValidity(_)
                | Code::Unseen(_)
                | Code::UidNotSticky
                | Code::HighestModSeq(_)
                | Code::NoModSeq
                | Code::Closed
                | Code::ReadOnly
                | Code::ReadWrite,
            ) => matches!(asks, Asks::Select),
            // RFC 6851 4.3: MOVE tells it in an untagged OK.
            Some(Code::CopyUid { .. }) => matches!(asks, Asks::Move),
            Some(_) | None => false,
        },
        Response::Fetch(_)
        | Response::Expunge(_)
        | Response::Continue(_)
        | Response::Done { .. }
        | Response::PreAuth(_)
        | Response::Bye(_)
        | Response::Other(_) => false,
    }
}

fn is_status_of(asks: &Asks, mailbox: &MailboxName<'_>) -> bool {
    if let Asks::Status(own) = asks {
        return own == mailbox;
    }
    matches!(asks, Asks::List { with_status: true })
}

/// The same attribute with another text.
fn with_text(attribute: &FetchAttribute<'_>, text: BodyText<'static>) -> FetchAttribute<'static> {
    let mut attribute = attribute.clone();
    match &mut attribute {
        FetchAttribute::Rfc822(old)
        | FetchAttribute::Rfc822Header(old)
        | FetchAttribute::Rfc822Text(old)
        | FetchAttribute::Section { text: old, .. }
        | FetchAttribute::Binary { text: old, .. } => *old = text,
        FetchAttribute::Flags(_)
        | FetchAttribute::Uid(_)
        | FetchAttribute::InternalDate(_)
        | FetchAttribute::Rfc822Size(_)
        | FetchAttribute::Envelope(_)
        | FetchAttribute::Body(_)
        | FetchAttribute::BodyStructure(_)
        | FetchAttribute::BinarySize { .. }
        | FetchAttribute::Other { .. } => {}
    }
    attribute.into_owned()
}
