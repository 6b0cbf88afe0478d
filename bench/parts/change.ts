import { join } from 'node:path';
import { withEdit } from '../../test/support/edit.ts';
import type { System } from '../../test/support/system.ts';
import { ask, soon, startUp } from './watch.ts';

const page = 'system/frontend/src/app.tsx';
const line = 'Each click makes one, gives it an id, and keeps it.';
const domain = 'hello.localhost';

/** Changes a word of the page; seconds from the saved file to the first page that has it. */
export function measureChange(system: System): Promise<number> {
  const words = `At ${Date.now()} each click makes one.`;
  return withEdit(join(system.place.folder, page), [line, words], async () => {
    const up = startUp(system);
    await soon(up.failed, async () => {
      const script = /src="([^"]+\.js)"/.exec(await ask(system.ports.https, domain, '/'))?.[1];
      return script !== undefined && (await ask(system.ports.https, domain, script)).includes(words);
    });
    const seconds = up.seconds();
    await up.ended;
    return seconds;
  });
}
