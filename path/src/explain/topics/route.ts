import type { AnyObject } from '../../kubernetes/objects.ts';
import { conditionsOf } from '../../kubernetes/objects.ts';
import { ofKind } from '../../snapshot/snapshot.ts';
import { fact } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const route: Topic = {
  name: 'route',
  part: 'Access',
  question: 'How is the system reached? What did that require?',
  choice: ({ url }) =>
    `At ${url}, over TLS, through a Gateway (Gateway API) that Traefik carries: http answers with a redirect, https leads to the one component with a route. It required a name, a certificate, a class that carries the Gateway, and a port on the outside.`,
  turnedDown: [
    {
      what: 'An Ingress',
      why: 'frozen; redirects and timeouts are annotations that differ from controller to controller',
    },
    { what: 'A load balancer for each component', why: 'each is paid for, and CORS begins' },
  ],
  costs: () => 'The Gateway API’s definitions have to be in the cluster, and its controller is one more hop.',
  decisions: [17, 10, 19],
  facts(snapshot) {
    const { project, url } = snapshot;
    return [
      fact('address', url, 'ptp open --print'),
      ...ofKind<AnyObject>(snapshot, 'Gateway').map((one) =>
        fact(
          `gateway ${one.metadata.name}`,
          `class ${String(one.spec?.gatewayClassName)}`,
          `ptp explain gateway/${one.metadata.name} .spec`,
          conditionsOf(one).some(({ type, status }) => type === 'Programmed' && status === 'True'),
        ),
      ),
      ...ofKind<AnyObject>(snapshot, 'HTTPRoute').map((one) =>
        fact(
          `route ${one.metadata.name}`,
          JSON.stringify(one.spec?.hostnames),
          `ptp explain httproute/${one.metadata.name} .spec`,
        ),
      ),
      fact(
        'components that have a way in from outside',
        project.components
          .filter(({ route: way }) => way !== undefined)
          .map(({ name }) => name)
          .join(', '),
        'ptp export',
      ),
    ];
  },
};
