import { relative } from 'node:path';
import type { Material } from '../core/making.ts';
import type { Context } from '../effects/context.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import type { DebianLock } from './debian/lock.ts';
import { type DebianRequest, debianArchitecture, lockRequest } from './debian/plan.ts';
import { answers, keptChoices, lockFileName, lockText, readLockFile, writeLockFile } from './lock-file.ts';

/** How a build uses a lock. */
export interface LockOptions {
  /** Nothing that it holds will do. */
  readonly renew: boolean;
  /** Not all of the project's images are built: choices that none of them uses stay. */
  readonly partial: boolean;
}

/** A project's lock during one build: what it holds, and what of it was used. */
export class ProjectLock {
  readonly #file: string;
  readonly #before: readonly DebianLock[];
  readonly #renew: boolean;
  readonly #partial: boolean;
  readonly #architecture = debianArchitecture(process.arch);
  readonly #used: DebianLock[] = [];

  /** Reads the lock. Throws UserMistake where the file is none. */
  static async open(file: string, options: LockOptions): Promise<ProjectLock> {
    return new ProjectLock(file, await readLockFile(file), options);
  }

  private constructor(file: string, before: readonly DebianLock[], { renew, partial }: LockOptions) {
    this.#file = file;
    this.#before = before;
    this.#renew = renew;
    this.#partial = partial;
  }

  /**
   * The request with what was chosen for it before. What is to be locked now is the mirror's newest: two requests
   * that were chosen at different hours might have other versions of the packages that they share.
   */
  locked(request: DebianRequest): DebianRequest {
    if (this.#renew) return { ...request, fresh: 'required' };
    const wanted = lockRequest(request, this.#architecture);
    const lock = this.#before.find((one) => answers(one, wanted));
    return lock === undefined ? { ...request, fresh: 'wanted' } : { ...request, lock };
  }

  /** Notes that an image stands on this choice. */
  use(lock: DebianLock): void {
    if (!this.#used.some((one) => answers(one, lock.request))) this.#used.push(lock);
  }

  /** The file as `save` leaves it, as what images are made from; undefined where there is none. */
  material(projectFolder: string): Material | undefined {
    const choices = this.#choices();
    if (choices.length === 0) return undefined;
    const sha256 = digestHex(digestOf(lockText(choices)));
    return { type: 'file', name: relative(projectFolder, this.#file), digests: { sha256 }, use: 'build' };
  }

  #choices(): readonly DebianLock[] {
    if (!this.#partial) return keptChoices(this.#before, this.#used, this.#architecture);
    const others = this.#before.filter(({ request }) => !this.#used.some((lock) => answers(lock, request)));
    return [...others, ...this.#used];
  }

  /** Writes the file where it differs. A folder that can't be written to is no reason to fail: it is told. */
  async save(context: Context): Promise<void> {
    const choices = this.#choices();
    if (choices.length === 0 && this.#before.length === 0) return;
    if (lockText(choices) === lockText(this.#before)) return;
    try {
      await writeLockFile(this.#file, choices);
    } catch (error) {
      context.emit({
        kind: 'warning',
        step: 'image',
        problem: {
          what: `${lockFileName} can't be written: ${(error as Error).message}`,
          where: { file: this.#file },
          next: 'Make the folder writable. Until then another machine may choose other Debian packages.',
        },
      });
      return;
    }
    const what = this.#before.length === 0 ? 'was made' : 'changed';
    const text = `${lockFileName} ${what}: commit it, and every machine takes the same Debian packages`;
    context.emit({ kind: 'note', step: 'image', text });
  }
}
