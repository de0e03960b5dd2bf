//! The demo's large workflow: written by a rule, since nobody draws 620 steps by hand.

use std::fmt::Write as _;

/// Regions, each with an opening, shops, a count and a sign.
const REGIONS: usize = 20;
const SHOPS: usize = 28;
/// Who gets a letter at the end.
const TARGETS: usize = 1_000;

/// The workflow, 620 steps in all, and a fan-out over 1,000 targets.
pub(crate) fn text() -> String {
    let mut text = String::from(
        "podium: 1\nname: Big one\ndescription: 620 steps in twenty regions, and a letter to a thousand branches. Real files in the sandbox, all removed by undo.\n",
    );
    text.push_str("inputs:\n  word: { type: string, title: Word, description: It stands in every file., default: open }\n");
    text.push_str("  branches:\n    type: array\n    items: { type: string }\n    title: Branches\n    description: Each gets a letter.\n    default:\n");
    for at in 1..=TARGETS {
        let _ = writeln!(text, "      - branch-{at:04}");
    }
    text.push_str("steps:\n");
    for region in 1..=REGIONS {
        let opening = match region {
            1 => "${{ inputs.word }}".to_owned(),
            _ => format!("${{{{ steps.r{:02}_sign.outputs.sha256 }}}}", region - 1),
        };
        step(
            &mut text,
            &format!("r{region:02}_open"),
            &format!("Open region {region}"),
            region,
            "open",
            &opening,
            &[],
        );
        for shop in 1..=SHOPS {
            let from = format!("${{{{ steps.r{region:02}_open.outputs.sha256 }}}}");
            step(
                &mut text,
                &format!("r{region:02}_s{shop:02}"),
                &format!("Shop {shop} of region {region}"),
                region,
                &format!("shop-{shop:02}"),
                &from,
                &[],
            );
        }
        let shops: Vec<String> = (1..=SHOPS)
            .map(|shop| format!("r{region:02}_s{shop:02}"))
            .collect();
        step(
            &mut text,
            &format!("r{region:02}_count"),
            &format!("Count region {region}"),
            region,
            "count",
            "${{ inputs.word }}",
            &shops,
        );
        if region < REGIONS {
            let from = format!("${{{{ steps.r{region:02}_count.outputs.sha256 }}}}");
            step(
                &mut text,
                &format!("r{region:02}_sign"),
                &format!("Sign for region {region}"),
                region,
                "sign",
                &from,
                &[],
            );
        }
    }
    text.push_str(
        "  letters:\n    uses: file/render\n    title: A letter to each branch\n    needs: [r20_count]\n    for_each: inputs.branches\n    max_parallel: 16\n    with:\n      to: \"big/letters/${{ each }}.txt\"\n      text: \"${{ inputs.word }}\"\n",
    );
    text
}

fn step(
    text: &mut String,
    id: &str,
    title: &str,
    region: usize,
    file: &str,
    words: &str,
    needs: &[String],
) {
    let _ = writeln!(text, "  {id}:\n    uses: file/render\n    title: {title}");
    if !needs.is_empty() {
        let _ = writeln!(text, "    needs: [{}]", needs.join(", "));
    }
    let _ = writeln!(
        text,
        "    with:\n      to: big/region-{region:02}/{file}.txt\n      text: \"{words}\""
    );
}
