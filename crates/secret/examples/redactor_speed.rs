//! How fast log lines pass the redactor with five hundred patterns, in MiB/s:
//! `cargo run --release -p podium-secret --example redactor_speed`.

#![expect(clippy::print_stdout, reason = "a measure is printed")]

use std::time::Instant;

use podium_secret::{Redactor, Secret, forms};

const MIB: usize = 64;

fn main() {
    let mut seed = 3_u64;
    let mut below = |limit: u64| {
        // xorshift64: any spread will do, and it must be the same each time.
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % limit).unwrap_or(0)
    };
    let mut patterns = 0;
    let mut secrets = Vec::new();
    while patterns < 500 {
        let value: Vec<u8> = (0..40)
            .map(|_| b"abcdefghKLMNOP0123456789/+"[below(26)])
            .collect();
        patterns += forms(&Secret::new(value.clone())).len();
        secrets.push((format!("s{patterns}"), Secret::new(value)));
    }
    let redactor = Redactor::new(secrets);
    let line = b"aws_instance.web[3]: Still creating... [10s elapsed] id=i-0abc123 arn:aws:ec2:eu-west-1:1234\n";
    let text = line.repeat(MIB * 1024 * 1024 / line.len());
    for size in [4_096, 65_536] {
        let began = Instant::now();
        let mut stream = redactor.stream();
        let passed: usize = text
            .chunks(size)
            .map(|piece| stream.push(piece).len())
            .sum();
        let passed = passed + stream.finish().len();
        println!(
            "stream, pieces of {size}: {:.0} MiB/s with {patterns} patterns, {passed} bytes",
            64.0 / began.elapsed().as_secs_f64()
        );
    }
    let began = Instant::now();
    let lines = text
        .split(|byte| *byte == b'\n')
        .map(|line| redactor.redact_bytes(line).len());
    let passed: usize = lines.sum();
    println!(
        "line by line: {:.0} MiB/s, {passed} bytes",
        64.0 / began.elapsed().as_secs_f64()
    );
}
