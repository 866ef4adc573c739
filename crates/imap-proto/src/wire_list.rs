//! Lists that stay as they came: a checked slice of the wire, read item by item when asked.
//!
//! Checking costs one pass and no allocation, owning costs one copy, and what is never looked at
//! is never built.

/// Defines a list `$name` of `$item`, read by `parse::$parse` and written by `encode::$encode`.
macro_rules! wire_list {
    ($(#[$doc:meta])* $name:ident of $item:ident, $rule:ident) => {
        $(#[$doc])*
        #[derive(Clone, Default)]
        pub struct $name<'a>(std::borrow::Cow<'a, [u8]>);

        impl<'a> $name<'a> {
            /// Makes a list of these, in this order.
            pub fn new<'i>(items: impl IntoIterator<Item = $item<'i>>) -> Self {
                let mut wire = Vec::new();
                for item in items {
                    if !wire.is_empty() {
                        wire.push(b' ');
                    }
                    crate::encode::Writer::scratch(&mut wire, |w| crate::encode::$rule(w, &item));
                }
                Self(std::borrow::Cow::Owned(wire))
            }

            /// Takes a slice that a parser has checked: items with single spaces between them.
            #[allow(dead_code, reason = "every list has the same methods")]
            pub(crate) const fn checked(wire: &'a [u8]) -> Self {
                Self(std::borrow::Cow::Borrowed(wire))
            }

            /// Returns the items in order.
            pub fn iter(&self) -> impl Iterator<Item = $item<'_>> + Clone {
                crate::parse::Items::new(&self.0, crate::parse::$rule)
            }

            /// Tells whether there is none.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.iter().next().is_none()
            }

            /// Copies what is borrowed.
            #[must_use]
            pub fn into_owned(self) -> $name<'static> {
                $name(std::borrow::Cow::Owned(self.0.into_owned()))
            }
        }

        impl<'i> FromIterator<$item<'i>> for $name<'_> {
            fn from_iter<I: IntoIterator<Item = $item<'i>>>(items: I) -> Self {
                Self::new(items)
            }
        }

        impl PartialEq for $name<'_> {
            fn eq(&self, other: &Self) -> bool {
                self.iter().eq(other.iter())
            }
        }

        impl Eq for $name<'_> {}

        impl std::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_list().entries(self.iter()).finish()
            }
        }
    };
}
pub(crate) use wire_list;
