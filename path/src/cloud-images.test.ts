import { expect, test } from 'vitest';
import { imageNames } from './clouds/image-names.ts';
import { monitoringAddOn } from './cluster/local/addons/monitoring.ts';
import { addOnsFor } from './cluster/managed/parts.ts';
import type { Service } from './project/project.ts';
import { recordRepository } from './releases/record.ts';
import { serviceImages } from './services/table.ts';

test.each([true, false])(
  'a cloud’s registry is told of every image that a release publishes (acme: %s)',
  (acme) => {
    const service: Service = {
      name: 'database',
      type: 'postgres',
      version: 17,
      storage: '1Gi',
      backup: { schedule: '0 3 * * *', keep: 7 },
    };
    const target = {
      cloud: acme ? { acme: { server: 'https://acme.example.com' } } : {},
      monitoring: 'cluster',
    };
    const names = imageNames({ components: [{ name: 'web' }], services: [service], target } as never);
    expect(names).toContain('web');
    for (const { name } of serviceImages({ services: [service] } as never)) expect(names).toContain(name);
    expect(names).toContain(recordRepository);
    const addOns = [...addOnsFor({ ownGateway: false, acme }), monitoringAddOn()];
    for (const { name, further = {}, beside = [] } of addOns)
      for (const image of [name, ...Object.keys(further), ...beside.map(({ component }) => component)])
        expect(names).toContain(image);
  },
);
