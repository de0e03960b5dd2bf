//! Ranges of addresses, version 4 and 6.

use std::net::IpAddr;

use serde_json::json;

use super::value::{Answer, Refusal, wrong};

struct Range {
    base: u128,
    length: u32,
    /// 32 or 128.
    bits: u32,
}

fn read(text: &str) -> Result<Range, Refusal> {
    let found = text.split_once('/').and_then(|(address, length)| {
        let (base, bits) = match address.parse().ok()? {
            IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
            IpAddr::V6(address) => (u128::from(address), 128),
        };
        let length: u32 = length.parse().ok().filter(|length| *length <= bits)?;
        let base = base >> (bits - length).min(127) << (bits - length).min(127);
        Some(Range {
            base: if length == 0 { 0 } else { base },
            length,
            bits,
        })
    });
    found.map_or_else(
        || wrong(format!("This is no range of addresses: \"{text}\".")),
        Ok,
    )
}

fn shown(address: u128, bits: u32) -> String {
    match u32::try_from(address) {
        Ok(address) if bits == 32 => std::net::Ipv4Addr::from(address).to_string(),
        _ => std::net::Ipv6Addr::from(address).to_string(),
    }
}

/// Two to the power of `bits`, or the most there is.
fn room(bits: u32) -> u128 {
    1_u128.checked_shl(bits).unwrap_or(u128::MAX)
}

/// `cidrhost`; a negative number counts from the end.
pub(crate) fn host(range: &str, number: i64) -> Answer {
    let range = read(range)?;
    let room = room(range.bits - range.length);
    let distance = u128::from(number.unsigned_abs());
    let inside = if number < 0 {
        distance <= room
    } else {
        distance < room
    };
    if !inside {
        return wrong(format!("The range has no host of the number {number}."));
    }
    let at = if number < 0 {
        room - distance
    } else {
        distance
    };
    Ok(json!(shown(range.base + at, range.bits)))
}

/// `cidrsubnet`.
pub(crate) fn subnet(range: &str, more: i64, number: i64) -> Answer {
    let range = read(range)?;
    let length = u32::try_from(more)
        .ok()
        .map(|more| range.length.saturating_add(more));
    let Some(length) = length.filter(|length| *length <= range.bits) else {
        return wrong("The range has not enough room for these bits.");
    };
    let Some(number) = u128::try_from(number)
        .ok()
        .filter(|n| *n < room(length - range.length))
    else {
        return wrong(format!("The range has no part of the number {number}."));
    };
    let shift = range.bits - length;
    let base = range.base + number.checked_shl(shift).unwrap_or(0);
    Ok(json!(format!("{}/{length}", shown(base, range.bits))))
}

/// `cidrnetmask`.
pub(crate) fn mask(range: &str) -> Answer {
    let range = read(range)?;
    if range.bits != 32 {
        return wrong("Only ranges of version 4 have a mask.");
    }
    let mask = u32::MAX.checked_shl(32 - range.length).unwrap_or(0);
    Ok(json!(shown(u128::from(mask), 32)))
}
