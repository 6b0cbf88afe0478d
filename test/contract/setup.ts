import { join } from 'node:path';
import { azureModels } from '../support/cloud/azure/models.ts';
import { componentProgram } from '../support/component.ts';
import { goProgram } from '../support/go-program.ts';

/** Obtains what the tests run before any of them waits for it; one after the other, as each compiles on every core. */
export default async function setup(): Promise<void> {
  for (const name of ['kubernetes', 'etcd', 'registry']) await componentProgram(name, name);
  // It compiles for minutes on a new machine, for which no test should be held up.
  goProgram(join(import.meta.dirname, 'support/cosign'));
  // Several files of tests would each make it.
  await azureModels();
}
