import type { Emit, StepName } from '../core/event.ts';
import { StepFailed } from '../core/failure.ts';
import type { Digest } from '../core/handover.ts';

/** Tells that something in the cache is not what was put there. `what` is a noun: `a blob`, `a layer's record`. */
export function tellDamage(emit: Emit, what: string, file: string, step: StepName = 'image'): void {
  emit({
    kind: 'warning',
    step,
    problem: {
      what: `${what} in the cache was damaged: it is not used and is made again`,
      where: { file },
      next: 'Nothing to do. If this comes back, check the disk.',
    },
  });
}

/** A blob turned out to be missing or damaged when its bytes were needed. Building its image again mends it. */
export class DamagedBlob extends StepFailed {
  readonly digest: Digest;

  constructor(digest: Digest, file: string, what: string, options?: ErrorOptions) {
    super(
      {
        what: `the blob ${digest} in the cache ${what}`,
        where: { file },
        next: 'Run it again: it is made anew.',
      },
      options,
    );
    this.digest = digest;
  }
}
