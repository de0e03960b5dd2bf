//! The codes that the journal gives; each has a page in `docs/errors/`.

use podium_diagnostics::Code;

pub(crate) const ANOTHER_INSTANCE: Code = Code::new("POD0601");
pub(crate) const TAKEN_OVER: Code = Code::new("POD0602");
pub(crate) const WAS_DAMAGED: Code = Code::new("POD0603");
pub(crate) const DISK_FULL: Code = Code::new("POD0604");
pub(crate) const GAP: Code = Code::new("POD0605");
pub(crate) const NEWER: Code = Code::new("POD0606");
pub(crate) const CANNOT_OPEN: Code = Code::new("POD0607");
pub(crate) const ROW_DAMAGED: Code = Code::new("POD0608");
pub(crate) const NETWORK_FOLDER: Code = Code::new("POD0609");
