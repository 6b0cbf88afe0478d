import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { firewall, masquerade } from './network.ts';
import { networkOf, nodeOf } from './plan.ts';

const script = firewall(networkOf(9), { http: 8080, https: 8443 });

test('only loopback ports of the instance are led into it', () => {
  const led = script.match(/.*dnat to.*/g) ?? [];
  expect(led).toHaveLength(2);
  for (const rule of led) expect(rule).toContain('ip daddr 127.0.0.1 tcp dport');
  expect(script).toContain('8443 dnat to 10.77.9.2:443');
});

test('everything is in one table of the instance, so removing that table removes it all', () => {
  expect(new Set(script.match(/^(?:delete )?table .*?(?= \{|$)/gm))).toEqual(
    new Set(['table ip ptp9', 'delete table ip ptp9']),
  );
});

// In a network namespace of its own, so that nothing of the machine's firewall is touched.
const canTry = spawnSync('unshare', ['--net', 'nft', 'list', 'tables']).status === 0;
test.runIf(canTry).each([
  ['host', script],
  ['node', masquerade(networkOf(9), nodeOf(networkOf(9), 2))],
])('nft takes the table of the %s, twice', (_, input) => {
  const run = spawnSync(
    'unshare',
    [
      '--net',
      'sh',
      '-c',
      'cat > /dev/shm/$$; nft -f /dev/shm/$$ && nft -f /dev/shm/$$; s=$?; rm /dev/shm/$$; exit $s',
    ],
    { input, encoding: 'utf8' },
  );
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
});
