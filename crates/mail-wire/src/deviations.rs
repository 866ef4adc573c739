//! Departures from a grammar that are tolerated, and the report of them: the same in every protocol
//! but for what can go wrong in it. Hence two macros, so that each crate has types of its own.

/// Defines a crate's `Deviation`, and its `Defect` and `Defects` with it.
///
/// `Deviation` names the departures from the grammar that can be tolerated, 64 at most. What stands
/// behind a name is what it prints. A `Defect` is one of them with the place where it was met, and
/// `Defects` are those of one line: of each sort the first, without heap memory.
///
/// A parser calls `Defects::report`, which stays within its crate. Whether something is tolerated
/// at all is up to a [`profile!`](crate::profile).
///
/// ```
/// mail_wire::deviations! {
///     /// What greetings are known to have wrong.
///     pub enum Deviation {
///         /// Blanks at the end.
///         TrailingSpace: "blank at the end of the line",
///         /// `Hello` for `HELLO`.
///         LowerCase: "word that is not in upper case",
///     }
/// }
///
/// let mut defects = Defects::new();
/// defects.report(Deviation::TrailingSpace, 5);
/// defects.report(Deviation::TrailingSpace, 6);
/// let met: Vec<_> = defects.iter().map(|defect| defect.to_string()).collect();
/// assert_eq!(met, ["blank at the end of the line at offset 5"]);
/// ```
#[macro_export]
macro_rules! deviations {
    (
        $(#[$about:meta])*
        pub enum Deviation {
            $($(#[$doc:meta])* $name:ident: $text:literal,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Deviation {
            $($(#[$doc])* $name,)+
        }

        impl Deviation {
            /// Every deviation that has a name.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$name),+];

            const fn bit(self) -> u64 {
                1 << self as u64
            }
        }

        const _: () = assert!(Deviation::ALL.len() <= 64, "each has a bit");

        impl ::std::fmt::Display for Deviation {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)+
                })
            }
        }

        /// A deviation that was met and tolerated.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct Defect {
            deviation: Deviation,
            offset: u32,
        }

        impl Defect {
            /// Puts both together.
            pub(crate) fn new(deviation: Deviation, offset: usize) -> Self {
                // No line is nearly so long.
                Self { deviation, offset: u32::try_from(offset).unwrap_or(u32::MAX) }
            }

            /// Returns what it is.
            #[must_use]
            pub const fn deviation(self) -> Deviation {
                self.deviation
            }

            /// Returns where it stands, in octets from the start of what was read: a line, or an
            /// answer of several lines.
            #[must_use]
            pub const fn offset(self) -> usize {
                self.offset as usize
            }
        }

        impl ::std::fmt::Display for Defect {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, "{} at offset {}", self.deviation, self.offset)
            }
        }

        /// The defects of one line: of each sort the first. Holds no heap memory.
        #[derive(Clone, PartialEq, Eq)]
        pub struct Defects {
            /// Those that were met.
            met: u64,
            /// Where each stands, if it was met.
            offsets: [u32; Deviation::ALL.len()],
        }

        impl Defects {
            /// Starts with none.
            #[inline]
            #[must_use]
            pub const fn new() -> Self {
                Self { met: 0, offsets: [0; Deviation::ALL.len()] }
            }

            /// Returns them, one of each sort at most.
            pub fn iter(&self) -> impl Iterator<Item = Defect> {
                let met = Deviation::ALL.into_iter().zip(self.offsets);
                met.filter(|(one, _)| self.met & one.bit() != 0)
                    .map(|(deviation, offset)| Defect { deviation, offset })
            }

            /// Tells whether the line was as the grammar has it.
            #[must_use]
            pub const fn is_empty(&self) -> bool {
                self.met == 0
            }

            /// Adds those of a part that starts at `offset`.
            pub fn add(&mut self, part: &Self, offset: usize) {
                for defect in part.iter() {
                    self.report(defect.deviation, offset.saturating_add(defect.offset()));
                }
            }

            /// Notes that a deviation was met, unless one of the sort stands before it.
            #[cold]
            pub(crate) fn report(&mut self, deviation: Deviation, offset: usize) {
                if self.met & deviation.bit() != 0 {
                    return;
                }
                if let Some(slot) = self.offsets.get_mut(deviation as usize) {
                    self.met |= deviation.bit();
                    *slot = Defect::new(deviation, offset).offset;
                }
            }
        }

        impl Default for Defects {
            fn default() -> Self {
                Self::new()
            }
        }

        impl ::std::fmt::Debug for Defects {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_list().entries(self.iter()).finish()
            }
        }
    };
}

