//! Documents as people write them. Each has the steps `alpha`, `beta` and `omega`; `beta` needs `alpha`
//! and has `with.directory`; `alpha` has `with.one`. What belongs to `alpha` alone says ALPHA, what belongs
//! to the directory says DIR.

type Document = (&'static str, fn() -> String);

pub(super) const DOCUMENTS: &[Document] = &[
    ("comments everywhere", || COMMENTS.to_owned()),
    ("anchors", || ANCHORS.to_owned()),
    ("block scalars", || BLOCK_SCALARS.to_owned()),
    ("flow in block", || FLOW_IN_BLOCK.to_owned()),
    ("flow over several lines", || LONG_FLOW.to_owned()),
    ("quoted keys", || QUOTED_KEYS.to_owned()),
    ("carriage returns", || COMMENTS.replace('\n', "\r\n")),
    ("tabs", || TABS.to_owned()),
    ("directives and markers", || MARKERS.to_owned()),
    ("unicode", || UNICODE.to_owned()),
    ("long lines", || {
        PLAIN.replace("LONG", &"long words ".repeat(40))
    }),
    ("blank lines", || BLANK_LINES.to_owned()),
    ("lists at the key's column", || FLAT_LISTS.to_owned()),
    ("lists deeper", || DEEP_LISTS.to_owned()),
    ("no final newline", || PLAIN.trim_end().to_owned()),
    ("four spaces", || FOUR_SPACES.to_owned()),
    ("typed scalars", || TYPED.to_owned()),
    ("byte order mark", || format!("\u{FEFF}{PLAIN}")),
    ("plain text over several lines", || {
        MULTI_LINE_PLAIN.to_owned()
    }),
    ("comments at the margin", || MARGIN_COMMENTS.to_owned()),
];

const COMMENTS: &str = r#"# about the file
podium: 1 # the version
name: A # its name

# about the steps
steps: # all of them
  # about alpha
  alpha: # in ALPHA key
    # in ALPHA before uses
    uses: terraform/apply # in ALPHA uses
    with: # in ALPHA with
      one: 1 # in ALPHA one
      # in ALPHA end
  # about beta
  beta: # the second
    uses: ansible/playbook # what it does
    # about needs
    needs: # in ALPHA needs
      - alpha # in ALPHA item
    # about with
    with: # its inputs
      # about the directory
      directory: infra # in DIR
      # about the other
      other: "not # a comment" # is one
  # about omega
  omega:
    uses: wait/for # the last
    # end of omega
# end of the file
"#;

const ANCHORS: &str = r"podium: 1
x-shared: &env { region: west, keys: [a, b] } # shared
steps:
  alpha:
    uses: terraform/apply # in ALPHA
    with:
      one: 1 # in ALPHA
  beta:
    uses: ansible/playbook
    needs: [alpha]
    with:
      directory: &DIR infra # in DIR
      env: *env
  omega:
    uses: wait/for
    with:
      directory: *DIR
      env: *env
";

const BLOCK_SCALARS: &str = r"podium: 1
description: |
  Two lines,
  # and no comment: at all

steps:
  alpha:
    uses: command/run
    with:
      one: 1
      script: |+ # in ALPHA header
        echo ALPHA

  beta:
    uses: command/run
    needs: [alpha]
    with:
      before: >-
        folded
        text
      directory: |2- # about DIR
          DIR one
        DIR two
      after: |
        kept
        text

  omega:
    uses: wait/for
    note: |
      the end
";

const FLOW_IN_BLOCK: &str = r"podium: 1
steps:
  alpha: { uses: terraform/apply, with: { one: 1 } } # in ALPHA
  beta: { uses: ansible/playbook, needs: [alpha], with: { directory: infra, other: [1, 2] } } # flow
  omega: { uses: wait/for }
";

const LONG_FLOW: &str = r"podium: 1
steps:
  alpha:
    uses: terraform/apply # in ALPHA
    with: {
      one: 1 # in ALPHA
    } # in ALPHA
  beta:
    uses: ansible/playbook
    needs: [
      alpha
    ]
    with: { # opens
      directory: infra, # about DIR
      other: {
        a: 1 # inner
      }
    } # closes
  omega: { uses: wait/for }
";

const QUOTED_KEYS: &str = r#""podium": 1
'name': "it's"
"steps":
  'alpha':
    "uses": 'terraform/apply' # in ALPHA
    "with": { "one": 1 } # in ALPHA
  "beta":
    'uses': "ansible/playbook"
    "needs": ["alpha"] # in ALPHA needs
    "with":
      "directory": "infra: \"DIR\""
      'key: with # odd': 'it''s'
  "omega": {"uses":"wait/for"}
"#;

const TABS: &str = "podium:\t1\nsteps:\n  alpha:\t# in ALPHA\n    uses:\tterraform/apply\t# in ALPHA\n    with:\n      one:\t1\t# in ALPHA one\n  beta:\t# second\n    uses:\tansible/playbook\n    needs:\t[alpha]\t# in ALPHA needs\n    with:\n      directory:\tinfra\t# in DIR\n      other:\t\"a\tb\"\n  omega:\t{ uses: wait/for }\t# last\n";

const MARKERS: &str = r"%YAML 1.2
--- # begins
podium: 1
steps:
  alpha:
    uses: terraform/apply # in ALPHA
    with:
      one: 1 # in ALPHA
  beta:
    uses: ansible/playbook
    needs: [alpha]
    with:
      directory: infra # in DIR
      other: 1
  omega:
    uses: wait/for
... # ends
";

const UNICODE: &str = r#"podium: 1
name: Übermäßig 日本語 😀 # größer → # zweimal
steps:
  alpha:
    uses: terraform/apply # in ALPHA: schön
    title: 最初 ALPHA
    with:
      one: "→ ${{ inputs.größe }}" # in ALPHA
  beta:
    uses: ansible/playbook
    title: "\u00fcber 😀"
    needs: [alpha] # 必要 in ALPHA
    with:
      directory: "インフラ ${{ steps.alpha.outputs.url }}" # in DIR é
      "schlüssel": 値
  omega:
    uses: wait/for # конец
"#;

const PLAIN: &str = r"podium: 1
description: LONG
steps:
  alpha:
    uses: terraform/apply
    with:
      one: LONG
  beta:
    uses: ansible/playbook
    needs: [alpha]
    with:
      directory: LONG DIR
      other: LONG
  omega:
    uses: wait/for
";

const BLANK_LINES: &str = r"

podium: 1


steps:

  alpha:

    uses: terraform/apply # in ALPHA

    with:

      one: 1 # in ALPHA


  beta:

    uses: ansible/playbook

    needs:

      - alpha

    with:

      directory: infra # in DIR

      other: 1


  omega:

    uses: wait/for


";

const FLAT_LISTS: &str = r"podium: 1
steps:
  alpha:
    uses: terraform/apply # in ALPHA
    with:
      one: 1 # in ALPHA
  beta:
    uses: ansible/playbook
    needs:
    - alpha # in ALPHA needs
    with:
      hosts:
      - name: a
        port: 1
      -   name: b
          port: 2
      directory: # about DIR
      - DIR one
      - DIR two
  omega:
    uses: wait/for
";

const DEEP_LISTS: &str = r"podium: 1
steps:
  alpha:
    uses: terraform/apply # in ALPHA
    with:
      one: # in ALPHA one
        - - 1 # ALPHA in ALPHA
          - 2 # ALPHA in ALPHA
  beta:
    uses: ansible/playbook
    needs:
        # in ALPHA above
        -   alpha   # in ALPHA beside
        # in ALPHA below
    with:
      directory:
          - DIR: 1 # in DIR
            DIR2: 2
          # in DIR end
      other:
        - a
        # end of other
  omega:
    uses: wait/for
";

const FOUR_SPACES: &str = r"podium: 1
steps:
    alpha:
        uses: terraform/apply # in ALPHA
        with:
            one: 1 # in ALPHA
    beta:
        uses: ansible/playbook
        needs:
            - alpha
        with:
            directory:
                DIR: 1 # in DIR
                DIR2:
                    DIR3: 2
            other: 2
    omega:
        uses: wait/for
";

const TYPED: &str = r"podium: 1
steps:
  alpha:
    uses: terraform/apply # in ALPHA
    with: { one: 1.10, two: 0x1F, three: 1e3, four: ~, five: } # in ALPHA
  beta:
    uses: ansible/playbook
    needs: [alpha]
    with:
      a: yes
      b: 'no'
      c: null
      d:
      e: -0.5
      f: 012
      directory:   # about DIR
      g: 2026-01-02
      h: !!str 12
      i: 12:30
  omega:
    uses: wait/for
    with:
";

const MULTI_LINE_PLAIN: &str = r#"podium: 1
description: a text
  over several
  lines
steps:
  alpha:
    uses: terraform/apply # in ALPHA
    with:
      one: 1 ALPHA
        more ALPHA
  beta:
    uses: ansible/playbook
    needs: [alpha]
    with:
      directory: in
        DIR fra

        DIR more
      other: "quoted
        over

        lines \
        joined"
      last: 'single
        quoted'
  omega:
    uses: wait/for
"#;

const MARGIN_COMMENTS: &str = r"podium: 1
steps:
# at the margin, in ALPHA not
  alpha:
# in ALPHA margin one
    uses: terraform/apply # in ALPHA
    with:
# in ALPHA margin two
      one: 1 # in ALPHA
 # a little in
  beta:
    uses: ansible/playbook
# margin three
    needs:
# in ALPHA margin four
      - alpha
    with:
      directory: infra # in DIR
# margin five
      other: 1
# margin six
  omega:
    uses: wait/for
# margin seven
";
