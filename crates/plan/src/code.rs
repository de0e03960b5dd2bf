//! What can be wrong with the meaning of a document: `POD01xx`; with what is previewed: `POD07xx`.

use podium_diagnostics::Code;

/// No connector of that name.
pub const UNKNOWN_CONNECTOR: Code = Code::new("POD0101");
/// The connector has no such operation.
pub const UNKNOWN_OPERATION: Code = Code::new("POD0102");
/// An input that the operation needs is missing.
pub const MISSING_INPUT: Code = Code::new("POD0103");
/// An input that the operation does not know.
pub const UNKNOWN_INPUT: Code = Code::new("POD0104");
/// An input of the wrong type or outside what is allowed.
pub const BAD_INPUT: Code = Code::new("POD0105");
/// A reference whose value is of a type that does not fit.
pub const TYPE_MISMATCH: Code = Code::new("POD0106");
/// Not a valid expression.
pub const BAD_EXPRESSION: Code = Code::new("POD0107");
/// An expression names something that does not exist.
pub const UNKNOWN_NAME: Code = Code::new("POD0108");
/// A step that does not exist.
pub const UNKNOWN_STEP: Code = Code::new("POD0109");
/// An output that the operation does not give.
pub const UNKNOWN_OUTPUT: Code = Code::new("POD0110");
/// A step that refers to itself.
pub const SELF_REFERENCE: Code = Code::new("POD0111");
/// Steps that wait for each other.
pub const CYCLE: Code = Code::new("POD0112");
/// Outputs of a step that has failed.
pub const OUTPUT_OF_FAILED: Code = Code::new("POD0113");
/// A step that can never run.
pub const UNREACHABLE: Code = Code::new("POD0114");
/// The same need twice.
pub const DUPLICATE_NEED: Code = Code::new("POD0115");
/// More needed steps wanted than there are.
pub const JOIN_TOO_LARGE: Code = Code::new("POD0116");
/// A condition that is neither true nor false.
pub const NOT_A_CONDITION: Code = Code::new("POD0117");
/// Something that is no list under `for_each`.
pub const NOT_A_LIST: Code = Code::new("POD0118");
/// A credential port that the operation does not have.
pub const UNKNOWN_PORT: Code = Code::new("POD0119");
/// A credential slot that the workflow does not have.
pub const UNKNOWN_SLOT: Code = Code::new("POD0120");
/// A slot of another kind than the port takes.
pub const WRONG_KIND: Code = Code::new("POD0121");
/// A port that must have a credential.
pub const MISSING_CREDENTIAL: Code = Code::new("POD0122");
/// A slot that the environment does not bind.
pub const UNBOUND_SLOT: Code = Code::new("POD0123");
/// A kind of credential that no connector brings.
pub const UNKNOWN_KIND: Code = Code::new("POD0124");
/// The schema of an input of the workflow is no schema.
pub const BAD_SCHEMA: Code = Code::new("POD0125");
/// The default of an input breaks its own schema.
pub const BAD_DEFAULT: Code = Code::new("POD0126");
/// An input was given that the workflow does not have.
pub const UNKNOWN_WORKFLOW_INPUT: Code = Code::new("POD0127");
/// An input of the workflow has no value.
pub const MISSING_WORKFLOW_INPUT: Code = Code::new("POD0128");
/// An input was given that its schema does not allow.
pub const BAD_WORKFLOW_INPUT: Code = Code::new("POD0129");
/// Inputs whose conditions read each other.
pub const INPUT_CYCLE: Code = Code::new("POD0132");
/// An input was given that is not asked for.
pub const NOT_ASKED_FOR: Code = Code::new("POD0133");
/// The environment is read only.
pub const READ_ONLY: Code = Code::new("POD0140");
/// A retry rule or loop setting that has no effect.
pub const NO_EFFECT: Code = Code::new("POD0141");
/// A workflow without steps.
pub const NO_STEPS: Code = Code::new("POD0142");
/// Outputs of a step that is switched off.
pub const OUTPUT_OF_OFF: Code = Code::new("POD0143");
/// A call that does not name its workflow plainly, or names something outside `workflows/`.
pub const CALL_NOT_PLAIN: Code = Code::new("POD0150");
/// A call of a workflow that does not exist.
pub const NO_SUCH_WORKFLOW: Code = Code::new("POD0151");
/// Workflows that call each other in a circle.
pub const CALL_CYCLE: Code = Code::new("POD0152");
/// Calls in calls beyond what is allowed.
pub const CALL_TOO_DEEP: Code = Code::new("POD0153");
/// The called workflow is not the one that was pinned.
pub const CALLED_CHANGED: Code = Code::new("POD0154");
/// A setting that means nothing for a call.
pub const NOT_FOR_A_CALL: Code = Code::new("POD0155");
/// The called workflow has errors of its own.
pub const CALLED_HAS_ERRORS: Code = Code::new("POD0156");
/// A credential is another identity than the environment expects.
pub const ANOTHER_IDENTITY: Code = Code::new("POD0750");
/// Somebody certain is expected, and who it is could not be proven.
pub const UNPROVEN: Code = Code::new("POD0751");
