//! Room on the stack for deep work: parsers, evaluators and drawings go down trees by recursion.

/// Work up to this depth fits every stack, also without optimisation.
const SHALLOW: usize = 24;

/// Room for the deepest work that the callers let through, several times over. It is reserved, not
/// used.
const ROOM: usize = 64 * 1024 * 1024;

/// Does the work where it has room for this depth.
pub(crate) fn with_room<T: Send>(depth: usize, work: impl FnOnce() -> T + Send) -> T {
    if depth <= SHALLOW {
        return work();
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("deep work".to_owned())
            .stack_size(ROOM)
            .spawn_scoped(scope, work)
            .expect("a program that cannot start a thread cannot go on");
        match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
