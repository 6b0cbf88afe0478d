import { componentProgram } from '../support/component.ts';

/** Obtains what the tests run before any of them waits for it; one after the other, as each compiles on every core. */
export default async function setup(): Promise<void> {
  for (const name of ['kubernetes', 'etcd', 'registry']) await componentProgram(name, name);
}
