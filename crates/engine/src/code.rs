//! The codes that the engine gives; each has a page in `docs/errors/`.

use podium_diagnostics::Code;

pub(crate) const NOT_NOW: Code = Code::new("POD0732");
pub(crate) const STALE_PREVIEW: Code = Code::new("POD0733");
pub(crate) const NOT_APPROVED: Code = Code::new("POD0734");
pub(crate) const NO_SUCH_STEP: Code = Code::new("POD0723");
pub(crate) const ANSWER_DOES_NOT_FIT: Code = Code::new("POD0724");
pub(crate) const SAME_PERSON_TWICE: Code = Code::new("POD0725");
pub(crate) const DENIED: Code = Code::new("POD0726");
pub(crate) const TOOK_TOO_LONG: Code = Code::new("POD0727");
pub(crate) const EXPRESSION_FAILED: Code = Code::new("POD0728");
pub(crate) const ELEMENTS_FAILED: Code = Code::new("POD0729");
pub(crate) const GIVEN_UP: Code = Code::new("POD0730");
pub(crate) const RECORDED: Code = Code::new("POD0739");
pub(crate) const CALL_INPUTS: Code = Code::new("POD0735");
pub(crate) const CALLED_FAILED: Code = Code::new("POD0736");
pub(crate) const STOPPED_FROM_OUTSIDE: Code = Code::new("POD0731");
