import { StepFailed, UserMistake } from '../core/failure.ts';
import type { CredentialRotation } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import type { Drill } from './drill.ts';

/** Seconds until nobody uses a role any more: pods that end have 60. */
const deadline = 120;

/** Milliseconds between two looks. */
const every = 250;

/** Exchanges the credentials of every service, one after the other. */
export const rotateDatabase: Drill = {
  name: 'rotate-database',
  summary: "the database's credentials are exchanged, and the old ones revoked",
  async possible(_context, input) {
    if (input.project.services.length > 0) return undefined;
    return { notPossible: 'no service has credentials' };
  },
  async run(context, input) {
    const { tools } = input;
    const facts: Record<string, string | number> = {};
    const said: string[] = [];
    for (const service of input.project.services) {
      const began = context.clock.monotonic();
      // An earlier rotation that was broken off is brought to its end first.
      await tools.rereadBindings();
      const rotation = await tools.rotation(service.name);
      const { from, to } = rotation;
      await untilUnused(context, rotation, to);
      await rotation.begin();
      const replaced = await tools.rereadBindings();
      if (replaced.length === 0)
        throw new UserMistake({
          what: `no component is bound to ${service.name}, so nobody uses its new credentials`,
          next: 'Bind one with `needs`, or take the service out of ptp.yaml.',
        });
      await untilUnused(context, rotation, from);
      await rotation.revoke();
      said.push(`${service.name} is used as ${to}; ${from} is let in no more`);
      Object.assign(facts, {
        [`${service.name}.from`]: from,
        [`${service.name}.to`]: to,
        [`${service.name}.replaced`]: replaced.join(', '),
        [`${service.name}.seconds`]: Math.round((context.clock.monotonic() - began) / 10) / 100,
      });
    }
    return { text: said.join('; '), facts };
  },
};

async function untilUnused(
  { clock, emit, signal }: Pick<Context, 'clock' | 'emit' | 'signal'>,
  rotation: CredentialRotation,
  role: string,
): Promise<void> {
  const began = clock.monotonic();
  for (;;) {
    const count = await rotation.connections(role);
    if (count === 0) return;
    if ((clock.monotonic() - began) / 1000 > deadline)
      throw new StepFailed({
        what: `after ${deadline} s the role ${role} still has ${count} connections: it is not revoked`,
        next: 'Find out who uses it (`pg_stat_activity` tells the address), and run this again.',
      });
    const text = `${count} connections as ${role} are still open`;
    emit({ kind: 'progress', step: 'maintain', task: 'connections', text });
    await clock.sleep(every, signal);
  }
}
