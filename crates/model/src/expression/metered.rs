//! Rewrites a parsed expression so that its evaluation takes fuel for what it does.
//!
//! CEL has no limit of its own: a few hundred bytes can run for a minute or build a gigabyte. So each
//! value that an operation makes is passed through [`SPEND`], each range of a loop through [`EACH`],
//! and each turn of a loop takes a unit. What a value weighs is counted as a tree, whatever it shares;
//! so every value that exists has been paid for, and an operation that reads whole values (such as
//! `==`) pays for its arguments again.

use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedEntryExpr, IdedExpr, ListExpr, LiteralValue,
    MapExpr, SelectExpr, operators,
};

use super::functions::{EACH, PATTERN, SPEND, TICK};

/// The same expression, metered.
pub(super) fn rewrite(expression: IdedExpr) -> IdedExpr {
    let IdedExpr { id, expr } = expression;
    let expr = match expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) => expr,
        Expr::Select(select) => Expr::Select(SelectExpr {
            operand: Box::new(rewrite(*select.operand)),
            ..select
        }),
        Expr::Call(call) => return rewrite_call(id, call),
        Expr::List(list) => return spend(plain(id, Expr::List(rewrite_list(list, rewrite)))),
        Expr::Map(map) => {
            let entries = map.entries.into_iter().map(rewrite_entry).collect();
            return spend(plain(id, Expr::Map(MapExpr { entries })));
        }
        Expr::Comprehension(comprehension) => {
            Expr::Comprehension(Box::new(rewrite_comprehension(*comprehension)))
        }
    };
    plain(id, expr)
}

/// How many levels the tree has.
pub(super) fn depth(expression: &IdedExpr) -> usize {
    let entry = |entry: &IdedEntryExpr| match &entry.expr {
        EntryExpr::MapEntry(entry) => depth(&entry.key).max(depth(&entry.value)),
        EntryExpr::StructField(field) => depth(&field.value),
    };
    let below = match &expression.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => 0,
        Expr::Select(select) => depth(&select.operand),
        Expr::Call(call) => {
            let parts = call.args.iter().chain(call.target.as_deref());
            parts.map(depth).max().unwrap_or(0)
        }
        Expr::List(list) => list.elements.iter().map(depth).max().unwrap_or(0),
        Expr::Map(map) => map.entries.iter().map(entry).max().unwrap_or(0),
        Expr::Struct(made) => made.entries.iter().map(entry).max().unwrap_or(0),
        Expr::Comprehension(loops) => [
            &loops.iter_range,
            &loops.accu_init,
            &loops.loop_cond,
            &loops.loop_step,
            &loops.result,
        ]
        .into_iter()
        .map(depth)
        .max()
        .unwrap_or(0),
    };
    below + 1
}

fn rewrite_call(id: u64, call: CallExpr) -> IdedExpr {
    let CallExpr {
        func_name,
        target,
        args,
    } = call;
    let all = |args: Vec<IdedExpr>, with: fn(IdedExpr) -> IdedExpr| {
        args.into_iter().map(with).collect::<Vec<_>>()
    };
    let (target, args, makes) = match func_name.as_str() {
        // These make nothing and read no more than one small value.
        operators::CONDITIONAL
        | operators::LOGICAL_AND
        | operators::LOGICAL_OR
        | operators::LOGICAL_NOT
        | operators::NOT_STRICTLY_FALSE
        | operators::NEGATE
        | operators::INDEX
        | "size"
        | "type" => (
            target.map(|t| Box::new(rewrite(*t))),
            all(args, rewrite),
            false,
        ),
        // The target of `optional.of(x)` is the name of a library, not a value.
        _ if is_library(target.as_deref()) => (target, all(args, paid), true),
        "matches" => (
            target.map(|t| Box::new(paid(*t))),
            all(args, |argument| call_of(PATTERN, rewrite(argument))),
            false,
        ),
        _ => (target.map(|t| Box::new(paid(*t))), all(args, paid), true),
    };
    let call = plain(
        id,
        Expr::Call(CallExpr {
            func_name,
            target,
            args,
        }),
    );
    if makes { spend(call) } else { call }
}

