//! Errors on their way from SQLite to the callers, who are not to hear of SQLite.

use rusqlite::{Error, ErrorCode};

use crate::store::{Noun, StoreError};

/// What ends a piece of work inside this module.
#[derive(Debug)]
pub(super) enum Failure {
    /// It is in the words of the store already.
    Store(StoreError),
    /// SQLite said so.
    Sqlite(Error),
}

impl Failure {
    pub(super) const fn not_found(what: Noun) -> Self {
        Self::Store(StoreError::NotFound { what })
    }

    pub(super) const fn exists(what: Noun) -> Self {
        Self::Store(StoreError::Exists { what })
    }

    pub(super) const fn conflict(what: Noun, why: &'static str) -> Self {
        Self::Store(StoreError::Conflict { what, why })
    }

    pub(super) fn numbers_used_up() -> Self {
        let limit = u64::from(u32::MAX);
        Self::Store(StoreError::TooMany { what: Noun::Number, limit })
    }

    /// Tells what makes no sense about a row.
    ///
    /// # Errors
    /// If it is not the row but the machinery: other rows would fare no better.
    pub(super) fn of_the_row(self) -> Result<StoreError, Self> {
        match self {
            Self::Store(error @ StoreError::Corrupt { .. }) => Ok(error),
            Self::Sqlite(
                error @ (Error::FromSqlConversionFailure(..)
                | Error::InvalidColumnType(..)
                | Error::IntegralValueOutOfRange(..)
                | Error::Utf8Error(..)),
            ) => Ok(StoreError::corrupt(error)),
            other @ (Self::Store(_) | Self::Sqlite(_)) => Err(other),
        }
    }

    pub(super) fn corrupt(detail: impl std::fmt::Display) -> Self {
        Self::Store(StoreError::corrupt(detail))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Failure {
    /// Says it in the words of the store.
    pub(super) fn told(self) -> StoreError {
        let error = match self {
            Self::Store(error) => return error,
            Self::Sqlite(error) => error,
        };
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                StoreError::Busy { what: Noun::Store }
            }
            Some(ErrorCode::DiskFull) => StoreError::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StoreError::corrupt(error)
            }
            _ => StoreError::backend(error),
        }
    }
}