/// Defines a crate's `Profile`, a set of its [`deviations!`](crate::deviations): those that are
/// tolerated.
///
/// Which sets have a name, and which is the default, the crate says itself, starting from `NONE`
/// and `ALL`, which stay its own. So does `Defects::tolerate`, which its parsers call.
///
/// ```
/// mail_wire::deviations! {
///     /// What greetings are known to have wrong.
///     pub enum Deviation {
///         /// Blanks at the end.
///         TrailingSpace: "blank at the end of the line",
///         /// `Hello` for `HELLO`.
///         LowerCase: "word that is not in upper case",
///     }
/// }
/// mail_wire::profile! {
///     /// What is tolerated in greetings.
///     pub struct Profile;
/// }
///
/// impl Profile {
///     /// What good manners ask for.
///     pub const STRICT: Self = Self::NONE.tolerating(Deviation::TrailingSpace);
/// }
///
/// assert_eq!(format!("{:?}", Profile::STRICT), "{TrailingSpace}");
/// let mut defects = Defects::new();
/// assert!(defects.tolerate(Profile::STRICT, Deviation::TrailingSpace, 5));
/// assert!(!defects.tolerate(Profile::STRICT, Deviation::LowerCase, 0));
/// assert_eq!(defects.iter().count(), 1);
/// ```
#[macro_export]
macro_rules! profile {
    (
        $(#[$about:meta])*
        pub struct Profile;
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct Profile(u64);

        impl Profile {
            const NONE: Self = Self(0);
            const ALL: Self = Self(u64::MAX >> (64 - Deviation::ALL.len()));

            /// Tolerates this too.
            #[must_use]
            pub const fn tolerating(self, deviation: Deviation) -> Self {
                Self(self.0 | deviation.bit())
            }

            /// Refuses this.
            #[must_use]
            pub const fn refusing(self, deviation: Deviation) -> Self {
                Self(self.0 & !deviation.bit())
            }

            /// Tells whether this is tolerated.
            #[must_use]
            pub const fn tolerates(self, deviation: Deviation) -> bool {
                self.0 & deviation.bit() != 0
            }
        }

        impl ::std::fmt::Debug for Profile {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                let tolerated = Deviation::ALL.into_iter().filter(|one| self.tolerates(*one));
                f.debug_set().entries(tolerated).finish()
            }
        }

        impl Defects {
            /// Tells whether `profile` tolerates a deviation, and notes it if so.
            pub(crate) fn tolerate(
                &mut self,
                profile: Profile,
                deviation: Deviation,
                offset: usize,
            ) -> bool {
                let tolerated = profile.tolerates(deviation);
                if tolerated {
                    self.report(deviation, offset);
                }
                tolerated
            }
        }
    };
}

#[cfg(test)]
#[allow(unreachable_pub, reason = "what is defined here is for other crates to show")]
mod tests {
    crate::deviations! {
        /// As many as a byte has bits, and one more.
        pub enum Deviation {
            /// One.
            A: "a",
            /// One.
            B: "b",
            /// One.
            C: "c",
            /// One.
            D: "d",
            /// One.
            E: "e",
            /// One.
            F: "f",
            /// One.
            G: "g",
            /// One.
            H: "h",
            /// One.
            I: "i",
        }
    }
    crate::profile! {
        /// What is tolerated.
        pub struct Profile;
    }

    #[test]
    fn ok_each_deviation_has_a_bit_and_a_slot_of_its_own() {
        let mut defects = Defects::new();
        assert!(defects.is_empty());
        for (at, deviation) in Deviation::ALL.into_iter().enumerate() {
            let alone = Profile::NONE.tolerating(deviation);
            assert!(Profile::ALL.tolerates(deviation));
            let others = Deviation::ALL.into_iter().filter(|one| alone.tolerates(*one)).count();
            assert_eq!(others, 1, "{deviation}");
            assert!(!defects.tolerate(Profile::ALL.refusing(deviation), deviation, 1));
            assert!(defects.tolerate(alone, deviation, 3 + at));
            assert!(defects.tolerate(alone, deviation, 90));
        }
        let found: Vec<_> = defects.iter().map(Defect::deviation).collect();
        assert_eq!(found, Deviation::ALL);
        assert!(defects.iter().map(Defect::offset).eq(3..12));
        let all_of_them = Deviation::ALL.into_iter();
        assert_eq!(all_of_them.fold(Profile::NONE, Profile::tolerating), Profile::ALL);
        let some = Profile::ALL.refusing(Deviation::A).refusing(Deviation::I);
        assert_eq!(format!("{some:?}"), "{B, C, D, E, F, G, H}");
    }

    #[test]
    fn ok_a_part_adds_what_the_whole_has_not_yet() {
        let (mut whole, mut part) = (Defects::new(), Defects::new());
        whole.report(Deviation::B, 1);
        part.report(Deviation::B, 2);
        part.report(Deviation::C, usize::MAX);
        part.report(Deviation::D, 4);
        whole.add(&part, 10);
        let met: Vec<_> = whole.iter().map(|one| (one.deviation(), one.offset())).collect();
        let far = u32::MAX as usize;
        assert_eq!(met, [(Deviation::B, 1), (Deviation::C, far), (Deviation::D, 14)]);
        assert_eq!(Defect::new(Deviation::D, 14).to_string(), "d at offset 14");
    }
}
