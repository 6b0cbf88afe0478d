import { join } from 'node:path';
import { z } from 'zod';
import type { Context } from '../../effects/context.ts';
import { tellDamage } from '../../oci/damage.ts';
import { readSealed, sealedEnding, writeSealed } from '../../oci/sealed.ts';
import { type DebianLock, type LockRequest, lockSchema } from './lock.ts';
import { MirrorUnreachable } from './mirror-failure.ts';
import type { PackageIndex } from './package-index.ts';
import { type Freshness, keyOf } from './plan.ts';
import { resolve } from './resolve.ts';

/** How long a choice stands before the mirror is asked for updates, in milliseconds. A lock stands for ever. */
const freshFor = 24 * 60 * 60 * 1000;

const schema = z.object({ checked: z.number(), lock: lockSchema });

/** What choosing needs. */
export interface Choice {
  readonly request: LockRequest;
  /** The folder of what is remembered. */
  readonly folder: string;
  /** Chosen earlier, by whoever asks. */
  readonly lock: DebianLock | undefined;
  /** The packages that can be had. Called only where nothing that was chosen before will do. */
  readonly index: () => Promise<PackageIndex>;
  readonly fresh: Freshness | undefined;
}

/**
 * The packages for a request: the lock's where it answers the request, those of the last day, or the newest. Without
 * a network those chosen last stand, with a note.
 */
export async function choosePackages(context: Context, choice: Choice): Promise<DebianLock> {
  const { request, lock, fresh } = choice;
  const memory = join(choice.folder, 'locks', keyOf(request) + sealedEnding);
  if (fresh !== 'required' && lock !== undefined) {
    if (keyOf(lock.request) === keyOf(request)) return lock;
    const text = 'the Debian packages that are locked answer another request; they are chosen anew';
    context.emit({ kind: 'note', step: 'image', text });
  }
  const known = await remembered(context, memory, request);
  const now = context.clock.now().getTime();
  // a time in the future is that of a clock that was wrong
  const recent = known !== undefined && now - known.checked < freshFor && known.checked <= now;
  if (fresh === undefined && recent) return known.lock;
  try {
    const chosen = resolve(request, await choice.index());
    await writeSealed(memory, { checked: now, lock: chosen });
    return chosen;
  } catch (error) {
    if (fresh === 'required' || known === undefined || !(error instanceof MirrorUnreachable)) throw error;
    const since = new Date(known.checked).toISOString();
    const text = `${error.message}; the Debian packages chosen at ${since} are used`;
    context.emit({ kind: 'note', step: 'image', text });
    return known.lock;
  }
}

async function remembered({ emit }: Context, file: string, request: LockRequest) {
  const damaged = () => tellDamage(emit, 'the last choice of Debian packages', file);
  const read = schema.safeParse(await readSealed(file, damaged));
  return read.success && keyOf(read.data.lock.request) === keyOf(request) ? read.data : undefined;
}
