import { quickChecks, type Result, resultText, runCheck, slowChecks, verdict } from './checks.ts';

/*
 * Everything: `npm test`. The quick checks, then the contract and end-to-end tests; all of them run, whatever failed
 * before, and the last line sums up.
 */
const results: Result[] = [];
for (const group of quickChecks) {
  const done = await Promise.all(group.map((check) => runCheck(check)));
  for (const result of done) process.stdout.write(resultText(result));
  results.push(...done);
}
for (const check of slowChecks) results.push(await runCheck(check, { live: true }));
process.stdout.write('\n');
for (const result of results) process.stdout.write(resultText(result, true));
const { line, code } = verdict(results);
process.stdout.write(`${line}\n`);
process.exitCode = code;
