//! Spellings that write the bytes as digits.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::SHORTEST;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Base64, both alphabets, at each place in a group of three; also as it stands in an address, in JSON,
/// and in wrapped lines.
pub(super) fn base64(part: &[u8], all: &mut Vec<Vec<u8>>) {
    for before in 0..3 {
        let mut shifted = vec![0; before];
        shifted.extend_from_slice(part);
        for url in [false, true] {
            let text = if url {
                URL_SAFE_NO_PAD.encode(&shifted)
            } else {
                STANDARD_NO_PAD.encode(&shifted)
            };
            // The first characters hold bits of what stands before, the last one of what comes after.
            let stable = &text.as_bytes()[(before * 8).div_ceil(6)..shifted.len() * 8 / 6];
            if before == 0 {
                for width in [76, 64] {
                    wrapped(stable, width, all);
                }
            }
            if !url {
                percent(stable, all);
                all.push(stable.iter().flat_map(|b| with_backslash(*b)).collect());
            }
            all.push(stable.to_vec());
        }
    }
}

fn with_backslash(byte: u8) -> impl Iterator<Item = u8> {
    (byte == b'/').then_some(b'\\').into_iter().chain([byte])
}

fn percent(text: &[u8], all: &mut Vec<Vec<u8>>) {
    for (plus, slash) in [(b"%2B", b"%2F"), (b"%2b", b"%2f")] {
        let mut out = Vec::with_capacity(text.len());
        for &byte in text {
            match byte {
                b'+' => out.extend_from_slice(plus),
                b'/' => out.extend_from_slice(slash),
                _ => out.push(byte),
            }
        }
        all.push(out);
    }
}

/// Hexadecimal, both cases; also with colons, and in the lines of `xxd -p`.
pub(super) fn hex(part: &[u8], all: &mut Vec<Vec<u8>>) {
    for digits in [b"0123456789abcdef", b"0123456789ABCDEF"] {
        let pairs = part.iter().map(|byte| {
            [
                digits[usize::from(byte >> 4)],
                digits[usize::from(byte & 15)],
            ]
        });
        let plain: Vec<u8> = pairs.clone().flatten().collect();
        wrapped(&plain, 60, all);
        all.push(plain);
        all.push(pairs.collect::<Vec<_>>().join(&b':'));
    }
}

/// Base32 at each place in a group of five, both cases.
pub(super) fn base32(part: &[u8], all: &mut Vec<Vec<u8>>) {
    for before in 0..5_usize {
        let mut shifted = vec![0; before];
        shifted.extend_from_slice(part);
        let first = (before * 8).div_ceil(5);
        let text: Vec<u8> = (first..shifted.len() * 8 / 5)
            .map(|digit| {
                let (byte, bit) = (digit * 5 / 8, digit * 5 % 8);
                let next = shifted.get(byte + 1).copied().unwrap_or_default();
                let word = u16::from_be_bytes([shifted[byte], next]);
                BASE32[usize::from((word >> (11 - bit)) & 31)]
            })
            .collect();
        all.push(text.to_ascii_lowercase());
        all.push(text);
    }
}

/// The lines of a print that is wrapped at this width. A short rest is left out: it would tear holes.
fn wrapped(text: &[u8], width: usize, all: &mut Vec<Vec<u8>>) {
    if text.len() > width {
        let lines = text.chunks(width).filter(|line| line.len() >= SHORTEST);
        all.extend(lines.map(<[u8]>::to_vec));
    }
}
