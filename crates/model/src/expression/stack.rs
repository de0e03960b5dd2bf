//! Room on the stack for deep trees: reading and evaluating go down them by recursion.

/// Trees up to this depth fit every stack, also without optimisation.
const SHALLOW: usize = 24;

/// Room for the deepest tree that [`super::syntax::check`] lets through, many times over. It is
/// reserved, not used.
const ROOM: usize = 64 * 1024 * 1024;

/// Does the work where it has room for a tree of this depth.
pub(super) fn with_room<T: Send>(depth: usize, work: impl FnOnce() -> T + Send) -> T {
    if depth <= SHALLOW {
        return work();
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("expression".to_owned())
            .stack_size(ROOM)
            .spawn_scoped(scope, work)
            .expect("a program that cannot start a thread cannot go on");
        match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
