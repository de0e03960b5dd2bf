// What a tier found: how many passed, which failed, which were skipped and why. The parsers read what
// the runners print; a line they do not know is no result.

/** An empty tally. `again` names those that failed and passed when run once more. */
export function tally() {
  return { passed: 0, failed: [], skipped: [], again: [], ms: 0 };
}

/** More failures than this in one run are no accident; they are not run again. */
const ACCIDENTS = 3;

/**
 * Adds what one run found to the tally of its tier. `once` runs what failed once more and gives what that
 * found, in the same names; only a test that passes there by its own name is taken off the failures, and it
 * is told. PODIUM_TEST_ONCE=1 forbids the second attempt.
 */
export async function settle(into, found, once) {
  let failed = found.failed;
  if (failed.length > 0 && failed.length <= ACCIDENTS && !process.env.PODIUM_TEST_ONCE) {
    const second = new Set(await once(failed));
    into.again.push(...failed.filter((name) => second.has(name)));
    failed = failed.filter((name) => !second.has(name));
  }
  into.passed += found.passed + found.failed.length - failed.length;
  into.failed.push(...failed);
  into.skipped.push(...found.skipped);
  return failed;
}

/** The skipped tests in lines for people: those that lack the same thing are told together. */
export function alike(skipped) {
  const groups = new Map();
  for (const one of skipped) groups.set(one.why, [...(groups.get(one.why) ?? []), one]);
  return [...groups].flatMap(([why, all]) =>
    all.length > ACCIDENTS ? [`${all.length} tests, the first is ${all[0].name}: ${why}`] : all.map(({ name }) => `${name}: ${why}`),
  );
}

/** Reads the output of one Rust test program, run with `--show-output`, line by line into `into`. */
export function rustReader(into, program) {
  let about = '';
  let closed = false;
  const skips = new Set();
  return {
    line(text) {
      let match;
      if ((match = /^test (.+?) \.\.\. (ok|FAILED|ignored)(?:, (.*))?$/.exec(text))) {
        const [, name, how, why] = match;
        if (how === 'FAILED') into.failed.push(`${program} ${name}`);
        if (how === 'ignored') into.skipped.push({ name: `${program} ${name}`, why: why ?? 'ignored, no reason given' });
      } else if ((match = /^---- (.+) stdout ----$/.exec(text))) {
        about = match[1];
      } else if ((match = /^skipped: (.+)$/.exec(text.trim())) && !skips.has(about)) {
        // A test that finds its peer missing says so and returns; it proved nothing.
        skips.add(about);
        into.skipped.push({ name: `${program} ${about}`.trim(), why: match[1] });
      } else if ((match = /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;/.exec(text))) {
        closed = true;
        into.passed += Number(match[1]) - skips.size;
      }
    },
    /** After the program ended: one that died before its closing line is a failure by itself. */
    end(code) {
      if (!closed) into.failed.push(`${program} ended with ${code} before its tests were done`);
      else if (code !== 0 && into.failed.length === 0) into.failed.push(`${program} ended with ${code}`);
    },
  };
}

/** Reads the JSON report of vitest. Gives the names that passed and the files in which one failed. */
export function readVitest(into, report) {
  const names = { passed: [], files: new Set() };
  for (const file of report.testResults) {
    if (file.status === 'failed' && file.assertionResults.length === 0) {
      into.failed.push(`${file.name}: ${(file.message ?? '').split('\n')[0]}`);
    }
    for (const one of file.assertionResults) {
      if (one.status === 'passed') {
        into.passed += 1;
        names.passed.push(one.fullName);
      } else if (one.status === 'failed') {
        into.failed.push(one.fullName);
        names.files.add(file.name);
      } else into.skipped.push({ name: one.fullName, why: `${one.status} in the test file` });
    }
  }
  return names;
}

/** Reads node's test runner in TAP; only leaves count, not the files and suites around them. Gives the names that passed. */
export function readTap(into, text) {
  const open = [];
  const passed = [];
  for (const line of text.split('\n')) {
    const subtest = /^(\s*)# Subtest: (.*)$/.exec(line);
    if (subtest) {
      open[subtest[1].length / 4] = { name: subtest[2], children: 0 };
      const parent = open[subtest[1].length / 4 - 1];
      if (parent) parent.children += 1;
      continue;
    }
    const result = /^(\s*)(ok|not ok) \d+ - (.*?)(?: # (SKIP|TODO)(?: (.*))?)?$/.exec(line);
    if (!result) continue;
    const [, space, how, name, mark, why] = result;
    const here = open[space.length / 4];
    if (here?.children > 0) {
      here.children = 0;
      continue;
    }
    const full = [...open.slice(0, space.length / 4).map((one) => one.name), name].join(' › ');
    if (mark === 'SKIP') into.skipped.push({ name: full, why: why || 'no reason given' });
    else if (how === 'ok') {
      into.passed += 1;
      passed.push(full);
    } else into.failed.push(full);
  }
  return passed;
}
