//! A mail message as byte ranges: header fields, addresses, dates, sections.
