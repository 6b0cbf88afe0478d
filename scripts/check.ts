import { quickChecks, type Result, resultText, runCheck, verdict } from './checks.ts';

/* The gate before every commit: `npm run check`. Quick, and needs no network, cluster or root. */
const results: Result[] = [];
for (const group of quickChecks) {
  const done = await Promise.all(group.map((check) => runCheck(check)));
  for (const result of done) process.stdout.write(resultText(result));
  results.push(...done);
}
const { line, code } = verdict(results);
process.stdout.write(`${line}\n`);
process.exitCode = code;
