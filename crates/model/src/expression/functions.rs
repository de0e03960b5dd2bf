//! The functions beside CEL's own: texts for people, and the meter.
//!
//! The meter's names start with `@`, which no source can hold.

use std::sync::Arc;

use cel::common::types::{CelBool, CelList, CelMap, CelString};
use cel::common::value::{CowVal, Val};
use cel::{Context, ExecutionError, FunctionContext};

use super::fuel::{Fuel, of_text};

/// Gives its argument back, taking what it weighs.
pub(super) const SPEND: &str = "@spend";
/// Gives its argument back as something to go through in a fixed order, taking what it weighs.
pub(super) const EACH: &str = "@each";
/// True; takes one unit.
pub(super) const TICK: &str = "@tick";
/// Gives a regular expression back, taking what it costs to prepare it.
pub(super) const PATTERN: &str = "@pattern";

/// What preparing a regular expression costs beside its length.
const PATTERN_UNITS: u64 = 1_000;

type Answer<'c, 'v> = Result<CowVal<'c, 'v>, ExecutionError>;
type Boxed = Box<dyn for<'c, 'v> Fn(&mut FunctionContext<'c, 'v>) -> Answer<'c, 'v> + Send + Sync>;

/// Adds all of them to a context, metered by `fuel`.
pub(super) fn add(context: &mut Context<'_, '_>, fuel: &Arc<Fuel>) {
    let mut put = |name: &str, function: Boxed| {
        let added = context.add_function(name, function);
        debug_assert!(added.is_ok(), "`{name}` is not a name of CEL's own");
    };
    let with = |function: fn(&Fuel, &mut FunctionContext<'_, '_>) -> TextAnswer| -> Boxed {
        let fuel = Arc::clone(fuel);
        Box::new(move |call| {
            let answer = function(&fuel, call)?;
            Ok(match answer {
                Text::One(text) => CowVal::owned(CelString::from(text)),
                Text::Many(texts) => CowVal::owned(CelList::from(
                    texts
                        .into_iter()
                        .map(|text| Box::new(CelString::from(text)) as Box<dyn Val>)
                        .collect::<Vec<_>>(),
                )),
            })
        })
    };

    let meter = Arc::clone(fuel);
    put(SPEND, Box::new(move |call| spend(&meter, call)));
    let meter = Arc::clone(fuel);
    put(EACH, Box::new(move |call| each(&meter, call)));
    let meter = Arc::clone(fuel);
    put(
        TICK,
        Box::new(move |_| {
            meter.take(1)?;
            Ok(CowVal::owned(CelBool::from(true)))
        }),
    );
    let meter = Arc::clone(fuel);
    put(
        PATTERN,
        Box::new(move |call| {
            meter.take(PATTERN_UNITS)?;
            spend(&meter, call)
        }),
    );
    put(
        "lowerAscii",
        with(|_, call| Ok(Text::One(this(call)?.to_ascii_lowercase()))),
    );
    put(
        "upperAscii",
        with(|_, call| Ok(Text::One(this(call)?.to_ascii_uppercase()))),
    );
    put(
        "trim",
        with(|_, call| Ok(Text::One(this(call)?.trim().to_owned()))),
    );
    put("split", with(split));
    put("join", with(join));
    put("replace", with(replace));
}

enum Text {
    One(String),
    Many(Vec<String>),
}

type TextAnswer = Result<Text, ExecutionError>;

fn spend<'c, 'v>(fuel: &Fuel, call: &mut FunctionContext<'c, 'v>) -> Answer<'c, 'v> {
    let value = take_only(call)?;
    fuel.take_for(value.as_ref())?;
    Ok(value)
}

fn each<'c, 'v>(fuel: &Fuel, call: &mut FunctionContext<'c, 'v>) -> Answer<'c, 'v> {
    let value = take_only(call)?;
    fuel.take_for(value.as_ref())?;
    let Some(map) = value.downcast_ref::<CelMap<'_>>() else {
        return Ok(value);
    };
    // A hash map has a new order in every process; what we compute must not.
    let mut keys: Vec<_> = map.inner().keys().collect();
    keys.sort();
    let keys: Vec<Box<dyn Val + 'v>> = keys
        .into_iter()
        .map(|key| key.inner().clone_as_boxed())
        .collect();
    Ok(CowVal::owned(CelList::from(keys)))
}

fn take_only<'c, 'v>(call: &mut FunctionContext<'c, 'v>) -> Answer<'c, 'v> {
    call.args
        .pop()
        .ok_or_else(|| ExecutionError::invalid_argument_count(1, 0))
}

fn split(fuel: &Fuel, call: &mut FunctionContext<'_, '_>) -> TextAnswer {
    let (text, separator) = (this(call)?, argument(call, 0)?);
    fuel.take(of_text(text.len()))?;
    let mut parts = Vec::new();
    if separator.is_empty() {
        for character in text.chars() {
            fuel.take(1)?;
            parts.push(character.to_string());
        }
    } else {
        for part in text.split(separator) {
            fuel.take(1)?;
            parts.push(part.to_owned());
        }
    }
    Ok(Text::Many(parts))
}

fn join(fuel: &Fuel, call: &mut FunctionContext<'_, '_>) -> TextAnswer {
    let separator = if call.args.is_empty() {
        ""
    } else {
        argument(call, 0)?
    };
    let list = call
        .this
        .as_ref()
        .and_then(|list| list.downcast_ref::<CelList<'_>>())
        .ok_or_else(|| call.error("it joins a list of texts"))?;
    let mut joined = String::new();
    for (index, element) in list.inner().iter().enumerate() {
        let text = element
            .downcast_ref::<CelString<'_>>()
            .ok_or_else(|| call.error("it joins texts; turn others into texts with `string(…)`"))?
            .inner();
        fuel.take(of_text(text.len() + separator.len()))?;
        if index > 0 {
            joined.push_str(separator);
        }
        joined.push_str(text);
    }
    Ok(Text::One(joined))
}

fn replace(fuel: &Fuel, call: &mut FunctionContext<'_, '_>) -> TextAnswer {
    let (text, from, to) = (this(call)?, argument(call, 0)?, argument(call, 1)?);
    fuel.take(of_text(text.len()))?;
    let times = if from.is_empty() {
        text.chars().count() + 1
    } else {
        text.matches(from).count()
    };
    // Paid before it is made: the result can be as long as the product of the two.
    fuel.take(of_text(
        text.len().saturating_add(times.saturating_mul(to.len())),
    ))?;
    Ok(Text::One(text.replace(from, to)))
}

fn this<'a>(call: &'a FunctionContext<'_, '_>) -> Result<&'a str, ExecutionError> {
    let target = call.this.as_ref().or_else(|| call.args.first());
    target
        .and_then(|value| value.downcast_ref::<CelString<'_>>())
        .map(CelString::inner)
        .ok_or_else(|| call.error("it works on a text"))
}

fn argument<'a>(call: &'a FunctionContext<'_, '_>, at: usize) -> Result<&'a str, ExecutionError> {
    let at = if call.this.is_some() { at } else { at + 1 };
    call.args
        .get(at)
        .ok_or_else(|| call.error("an argument is missing"))?
        .downcast_ref::<CelString<'_>>()
        .map(CelString::inner)
        .ok_or_else(|| call.error("its arguments are texts"))
}
