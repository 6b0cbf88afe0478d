import { expect, test } from 'vitest';
import { imageNames, partImages } from './clouds/image-names.ts';
import { addOns } from './cluster/local/addons/add-ons.ts';
import type { Service } from './project/project.ts';
import { recordRepository } from './releases/record.ts';
import { serviceKinds } from './services/table.ts';

test('a cloud’s registry is told of every image that a release publishes', () => {
  const service: Service = { name: 'database', type: 'postgres', version: 17, storage: '1Gi' };
  const names = imageNames({ components: [{ name: 'web' }], services: [service] } as never);
  expect(names).toContain('web');
  expect(names).toContain(serviceKinds.postgres.image(service).name);
  expect(names).toContain(recordRepository);
  for (const part of partImages) expect(addOns.map(({ name }) => name)).toContain(part);
});
