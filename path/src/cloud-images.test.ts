import { expect, test } from 'vitest';
import { imageNames, partImages } from './clouds/image-names.ts';
import { addOns } from './cluster/local/addons/add-ons.ts';
import type { Service } from './project/project.ts';
import { recordRepository } from './releases/record.ts';
import { serviceImages } from './services/table.ts';

test('a cloud’s registry is told of every image that a release publishes', () => {
  const service: Service = {
    name: 'database',
    type: 'postgres',
    version: 17,
    storage: '1Gi',
    backup: { schedule: '0 3 * * *', keep: 7 },
  };
  const names = imageNames({ components: [{ name: 'web' }], services: [service] } as never);
  expect(names).toContain('web');
  for (const { name } of serviceImages({ services: [service] } as never)) expect(names).toContain(name);
  expect(names).toContain(recordRepository);
  for (const part of partImages) expect(addOns.map(({ name }) => name)).toContain(part);
});
