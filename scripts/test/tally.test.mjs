import assert from 'node:assert/strict';
import test from 'node:test';
import { alike, readTap, readVitest, rustReader, settle, tally } from './tally.mjs';
import { runsOf } from './tiers.mjs';

function rust(lines, code = 0) {
  const into = tally();
  const reader = rustReader(into, 'plan/lib');
  for (const line of lines.split('\n')) reader.line(line);
  reader.end(code);
  return into;
}

test('a skipped test is not counted as passed, and its reason is kept', () => {
  const found = rust(`running 3 tests
test real_apply ... ok
test real_destroy ... ok
test pure ... ok

successes:

---- real_apply stdout ----
skipped: Terraform is not here
skipped: Terraform is not here

successes:
    real_apply

test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s`);
  assert.equal(found.passed, 2);
  assert.deepEqual(found.skipped, [{ name: 'plan/lib real_apply', why: 'Terraform is not here' }]);
});

test('a failed test has its name', () => {
  const found = rust(
    `test one ... FAILED
test two ... ok
test three ... ignored, needs a Windows machine
test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s`,
    101,
  );
  assert.equal(found.passed, 1);
  assert.deepEqual(found.failed, ['plan/lib one']);
  assert.deepEqual(found.skipped, [{ name: 'plan/lib three', why: 'needs a Windows machine' }]);
});

test('a program that dies in the middle is a failure', () => {
  const found = rust('running 3 tests\ntest one ... ok', 134);
  assert.deepEqual(found.failed, ['plan/lib ended with 134 before its tests were done']);
});

test('node tests are counted by their leaves', () => {
  const into = tally();
  readTap(
    into,
    `TAP version 13
# Subtest: the first hour
    # Subtest: home shows tiles
    ok 1 - home shows tiles
    # Subtest: undo
    not ok 2 - undo
      ---
      error: 'not ok'
      ...
    # Subtest: no keychain
    ok 3 - no keychain # SKIP gnome-keyring is not here
    1..3
not ok 1 - the first hour
# Subtest: alone
ok 2 - alone
1..2`,
  );
  assert.equal(into.passed, 2);
  assert.deepEqual(into.failed, ['the first hour › undo']);
  assert.deepEqual(into.skipped, [{ name: 'the first hour › no keychain', why: 'gnome-keyring is not here' }]);
});

test('a vitest file that does not load is a failure', () => {
  const into = tally();
  readVitest(into, {
    testResults: [
      { name: 'a.test.ts', status: 'failed', message: 'SyntaxError\nmore', assertionResults: [] },
      {
        name: 'b.test.ts',
        status: 'passed',
        assertionResults: [
          { status: 'passed', fullName: 'b one' },
          { status: 'pending', fullName: 'b two' },
        ],
      },
    ],
  });
  assert.equal(into.passed, 1);
  assert.deepEqual(into.failed, ['a.test.ts: SyntaxError']);
  assert.equal(into.skipped[0].name, 'b two');
});

test('every test program belongs to a tier', () => {
  const tier = (name, kind, target) => runsOf({ package: name, kind, name: target }).map((one) => one.tier);
  assert.deepEqual(tier('podium-plan', 'lib', 'podium_plan'), ['unit']);
  assert.deepEqual(tier('podium-plan', 'test', 'compile'), ['unit']);
  assert.deepEqual(tier('podium-tests', 'test', 'documents'), ['documents']);
  assert.deepEqual(tier('podium-tests', 'test', 'contract'), ['contract']);
  assert.deepEqual(tier('podium-tests', 'test', 'journeys'), ['real']);
  assert.deepEqual(tier('podium-connector-terraform', 'lib', 'x'), ['unit', 'real']);
  assert.deepEqual(tier('podium-connector-terraform', 'test', 'apply'), ['contract', 'real']);
});

test('what passes when run once more is counted and told, by its own name only', async () => {
  const into = tally();
  const found = { passed: 4, failed: ['one', 'two'], skipped: [] };
  const left = await settle(into, found, (names) => Promise.resolve([...names.slice(0, 1), 'another']));
  assert.deepEqual(left, ['two']);
  assert.equal(into.passed, 5);
  assert.deepEqual(into.failed, ['two']);
  assert.deepEqual(into.again, ['one']);
});

test('many failures are no accident and are not run again', async () => {
  const into = tally();
  const failed = ['one', 'two', 'three', 'four'];
  await settle(into, { passed: 0, failed, skipped: [] }, () => assert.fail('run again'));
  assert.deepEqual(into.failed, failed);
  assert.deepEqual(into.again, []);
});

test('a second attempt can be forbidden', async (t) => {
  process.env.PODIUM_TEST_ONCE = '1';
  t.after(() => delete process.env.PODIUM_TEST_ONCE);
  const into = tally();
  await settle(into, { passed: 0, failed: ['one'], skipped: [] }, () => assert.fail('run again'));
  assert.deepEqual(into.failed, ['one']);
});

test('tests that lack the same thing are told together', () => {
  const lacking = ['a', 'b', 'c', 'd'].map((name) => ({ name, why: 'no tool' }));
  assert.deepEqual(alike([...lacking, { name: 'e', why: 'no display' }]), ['4 tests, the first is a: no tool', 'e: no display']);
});
