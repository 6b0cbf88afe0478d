import { expect, test } from 'vitest';
import { countsOf } from './requests.ts';
import { usageOf } from './usage.ts';

test('what pods use is read from a kubelet’s summary, claims with their volumes', () => {
  const answer = {
    node: { nodeName: 'node1' },
    pods: [
      {
        podRef: { name: 'database-0', namespace: 'shop', uid: 'u' },
        cpu: { time: '2026-11-26T10:00:00Z', usageNanoCores: 12_500_000 },
        memory: { workingSetBytes: 1024 },
        volume: [
          { name: 'data', usedBytes: 10, capacityBytes: 100, pvcRef: { name: 'data', namespace: 'shop' } },
          { name: 'tmp' },
        ],
      },
      { podRef: { name: 'new', namespace: 'shop', uid: 'v' } },
    ],
  };
  expect(usageOf('node1', answer)).toEqual([
    {
      namespace: 'shop',
      pod: 'database-0',
      node: 'node1',
      cpu: 0.0125,
      memory: 1024,
      volumes: [{ claim: 'data', used: 10, capacity: 100 }],
    },
    { namespace: 'shop', pod: 'new', node: 'node1', cpu: 0, memory: 0, volumes: [] },
  ]);
  expect(usageOf('node1', 'no summary')).toEqual([]);
});

test('requests are summed over all routes; 5xx are failures', () => {
  const text = [
    '# TYPE http_request_duration_seconds histogram',
    'http_request_duration_seconds_bucket{route="/",status="200",le="0.1"} 7',
    'http_request_duration_seconds_sum{route="/",status="200"} 0.5',
    'http_request_duration_seconds_count{route="/",status="200"} 7',
    'http_request_duration_seconds_sum{route="/x",status="503"} 1.5e-1',
    'http_request_duration_seconds_count{route="/x",status="503"} 2',
    'http_requests_total{status="200"} 9',
  ];
  expect(countsOf(text)).toEqual({ total: 9, failed: 2, seconds: 0.65 });
  expect(countsOf([])).toEqual({ total: 0, failed: 0, seconds: 0 });
});
