import type { Project } from '../../../project/project.ts';
import { type AwsResource, filtersOf, first, nameOf, tagsOf } from './aws-resource.ts';
import type { WithId } from './network.ts';

/** The routes of the public subnets: everything else goes to the Internet. The others keep the network's own table. */
export function routeTable(
  project: Project,
  network: AwsResource<WithId>,
  gateway: AwsResource<WithId>,
  subnets: readonly AwsResource<WithId>[],
): AwsResource<WithId> {
  const name = nameOf(project, 'routes');
  return {
    id: 'routes',
    kind: 'Route table',
    name,
    needs: [network, gateway, ...subnets],
    desired: { '0.0.0.0/0': gateway.name, subnets: subnets.map((one) => one.name) },
    deadline: 900,
    async find(api, seen) {
      const ec2 = await api.ec2();
      const { RouteTables } = await ec2.describeRouteTables({ Filters: filtersOf(project, name) });
      const found = first(RouteTables, ({ RouteTableId }) => RouteTableId);
      if (found?.RouteTableId === undefined) return undefined;
      const out = (found.Routes ?? []).find(
        ({ DestinationCidrBlock }) => DestinationCidrBlock === '0.0.0.0/0',
      );
      const right = out?.GatewayId !== undefined && out.GatewayId === seen.find(gateway)?.id;
      const lacking = subnets.filter(
        (one) => !(found.Associations ?? []).some(({ SubnetId }) => SubnetId === seen.find(one)?.id),
      );
      return {
        state: 'ready',
        ours: true,
        value: { id: found.RouteTableId },
        drift: [
          ...(right
            ? []
            : [
                {
                  path: '.Routes[0.0.0.0/0]',
                  ...(out === undefined ? {} : { before: out.GatewayId }),
                  after: gateway.name,
                },
              ]),
          ...lacking.map((one) => ({ path: `.Associations[${one.id}]`, after: one.name })),
        ],
      };
    },
    async create(api, seen) {
      const ec2 = await api.ec2();
      const { RouteTable } = await ec2.createRouteTable({
        VpcId: seen.of(network).id,
        TagSpecifications: [{ ResourceType: 'route-table', Tags: tagsOf(project, name) }],
      });
      const RouteTableId = RouteTable?.RouteTableId;
      await ec2.createRoute({
        RouteTableId,
        DestinationCidrBlock: '0.0.0.0/0',
        GatewayId: seen.of(gateway).id,
      });
      for (const one of subnets) await ec2.associateRouteTable({ RouteTableId, SubnetId: seen.of(one).id });
    },
    async update(api, seen, { value, drift }) {
      const ec2 = await api.ec2();
      const route = drift.find(({ path }) => path.startsWith('.Routes'));
      const to = {
        RouteTableId: value.id,
        DestinationCidrBlock: '0.0.0.0/0',
        GatewayId: seen.of(gateway).id,
      };
      if (route !== undefined)
        await (route.before === undefined ? ec2.createRoute(to) : ec2.replaceRoute(to));
      for (const one of subnets)
        if (drift.some(({ path }) => path === `.Associations[${one.id}]`))
          await ec2.associateRouteTable({ RouteTableId: value.id, SubnetId: seen.of(one).id });
    },
    async delete(api, _seen, { value }) {
      const ec2 = await api.ec2();
      const { RouteTables = [] } = await ec2.describeRouteTables({ RouteTableIds: [value.id] });
      for (const { RouteTableAssociationId } of RouteTables[0]?.Associations ?? [])
        await ec2.disassociateRouteTable({ AssociationId: RouteTableAssociationId });
      await ec2.deleteRouteTable({ RouteTableId: value.id });
    },
  };
}
