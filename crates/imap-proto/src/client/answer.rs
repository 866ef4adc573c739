//! What the application answers, and takes back.

use bytes::Bytes;
use mail_errors::Misuse;
use mail_wire::Sink;

use super::{
    Client, ClientError, Event, Handle, NotSent,
    plan::{Ending, InFlight, Order, Queued, Stage},
};
use crate::{CommandBody, Verb};

impl Client {
    /// Gives octets of the message that [`Event::WantBody`] asks for.
    ///
    /// More octets than were announced cut the connection.
    ///
    /// # Errors
    /// [`Misuse::UnknownId`] if this APPEND takes no octets now; [`Misuse::Unencodable`] for NUL,
    /// which cannot be in a message (RFC 9051 section 4.3). Nothing was sent.
    pub fn body(&mut self, handle: Handle, octets: Bytes) -> Result<(), Misuse> {
        let left = self.body_left(handle)?;
        if let Some(offset) = memchr::memchr(0, &octets) {
            return Err(Misuse::Unencodable { what: "message", octet: 0, offset });
        }
        match left.checked_sub(octets.len() as u64) {
            Some(rest) => {
                self.out.put_bytes(octets);
                if let Some(Stage::Body { left, asked, .. }) =
                    self.flight.back_mut().map(|command| &mut command.stage)
                {
                    (*left, *asked) = (rest, false);
                }
            }
            None => self.fail(ClientError::TornBody { missing: 0 }),
        }
        Ok(())
    }

    /// Says that the message is complete. Fewer octets than were announced cut the connection.
    ///
    /// # Errors
    /// [`Misuse::UnknownId`] if this APPEND takes no octets now.
    pub fn body_end(&mut self, handle: Handle) -> Result<(), Misuse> {
        let missing = self.body_left(handle)?;
        if missing > 0 {
            self.fail(ClientError::TornBody { missing });
            return Ok(());
        }
        self.out.put(b"\r\n");
        let Some(command) = self.flight.back_mut() else { return Ok(()) };
        if let Stage::Body { early: Some(how), .. } =
            std::mem::replace(&mut command.stage, Stage::Sent)
        {
            let at = self.flight.len() - 1;
            self.finish(at, how);
        }
        Ok(())
    }

    /// Says that the rest of the message cannot be had. It cuts the connection, so that no torn
    /// message looks whole.
    ///
    /// # Errors
    /// [`Misuse::UnknownId`] if this APPEND takes no octets now.
    pub fn body_failed(&mut self, handle: Handle) -> Result<(), Misuse> {
        let missing = self.body_left(handle)?;
        self.fail(ClientError::TornBody { missing });
        Ok(())
    }

    fn body_left(&self, handle: Handle) -> Result<u64, Misuse> {
        match self.flight.back() {
            Some(InFlight { handle: Some(own), stage: Stage::Body { left, .. }, .. })
                if *own == handle =>
            {
                Ok(*left)
            }
            Some(_) | None => Err(Misuse::UnknownId { what: "message", id: handle.0 }),
        }
    }

    /// Ends an IDLE. Its [`Event::Done`] follows.
    ///
    /// # Errors
    /// [`Misuse::UnknownId`] if that is no IDLE which goes on.
    pub fn done(&mut self, handle: Handle) -> Result<(), Misuse> {
        let is_idle = |order: &Order| matches!(order, Order::Command(CommandBody::Idle));
        let queued = |next: &Queued| next.handle == handle && is_idle(&next.order);
        if let Some(at) = self.queue.iter().position(queued) {
            self.queue.remove(at);
            self.events.push_back(Event::NotSent { handle, why: NotSent::Cancelled });
            return Ok(());
        }
        match self.flight.back() {
            Some(InFlight { handle: Some(own), verb: Verb::Idle, .. }) if *own == handle => {
                self.end_idle(Ending::Done);
                Ok(())
            }
            Some(_) | None => Err(Misuse::UnknownId { what: "IDLE", id: handle.0 }),
        }
    }

    /// Forgets a command: it is not sent if it has not been, and else nothing more is told of it.
    /// What it does to the session (a mailbox that it selects) happens all the same.
    ///
    /// # Errors
    /// [`Misuse::UnknownId`] if the command is over; [`Misuse::WrongMoment`] for an APPEND whose
    /// message is on its way, which [`body_failed`](Self::body_failed) cuts.
    pub fn forget(&mut self, handle: Handle) -> Result<(), Misuse> {
        if let Some(at) = self.queue.iter().position(|next| next.handle == handle) {
            self.queue.remove(at);
            return Ok(());
        }
        let own = self.flight.iter_mut().find(|command| command.handle == Some(handle));
        let Some(command) = own else {
            return Err(Misuse::UnknownId { what: "command", id: handle.0 });
        };
        if matches!(command.stage, Stage::Body { .. } | Stage::Literals { size: Some(_), .. }) {
            return Err(Misuse::WrongMoment { call: "forget", state: "sending a message" });
        }
        command.forgotten = true;
        let idles = command.verb == Verb::Idle;
        self.events.retain(|event| event.handle() != Some(handle));
        if idles {
            self.end_idle(Ending::Done);
        }
        Ok(())
    }
}
