import { expect, test } from 'vitest';
import { withIssuing } from './reissue.ts';

test('a certificate that is to be issued now says so once, and keeps what else its status says', () => {
  const certificate = {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: 'public-tls', generation: 3 },
    status: {
      revision: 7,
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'Issuing', status: 'False', reason: 'Failed' },
      ],
    },
  } as const;
  expect(withIssuing(certificate, new Date('2026-11-26T12:00:00.123Z')).status).toEqual({
    revision: 7,
    conditions: [
      { type: 'Ready', status: 'True' },
      {
        type: 'Issuing',
        status: 'True',
        reason: 'ManuallyTriggered',
        message: 'Certificate re-issuance manually triggered',
        lastTransitionTime: '2026-11-26T12:00:00Z',
        observedGeneration: 3,
      },
    ],
  });
});
