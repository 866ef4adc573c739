//! The commands about mailboxes as a whole.

use imap_proto::{
    MailboxAttribute, MailboxAttributes, MailboxName, PlainCode, StatusItems,
    server::{ListRequest, Server},
};

use super::{
    Answered, Imap,
    convert::{no, status, stored_name, trouble, wire_name},
    missing, nonexistent,
};
use crate::store::{self, AccountId, Renamed, StoreError};

impl Imap {
    pub(super) fn create(&self, session: &mut Server, name: &MailboxName<'_>) -> Answered {
        self.change(session, name, |imap, account, name| {
            imap.store().create_mailbox(account, name).map(|_| ())
        })
    }

    pub(super) fn delete(&self, session: &mut Server, name: &MailboxName<'_>) -> Answered {
        self.change(session, name, |imap, account, name| {
            let deleted = imap.store().delete_mailbox(account, name)?;
            imap.office.news().gone(deleted.mailbox);
            Ok(())
        })
    }

    pub(super) fn rename(
        &self,
        session: &mut Server,
        from: &MailboxName<'_>,
        to: &MailboxName<'_>,
    ) -> Answered {
        let Some(to) = stored_name(to) else { return session.no(unusable()) };
        self.change(session, from, |imap, account, from| {
            match imap.store().rename_mailbox(account, from, &to)? {
                Renamed::Names(_) => {}
                Renamed::InboxEmptied { inbox, expunged, .. } => {
                    imap.office.news().expunged(inbox, &expunged, None);
                }
            }
            Ok(())
        })
    }

    pub(super) fn subscribe(
        &self,
        session: &mut Server,
        name: &MailboxName<'_>,
        on: bool,
    ) -> Answered {
        self.change(session, name, |imap, account, name| match on {
            true => imap.store().subscribe(account, name),
            false => imap.store().unsubscribe(account, name),
        })
    }

    pub(super) fn list(&self, session: &mut Server, request: &ListRequest) -> Answered {
        let Some(account) = &self.account else { return session.no(missing()) };
        let mailboxes = match self.store().mailboxes(account.id) {
            Ok(mailboxes) => mailboxes,
            Err(error) => return session.no(trouble(&error, nonexistent())),
        };
        if request.subscribed() {
            let names = match self.store().subscriptions(account.id) {
                Ok(names) => names,
                Err(error) => return session.no(trouble(&error, nonexistent())),
            };
            for name in names.iter().filter_map(wire_name) {
                session.listed(&name, MailboxAttributes::default())?;
            }
            return session.done();
        }
        for mailbox in &mailboxes {
            let Some(name) = wire_name(&mailbox.name) else { continue };
            let children = if mailbox.has_children { "HasChildren" } else { "HasNoChildren" };
            let noselect = (!mailbox.selectable).then_some("Noselect");
            let attributes = noselect.into_iter().chain([children]);
            let attributes = attributes.filter_map(|word| MailboxAttribute::new(word).ok());
            session.listed(&name, MailboxAttributes::new(attributes))?;
        }
        session.done()
    }

    pub(super) fn status(
        &self,
        session: &mut Server,
        name: &MailboxName<'_>,
        items: StatusItems,
    ) -> Answered {
        let Some(mailbox) = self.find(name) else { return session.no(missing()) };
        match self.store().status(mailbox) {
            Ok(numbers) => session.status(status(items, &numbers)),
            Err(error) => session.no(trouble(&error, nonexistent())),
        }
    }

    fn change(
        &self,
        session: &mut Server,
        name: &MailboxName<'_>,
        change: impl FnOnce(&Self, AccountId, &store::MailboxName) -> Result<(), StoreError>,
    ) -> Answered {
        let Some(account) = &self.account else { return session.no(missing()) };
        let Some(name) = stored_name(name) else { return session.no(unusable()) };
        match change(self, account.id, &name) {
            Ok(()) => session.done(),
            Err(error) => session.no(trouble(&error, nonexistent())),
        }
    }
}

fn unusable() -> imap_proto::ResponseText<'static> {
    no(PlainCode::Cannot, "the name cannot be used here")
}
