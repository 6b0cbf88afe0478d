import { type Ended, jsonResult, tail } from '../support/ptp.ts';
import type { Journal } from './journal.ts';
import type { World } from './world.ts';

/** Something that goes wrong with a system that runs. */
export interface Fault {
  readonly name: string;
  /** Makes it go wrong; returns what takes that away again where only the user can, and not `up`. */
  bring(world: World): Promise<undefined | (() => Promise<void>)>;
  /**
   * What `ptp status` has to say while it lasts, and how the command has to end; absent where it may be over before
   * anybody looks.
   */
  readonly status?: { readonly code: number; readonly says: RegExp };
  /** What `ptp up` has to say while it lasts; absent where it has to mend it. */
  readonly says?: RegExp;
  /** How an `up` that says it ends: 1, or 2 where it is the user's mistake. */
  readonly code?: 1 | 2;
  /** Whether rows that were acknowledged before are gone: nobody can mend what was deleted. */
  readonly loses?: boolean;
  /** Environment of the `up` while it lasts. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Brings a fault, looks at what the user is told, and has the next `up` mend it. */
export async function suffer(world: World, journal: Journal, group: string, fault: Fault): Promise<void> {
  const last = journal.attempts.at(-1);
  if (last !== undefined && !last.ok) await world.recover();
  await journal.attempt(group, fault.name, async () => {
    const door = await world.system.door();
    await world.system.rows.make(door);
    const seen: string[] = [];
    const undo = await fault.bring(world);
    try {
      const status = await world.ptp(['status', '--json'], fault.env ?? {});
      seen.push(`status: ${said(status)}`);
      noBug(status);
      if (fault.status !== undefined) expectSaid('status', status, fault.status.code, fault.status.says);
      if (fault.says !== undefined) {
        const up = await world.ptp(['up', '--json'], fault.env ?? {});
        seen.push(`up (${up.seconds.toFixed(1)} s): ${said(up)}`);
        expectSaid('up', up, fault.code ?? 1, fault.says);
        noBug(up);
      }
    } finally {
      await undo?.();
    }
    const { seconds } = await world.mended(undo === undefined ? fault.env : {});
    seen.push(`mended by up in ${seconds.toFixed(1)} s`);
    await world.system.must('status');
    const after = await world.system.door();
    if (fault.loses === true) world.system.forget();
    const lost = await world.system.rows.lost(after);
    if (lost.length > 0) throw new Error(`rows are lost: ${lost.slice(0, 5).join('; ')}\n${seen.join('\n')}`);
    return seen.join(' | ');
  });
}

function expectSaid(command: string, ended: Ended, code: number, says: RegExp): void {
  const text = said(ended);
  if (ended.code !== code || !says.test(text))
    throw new Error(
      `${command} ended with ${ended.code} instead of ${code} and ${says}: ${text}\n${tail(ended)}`,
    );
}

function noBug(ended: Ended): void {
  if (/"kind":"bug"/.test(ended.stdout)) throw new Error(`a bug of ptp:\n${tail(ended)}`);
}

interface Problem {
  readonly what: string;
  readonly next?: string;
}

/** The problems a command tells of, with what to do about them. */
function said(ended: Ended): string {
  const { kind, problems, cluster } = jsonResult(ended) as {
    readonly kind: string;
    readonly problems?: readonly Problem[];
    readonly cluster?: { readonly state: string };
  };
  const told = (problems ?? []).map(({ what, next }) => `${what}${next === undefined ? '' : ` → ${next}`}`);
  return [`${kind} ${cluster?.state ?? ''}`.trim(), ...told].join(' · ');
}
