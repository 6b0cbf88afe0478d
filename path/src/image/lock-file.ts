import { readFile } from 'node:fs/promises';
import { UserMistake } from '../core/failure.ts';
import { oneLine } from '../core/one-line.ts';
import { writeAtomically } from '../effects/write-atomically.ts';
import { type DebianLock, type LockRequest, lockSchema } from './debian/lock.ts';

/** The lock's name, beside ptp.yaml. */
export const lockFileName = 'ptp.lock';

const title =
  '# The Debian packages that images of this project stand on. Made by ptp: commit it, do not edit it.';
const version = 1;

/** The choices in a project's lock, none where it has no such file. Throws UserMistake where it can't be read. */
export async function readLockFile(file: string): Promise<readonly DebianLock[]> {
  try {
    return parseLock(await readFile(file, 'utf8'), file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Reads the text of a lock. `file` is for messages. Throws UserMistake where it is none. */
export function parseLock(text: string, file: string): readonly DebianLock[] {
  const wrong = (what: string, next: string) => new UserMistake({ what, where: { file }, next });
  const again =
    'Take the committed one back (`git checkout -- ptp.lock`), or delete it: it is made again then.';
  if (/^(?:<{7}|>{7}) /mu.test(text)) {
    throw wrong('two branches changed it, and the conflict is still in it', again);
  }
  let document: Partial<Record<string, unknown>>;
  try {
    document = JSON.parse(text.replace(/^#.*$/gmu, '')) ?? {};
  } catch {
    throw wrong('it is no lock: it is no JSON', again);
  }
  if (typeof document.version === 'number' && document.version > version) {
    throw wrong(
      `it is of version ${document.version}, and this ptp reads version ${version}`,
      'Use the ptp that made it, or a newer one.',
    );
  }
  const choices = Array.isArray(document.choices) ? (document.choices as unknown[]) : [undefined];
  return choices.map((choice, index) => {
    const { resolved, ...request } = (choice ?? {}) as Record<string, unknown>;
    const parsed = lockSchema.safeParse({ version: document.version, request, resolved });
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const at = ['choices', index, ...(issue?.path.filter((part) => part !== 'request') ?? [])].join('.');
    const found = issue?.code === 'invalid_type' ? `no ${issue.expected}` : 'not as it may be';
    throw wrong(oneLine(`it is no lock: ${at}: ${found}`), again);
  });
}

/**
 * A lock's text: JSON (so YAML as well) below a line that says what it is. One value a line and everything sorted, so
 * that a new version of a package is a small diff.
 */
export function lockText(choices: readonly DebianLock[]): string {
  const sorted = [...choices].sort((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));
  const document = { version, choices: sorted.map(({ request, resolved }) => ({ ...request, resolved })) };
  return `${title}\n${JSON.stringify(document, undefined, 2)}\n`;
}

/** Writes a lock, whole or not at all. */
export async function writeLockFile(file: string, choices: readonly DebianLock[]): Promise<void> {
  await writeAtomically(file, lockText(choices));
}

/**
 * The choices to keep: those that this build used, and those of other architectures, which only machines of that kind
 * can say anything about. Pure.
 */
export function keptChoices(
  before: readonly DebianLock[],
  used: readonly DebianLock[],
  architecture: string,
): readonly DebianLock[] {
  return [...before.filter(({ request }) => request.architecture !== architecture), ...used];
}

/** Whether a choice answers a request. */
export function answers(lock: DebianLock, request: LockRequest): boolean {
  return orderOf(lock) === orderOf({ request });
}

function orderOf({ request }: Pick<DebianLock, 'request'>): string {
  const { suite, architecture, packages, without, closed } = request;
  return JSON.stringify([suite, architecture, packages, without, closed]);
}