/// Whether a call's target is the name of a library of functions.
pub(super) fn is_library(target: Option<&IdedExpr>) -> bool {
    matches!(target, Some(IdedExpr { expr: Expr::Ident(name), .. }) if name == "optional")
}

fn rewrite_list(list: ListExpr, with: fn(IdedExpr) -> IdedExpr) -> ListExpr {
    ListExpr {
        elements: list.elements.into_iter().map(with).collect(),
        optional_indices: list.optional_indices,
    }
}

fn rewrite_entry(entry: IdedEntryExpr) -> IdedEntryExpr {
    let expr = match entry.expr {
        EntryExpr::MapEntry(mut entry) => {
            entry.key = rewrite(entry.key);
            entry.value = rewrite(entry.value);
            EntryExpr::MapEntry(entry)
        }
        field @ EntryExpr::StructField(_) => field,
    };
    IdedEntryExpr { id: entry.id, expr }
}

fn rewrite_comprehension(comprehension: ComprehensionExpr) -> ComprehensionExpr {
    let iter_range = call_of(EACH, rewrite(comprehension.iter_range));
    let accu_init = comprehension.accu_init;
    if matches!(comprehension.loop_cond.expr, Expr::Literal(_)) {
        // `map` and `filter`: the shape of the step stays, so that the interpreter keeps its way of
        // appending in place; it pays inside.
        return ComprehensionExpr {
            iter_range,
            accu_init,
            loop_step: rewrite_append(comprehension.loop_step),
            ..comprehension
        };
    }
    ComprehensionExpr {
        iter_range,
        accu_init,
        loop_cond: ticking(comprehension.loop_cond),
        loop_step: rewrite(comprehension.loop_step),
        ..comprehension
    }
}

/// `@result + [x]`, or `c ? @result + [x] : @result`.
fn rewrite_append(step: IdedExpr) -> IdedExpr {
    let IdedExpr { id, expr } = step;
    let Expr::Call(call) = expr else {
        return rewrite(plain(id, expr));
    };
    let mut args = call.args;
    match (call.func_name.as_str(), args.as_mut_slice()) {
        (operators::CONDITIONAL, [condition, step, _]) => {
            *condition = paid(std::mem::take(condition));
            *step = rewrite_append(std::mem::take(step));
        }
        (operators::ADD, [_, added]) => {
            let IdedExpr { id, expr } = std::mem::take(added);
            *added = match expr {
                Expr::List(list) => plain(id, Expr::List(rewrite_list(list, paid))),
                other => paid(plain(id, other)),
            };
        }
        _ => {}
    }
    plain(id, Expr::Call(CallExpr { args, ..call }))
}

/// `@tick() ? condition : false`: a failure of the meter ends the loop, whatever the condition is.
fn ticking(condition: IdedExpr) -> IdedExpr {
    let tick = plain(
        0,
        Expr::Call(CallExpr {
            func_name: TICK.to_owned(),
            target: None,
            args: Vec::new(),
        }),
    );
    let no = plain(0, Expr::Literal(LiteralValue::Boolean(false.into())));
    plain(
        condition.id,
        Expr::Call(CallExpr {
            func_name: operators::CONDITIONAL.to_owned(),
            target: None,
            args: vec![tick, rewrite(condition), no],
        }),
    )
}

/// Rewritten, and paid for where it is read.
fn paid(expression: IdedExpr) -> IdedExpr {
    let rewritten = rewrite(expression);
    match &rewritten.expr {
        Expr::Literal(_) => rewritten,
        Expr::Call(call) if call.func_name == SPEND => rewritten,
        _ => spend(rewritten),
    }
}

fn spend(expression: IdedExpr) -> IdedExpr {
    call_of(SPEND, expression)
}

fn call_of(name: &str, argument: IdedExpr) -> IdedExpr {
    plain(
        argument.id,
        Expr::Call(CallExpr {
            func_name: name.to_owned(),
            target: None,
            args: vec![argument],
        }),
    )
}

fn plain(id: u64, expr: Expr) -> IdedExpr {
    IdedExpr { id, expr }
}
