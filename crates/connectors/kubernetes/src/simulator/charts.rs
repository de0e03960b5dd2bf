//! Charts, in small.
