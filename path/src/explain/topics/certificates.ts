import { issuerName } from '../../core/issuer-name.ts';
import type { AnyObject } from '../../kubernetes/objects.ts';
import { ofKind } from '../../snapshot/snapshot.ts';
import { drillFacts } from '../drills.ts';
import { fact, moment } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const certificates: Topic = {
  name: 'certificates',
  part: 'Maintenance',
  question: "How will you ensure certificates don't expire?",
  choice: () =>
    'cert-manager renews them: of 90 days, 30 before the end. The gateway takes the new one without a restart. `ptp status` says until when each is valid, and `ptp drill renew` shows that a renewal fails no handshake.',
  turnedDown: [
    { what: 'certbot in a cron job', why: 'nobody sees when it has stopped working' },
    { what: 'A certificate that is valid for years', why: 'its renewal is never tried before it is late' },
  ],
  costs: () =>
    'A domain that no public authority can reach has an authority of its own, which people’s machines have to be told of once (`ptp trust`).',
  decisions: [18, 19, 57],
  facts(snapshot) {
    const { certificates: all, url, taken, cluster, project } = snapshot;
    const { domain } = project.target;
    const port = new URL(url).port || '443';
    const host = cluster.entry?.address ?? domain;
    return [
      ...drillFacts(snapshot, ['renew']),
      ...all.map(({ secret, names, until, from, authority, issuer }) => {
        const days = Math.floor((Date.parse(until) - Date.parse(taken)) / 86_400_000);
        return fact(
          authority ? `authority ${secret}` : `certificate of ${names.join(', ')}`,
          `from ${moment(from)} until ${moment(until)}: ${days} days${authority ? '' : `; issued by ${issuerName(issuer)}`}`,
          authority
            ? `ptp explain certificate/${secret} .status`
            : `openssl s_client -connect ${host}:${port} -servername ${domain} </dev/null | openssl x509 -noout -dates -issuer`,
          days > 20,
        );
      }),
      ...ofKind<AnyObject>(snapshot, 'Certificate').flatMap(({ metadata, status }) =>
        typeof status?.renewalTime === 'string'
          ? [
              fact(
                `renewal of ${metadata.name}`,
                moment(status.renewalTime),
                `ptp explain certificate/${metadata.name} .status.renewalTime`,
              ),
            ]
          : [],
      ),
    ];
  },
};
